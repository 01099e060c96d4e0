import { describe, expect, it } from 'vitest'
import type { CollectionMessage, ReplyMessage } from '../../../core/message/schema.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { smallCity } from '../lib/city.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { node, oaIn, oaOut, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
shared(
  async () => {
    station = await startMiniStation()
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const collect = (properties: object, ...to: string[]): FlowNode =>
  node(
    'collect',
    'all',
    {
      subscription: 'all',
      concurrency: 32,
      what: 'answers',
      answers: ['reply'],
      mode: 'after',
      amount: '30',
      unit: 'seconds',
      ...properties,
    },
    to,
  )

/** Documents go to their recipients and into the collection; replies into the collection. */
const answered = (properties: object = {}): FlowNode[] =>
  tab(
    oaIn('in', { kinds: ['document'] }, 'all', 'out'),
    oaOut('out'),
    oaIn('answers', { kinds: ['reply'] }, 'all'),
    collect(properties, 'tell'),
    tell('tell', 'msg.payload'),
  )

const {
  units: [first, second],
} = smallCity({ leaseMs: 1000, maxAttempts: 1, silentMs: 1000, maxRssBytes: 1, drainMs: 1, editorPort: 1880 })
const units = [first, second].filter((unit) => unit !== undefined)
const recipients = units.map(({ id, name }) => ({ unit: id, name, role: 'to' as const }))

let replies = 0
async function reply(about: string, unit: (typeof units)[number] | undefined, result: string): Promise<void> {
  const id = `st-reply-${++replies}`
  const message: ReplyMessage = {
    schema: 'reply/1',
    kind: 'reply',
    id,
    trace: about,
    from: { unit: unit?.id, name: unit?.name ?? '' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: new Date().toISOString(),
    origin: { system: 'oa' },
    files: [],
    about: { id: about },
    reply: { text: `${result}：张某`, result, at: new Date().toISOString() },
  }
  await station.take(message, { key: id })
}

const taken = async (): Promise<CollectionMessage> =>
  ((await probe.take(1)) as CollectionMessage[])[0] as CollectionMessage
const summary = ({ collection }: CollectionMessage): object => ({
  complete: collection.complete,
  entries: collection.entries.map(({ from, result }) => [from.unit, result]),
  missing: collection.missing.map(({ unit }) => unit),
})

describe('collect', () => {
  it('gives the answers at once when nobody is missing, the last word of each', async () => {
    await station.deploy(answered())
    const id = await station.accept({ recipients })
    await station.idle('in')
    await reply(id, units[0], '参加')
    await reply(id, units[0], '请假')
    await reply(id, units[1], '派员参加')
    const collection = await taken()
    expect(summary(collection)).toEqual({
      complete: true,
      entries: [
        [units[0]?.id, '请假'],
        [units[1]?.id, '派员参加'],
      ],
      missing: [],
    })
    expect(collection).toMatchObject({ kind: 'collection', parent: id, trace: id, about: { id } })
    await reply(id, units[1], '请假')
    await station.idle('answers', 'all')
    expect(probe.seen).toEqual([])
  })

  it('says at the end who is missing, and once, whoever answers afterwards', async () => {
    await station.deploy(answered({ amount: '5' }))
    const id = await station.accept({ recipients })
    await reply(id, units[1], '参加')
    expect(summary(await taken())).toEqual({
      complete: false,
      entries: [[units[1]?.id, '参加']],
      missing: [units[0]?.id],
    })
    await reply(id, units[0], '参加')
    await station.idle('answers', 'all')
    expect(probe.seen).toEqual([])
  })

  it('outlives the end of the flow process, and has answers that came before their document was given to it', async () => {
    // Makes the subscription `in`, which stays when its node is gone.
    await station.deploy(answered())
    await station.deploy(
      tab(
        oaIn('other', { kinds: ['return'] }, 'all'),
        oaIn('answers', { kinds: ['reply'] }, 'all'),
        collect({}, 'tell'),
        tell('tell', 'msg.payload'),
      ),
    )
    const id = await station.accept({ recipients })
    for (const unit of units) await reply(id, unit, '参加')
    await station.idle('answers')
    expect(probe.seen).toEqual([])
    await station.flows.end('SIGKILL')
    await station.startFlows()
    // `in` was not there, but its subscription is: it gets what it missed
    await station.deploy(answered())
    expect(summary(await taken())).toMatchObject({ complete: true, missing: [] })
  })

  it('leaves the document’s recipients as they are', async () => {
    await station.deploy(answered())
    const id = await station.accept({ recipients })
    await station.idle('in')
    const status = await until(() => station.ledger.journal.status(id), { what: 'the status' })
    expect(status.recipients.map(({ unit }) => unit).sort()).toEqual(units.map((unit) => unit.id).sort())
  })

  it('gives the messages of a time together, and each once', async () => {
    await station.deploy(
      tab(
        oaIn('in', { kinds: ['document'] }, 'all'),
        collect({ what: 'messages', amount: '3' }, 'tell'),
        tell('tell', 'msg.payload'),
      ),
    )
    const ids = [await station.accept({ mustNotReach: ['p1'] }), await station.accept(), await station.accept()]
    const seen: string[] = []
    while (seen.length < ids.length) {
      const collection = await taken()
      expect(collection.collection).toMatchObject({ complete: true, missing: [] })
      expect(collection.mustNotReach ?? []).toEqual(
        collection.collection.entries.some(({ message }) => message === ids[0]) ? ['p1'] : [],
      )
      seen.push(...collection.collection.entries.map(({ message }) => message))
    }
    expect(seen.sort()).toEqual([...ids].sort())
    await station.idle('in', 'all')
    expect(probe.seen).toEqual([])
  })
})
