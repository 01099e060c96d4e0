import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

/** Long texts, as many as once killed a station: what is in memory does not grow with what was accepted. */

const DOCUMENTS = 811
const AT_ONCE = 3
const TEXT_BYTES = 1_900_000
const MOST_STATION = 500 * 1024 * 1024
const MOST_FLOWS = 400 * 1024 * 1024

let rig: Rig
shared(
  async () => {
    rig = await Rig.start('embedded')
  },
  () => rig.close(),
)

it('811 documents of 1.9 MB of text, three at a time: all answered and delivered, and memory stays', async () => {
  const paragraph = '各县（市、区）人民政府，市直各单位：请认真贯彻落实 & 及时报告。\n'.replace('&', '&amp;')
  const text = paragraph.repeat(Math.floor(TEXT_BYTES / Buffer.byteLength(paragraph)))
  const flows = await rig.station.flowsPid()
  const peak = { station: 0, flows: 0 }
  const look = setInterval(() => {
    peak.station = Math.max(peak.station, anonymousBytes(rig.station.pid))
    peak.flows = Math.max(peak.flows, anonymousBytes(flows))
  }, 50)
  try {
    let next = 0
    const sender = async (): Promise<void> => {
      for (let n = next++; n < DOCUMENTS; n = next++) await rig.submitOnce(`长文第${n}份`, `${n}\n${text}`)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, sender))
    expect(await rig.station.flowsPid()).toBe(flows)
    await until(() => rig.inbox.taken.size === DOCUMENTS, { what: 'all delivered', timeoutMs: 120_000 })
  } finally {
    clearInterval(look)
  }
  expect(rig.inbox.longest).toBeGreaterThan(TEXT_BYTES - 1000)
  expect(peak.station, 'station, bytes').toBeLessThan(MOST_STATION)
  expect(peak.flows, 'flow process, bytes').toBeLessThan(MOST_FLOWS)
  process.stdout.write(`RssAnon: station ${peak.station >> 20} MB, flows ${peak.flows >> 20} MB\n`)
}, 600_000)

/** What a process holds that no file backs (proc_pid_status(5), RssAnon). */
function anonymousBytes(pid: number | undefined): number {
  const [, kilobytes = '0'] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
