import { describe, expect, it } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import { createBindings } from '../../../core/directory/bindings.ts'
import { recheck } from '../../../core/door/recheck.ts'
import { createTake } from '../../../core/door/take.ts'
import type { DoorParts } from '../../../core/door/parts.ts'
import type { ToFlows } from '../../../core/hop/link.ts'
import type { ChannelMessage, DocumentMessage } from '../../../core/message/schema.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { commitLine, type CommitParts } from '../../../station/flows/commits.ts'
import { documentFor } from '../../lib/announcement.ts'
import { guardOf } from '../../lib/guard.ts'
import { smallCity } from '../oa/lib/house.ts'

/** One rule for files' names at every door; that of drafts, and what a centre lists, are tested where they are. */

const guard = guardOf()
const city = smallCity()
const station = () => stationSchema.parse({ name: 'st' })
const refusedFileTypes = () => station().limits.refusedFileTypes
const DIGEST = `sha256:${'0'.repeat(64)}`
const file = (name: string) => ({ name, role: 'annex' as const, mediaType: 'x/x', size: 1, digest: DIGEST })
const withFile = (name: string): DocumentMessage => ({ ...documentFor('d1'), files: [file(name)] })

const REFUSED: readonly (readonly [name: string, rule: RegExp])[] = [
  ['通知.pdf.exe', /no programs \(exe\)/],
  ['通知\u202efdp.scr', /writing direction/],
  ['../通知.pdf', /no path/],
  ['通知\n.pdf', /no control characters/],
  [`${'长'.repeat(84)}.pdf`, /255 bytes/],
  ['nul.txt', /reserved name/],
]
const refusal = (rule: RegExp) => ({
  code: 'FIELD_INVALID',
  facts: { field: '文件名 file name', rule: expect.stringMatching(rule) as string },
})

describe.each(REFUSED)('a file called %j', (name, rule) => {
  it('does not come with what is no draft', async () => {
    let stored = 0
    const take = createTake({
      guard,
      station,
      clock: systemClock,
      admit: () => undefined,
      directory: () => ({}),
      flows: { preclaim: () => stored++ },
    } as unknown as DoorParts)
    const { document: _, ...envelope } = documentFor('c1')
    const channel = { name: 'q', payload: {} }
    const message: ChannelMessage = { ...envelope, schema: 'channel/1', kind: 'channel', files: [file(name)], channel }
    await expect(take(message, {})).rejects.toMatchObject(refusal(rule))
    expect(stored).toBe(0)
  })

  it('does not leave a flow: its node is told, and the hop fails; what came in by the rules of then goes on', async () => {
    const refused = await commit(withFile(name), documentFor('d1'))
    expect(refused).toMatchObject({ status: 'refused', node: 'n', error: { code: 'FIELD_INVALID', retryable: false } })
    expect(JSON.stringify(refused)).toMatch(rule)
    expect(await commit(withFile(name), withFile(name))).toMatchObject({ status: 'committed' })
  })

  it('is not what a repair makes of another; one that was there may stay', async () => {
    const [bad, good] = [withFile(name), withFile('通知.pdf')]
    await expect(recheck({ guard, station }, bad, good)).rejects.toMatchObject(refusal(rule))
    await expect(recheck({ guard, station }, bad, undefined)).rejects.toMatchObject(refusal(rule))
    await recheck({ guard, station }, bad, bad)
  })
})

it('names that the house gives pass', async () => {
  for (const name of ['body', '正文.txt', '通知.pdf'])
    expect(await commit(withFile(name), documentFor('d1'))).toMatchObject({ status: 'committed' })
})

async function commit(message: DocumentMessage, input: DocumentMessage): Promise<ToFlows | undefined> {
  const lines: ToFlows[] = []
  const committed = { status: 'committed', events: [], announce: [], waiting: [] }
  const parts = {
    hops: { commit: () => Promise.resolve(committed) },
    dispatcher: {
      held: () => ({ hops: [{ message: input }], flowsRevision: 'r' }),
      release: () => undefined,
      wake: () => undefined,
    },
    routes: () => ({
      city,
      bindings: createBindings(city.units),
      directory: { receiverOf: (id: string) => ({ id, name: id }) },
    }),
    announce: () => undefined,
    refusedFileTypes,
    guard,
    clock: systemClock,
    sink: { emit: () => undefined },
  } as unknown as CommitParts
  const session = {
    id: 's',
    apart: false,
    pid: 1,
    send: (line: ToFlows) => void lines.push(line),
    end: () => undefined,
  }
  const made = { ...message, id: `${input.id}~o`, parent: input.id }
  const outputs = [{ node: 'n', message: made, type: 'channel' as const, address: { queue: 'q' } }]
  await commitLine(parts, session, { t: 'commit', n: 1, hops: [{ id: 'h', attempt: 1 }], outputs })
  return lines[0]
}
