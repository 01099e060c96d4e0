import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { BroadcastItem } from '../../../core/bus/port.ts'
import { stationSchema } from '../../../core/config/schema.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { anchorsIn } from '../../../core/ledger/anchor.ts'
import { auditKey } from '../../../core/ledger/audit-key.ts'
import type { ChainAnchor } from '../../../core/ledger/port.ts'
import { Anchors } from '../../../station/anchors.ts'
import { TestClock } from '../../conformance/lib/ledger-kit.ts'

async function anchored(bus: (items: readonly BroadcastItem[]) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-anchors-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'outside', 'anchors')
  const events: YizhanEvent[] = []
  let links = 0
  const key = auditKey('k')
  const anchors = new Anchors({
    config: () => stationSchema.parse({ name: 'st', audit: { anchor: { file, bus: true } } }),
    journal: {
      chainEnds: (): Promise<readonly ChainAnchor[]> =>
        Promise.resolve(links === 0 ? [] : [{ station: 'st', links, hash: 'a'.repeat(64) }]),
    },
    auditKeys: { current: key, of: () => key },
    bus: { broadcast: bus },
    clock: new TestClock(),
    sink: { emit: (event) => events.push(event) },
  })
  return { anchors, file, codes: () => events.map(({ code }) => code), events, grow: () => ++links }
}

it('puts the end of the chain out where it has grown: to the log, a file of its own rights, and the bus', async () => {
  const sent: BroadcastItem[] = []
  const { anchors, file, codes, events, grow } = await anchored((items) => {
    sent.push(...items)
    return Promise.resolve()
  })
  await anchors.put()
  expect(codes()).toEqual([])
  grow()
  await anchors.put()
  await anchors.put()
  grow()
  await anchors.close()
  expect(codes()).toEqual(['audit.anchored', 'audit.anchored'])
  const text = await readFile(file, 'utf8')
  expect(anchorsIn(text).map(({ links, mac }) => [links, mac?.length])).toEqual([
    [1, 64],
    [2, 64],
  ])
  expect(anchorsIn(events.map(({ detail }) => detail).join('\n'))).toEqual(anchorsIn(text))
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
  expect(sent.map(({ exchange, key, id, body }) => [exchange, key, id, anchorsIn(body.toString()).length])).toEqual([
    ['yizhan.audit', 'anchor.st', 'st/anchor/1', 1],
    ['yizhan.audit', 'anchor.st', 'st/anchor/2', 1],
  ])
})

it('says what it could not put out, and puts it out with the next', async () => {
  let fails = true
  const { anchors, file, codes, grow } = await anchored(() =>
    fails ? Promise.reject(new Error('the bus is away')) : Promise.resolve(),
  )
  grow()
  await anchors.put()
  fails = false
  await anchors.put()
  await anchors.put()
  expect(codes()).toEqual(['audit.anchored', 'audit.unanchored', 'audit.anchored'])
  expect(anchorsIn(await readFile(file, 'utf8'))).toHaveLength(2)
})
