import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { DeployType, FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, oaOut, tab } from './lib/flow.ts'

const DEPLOYS = 4

let station: MiniStation
/** Holds each message for a while, so that a deploy finds many in flight. */
const flows = (version: number): FlowNode[] =>
  tab(
    oaIn('in', { concurrency: 8 }, 'slow'),
    node('delay', 'slow', { pauseType: 'delay', timeout: '60', timeoutUnits: 'milliseconds' }, 'mark'),
    fn('mark', `global.set('version', ${version})\nreturn msg`, 'out'),
    oaOut('out'),
  )
shared(
  async () => {
    station = await startMiniStation({ flows: flows(0) })
  },
  () => station.close(),
)

/** What the event of a new document's hop says; it follows the commit, which the ledger shows at once. */
async function committedUnder(): Promise<string | undefined> {
  const id = await station.accept()
  const event = await until(() => station.events.of('hop.committed').find(({ row }) => row === `${id}@in`), {
    what: 'the commit',
  })
  return event.detail
}

describe('a deploy under load', () => {
  it.each(['full', 'nodes', 'flows'] as const)(
    '(%s) drains first: nothing fails, nothing is lost or doubled',
    async (type: DeployType) => {
      const stop = new AbortController()
      const ids: string[] = []
      const committed = (): number => station.events.of('hop.committed').length
      const done = committed()
      const load = (async () => {
        while (!stop.signal.aborted) {
          ids.push(...(await Promise.all([station.accept(), station.accept(), station.accept()])))
          await new Promise((resolve) => setImmediate(resolve))
          // What waits for flows that are paused counts too, or a slow deploy would pile up more than the inbox shows.
          await until(() => ids.length - (committed() - done) < 40, { what: 'room', everyMs: 5, timeoutMs: 60_000 })
        }
      })()
      // What fails in it is told where it is awaited, and until then it is no unhandled rejection.
      load.catch(() => undefined)
      const failed = station.events.of('hop.failed').length
      try {
        for (let version = 1; version <= DEPLOYS; version++) {
          const before = ids.length
          await station.deploy(flows(version), type)
          await until(() => ids.length > before + 10, { what: 'more load' })
        }
      } finally {
        stop.abort()
      }
      await load
      await station.idle('in')
      expect(station.events.of('hop.failed').slice(failed)).toEqual([])
      const seen = (await station.inbox('finance')).map(({ message }) => message.id).filter((id) => ids.includes(id))
      // The inbox shows no more at once.
      expect(ids.length).toBeLessThan(1000)
      expect(seen.sort()).toEqual([...ids].sort())
      for (const item of await station.inbox('finance'))
        await station.ledger.pickup.confirm({ row: item.row, now: Date.now() })
    },
    180_000,
  )

  it('keeps the release with who made it, and changes the files', async () => {
    await station.deploy(flows(99))
    const [release] = await station.ledger.journal.releases(1)
    expect(release).toMatchObject({ who: 'admin' })
    expect(station.events.of('flows.deployed').at(-1)).toMatchObject({ actor: 'admin' })
    const file = JSON.parse(await readFile(join(station.flowsFolder, 'test.json'), 'utf8')) as FlowNode[]
    expect(file.find((one) => one.id === 'mark')?.['func']).toContain('99')
    // Hops name the release under which they ran, also after a restart.
    expect(await committedUnder()).toBe(`flows ${release?.revision}`)
    await station.flows.end('SIGTERM')
    await station.startFlows()
    expect(await committedUnder()).toBe(`flows ${release?.revision}`)
  })
})
