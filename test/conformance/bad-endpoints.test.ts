import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRestAdapter } from '../../adapters/rest/index.ts'
import { portalSchema } from '../../adapters/portal/config.ts'
import { queryCodeOf } from '../../adapters/portal/query-code.ts'
import { PortalSender } from '../../adapters/portal/sender.ts'
import type { Sender } from '../../core/delivery/port.ts'
import type { DocumentMessage } from '../../core/message/schema.ts'
import { until } from '../lib/wait.ts'
import { Post, system } from '../unit/delivery/lib/post.ts'
import { PASSWORD, smallCity, TestHouse } from '../unit/oa/lib/house.ts'
import { at, basic, notice, post, submit } from '../unit/oa/lib/soap.ts'
import { BAD_WAYS, badEndpoint, certificate, SPEECHES, type BadEndpoint, type BadWay } from './lib/bad-endpoint.ts'

/**
 * Every push dialect and the portal's call-backs against real HTTP servers that take what they are sent and then answer
 * badly: through the delivery engine and the ledger, each copy arrives once, whatever is answered.
 */

const WAYS = Object.keys(BAD_WAYS) as BadWay[]
const PACE = { timeoutMs: 400, breakerFailures: 1_000, maxRetryAfterMs: 300, probes: 3 }
const UNITS = {
  yizhan: ['oa-push', 'finance', '市财政局'],
  rest: ['oa-push', 'finance', '市财政局'],
  docxg: ['docxg-centre', 'health', '市卫生局'],
} as const

describe.each(['yizhan', 'docxg', 'portal', 'rest'] as const)(
  '%s against an endpoint that takes, and then',
  (dialect) => {
    let office: Post
    let house: TestHouse
    let document: DocumentMessage
    let endpoint: BadEndpoint
    let sender: Sender

    beforeAll(async () => {
      office = await Post.open()
      house = await TestHouse.open()
      const [, , name] = UNITS[dialect === 'portal' ? 'yizhan' : dialect]
      const answered = await post(`${house.url}/oa/yizhan`, submit(notice({ to: name })), {
        authorization: basic('office', PASSWORD),
      })
      const message = await house.house.ledger.journal.message(at(answered.body, 'messageId'))
      if (message?.kind !== 'document') throw new Error('not accepted')
      document = message
    })
    beforeEach(async () => {
      await office.begin()
      endpoint = await badEndpoint(SPEECHES[dialect])
      sender = dialect === 'portal' ? portalSender(endpoint.url, office) : oaSender(dialect)
    })
    afterEach(async () => {
      await office.end()
      await sender.close()
      await endpoint.close()
    })
    afterAll(async () => {
      await house.close()
      await office.close()
    })

    /** What the ledger has for the unit goes out as the document that the house knows. */
    function oaSender(of: 'yizhan' | 'docxg' | 'rest'): Sender {
      const [id, unit] = UNITS[of]
      const found = smallCity().systems.find((one) => one.id === id)
      const adapter = of === 'rest' ? createRestAdapter(house.house) : house.adapter
      const made = found === undefined ? undefined : adapter.sender({ ...found, url: endpoint.url })
      if (made?.probe === undefined) throw new Error(`${id} cannot be asked`)
      const asks = made.probe.bind(made)
      return {
        send: (outbound, signal) => made.send({ ...outbound, unit, message: document }, signal),
        probe: (outbound, signal) => asks({ ...outbound, unit, message: document }, signal),
        close: () => made.close(),
      }
    }

    const deliver = async (id: string, pace: Parameters<typeof system>[2] = {}): Promise<void> => {
      const engine = office.deliver([system('oa-1', sender, { ...PACE, ...pace })])
      engine.announce(await office.issue({ id, targets: [{ system: 'oa-1' }] }))
    }

    it.each(WAYS)('%s: asked, one copy arrives', async (way) => {
      endpoint.way = way
      await deliver('d1')
      await until(() => office.events.of('delivery.delivered').length === 1, { what: 'the delivery' })
      expect(endpoint.taken).toHaveLength(1)
      expect(endpoint.questions).toBe(1)
      expect(office.booked()).toEqual(['in-doubt', 'probed', 'delivered'].map((code) => `delivery.${code} d1/county-a`))
    })

    it.each(WAYS)('%s, to questions too: one copy arrives, and a person is asked', async (way) => {
      endpoint.way = way
      endpoint.questionWay = way
      await deliver('d1')
      await until(() => office.events.of('delivery.held').length === 1, { what: 'the hold' })
      expect(endpoint.taken).toHaveLength(1)
      expect(endpoint.questions).toBe(PACE.probes)
      expect(office.events.of('delivery.expired')).toEqual([])
      expect(office.events.of('delivery.refused')).toEqual([])
      expect((await office.ledger.deadLetters.list({ max: 10, system: 'oa-1' })).length).toBeGreaterThan(0)
    })

    it('answers 413: the refusal stands, and nothing is sent again', async () => {
      await sender.close()
      await endpoint.close()
      endpoint = await badEndpoint({
        ...SPEECHES[dialect],
        took: (_, response) => void response.writeHead(413, { 'content-type': 'text/html' }).end('too large'),
      })
      sender = dialect === 'portal' ? portalSender(endpoint.url, office) : oaSender(dialect)
      await deliver('d1')
      await until(() => office.events.of('delivery.refused').length === 1, { what: 'the refusal' })
      expect(endpoint.taken).toHaveLength(1)
    })

    it.each(WAYS.filter((way) => way.includes('200') || way.includes('version')))(
      'answers questions badly (%s): is alive, the doubtful ones wait and all others go',
      async (questionWay) => {
        endpoint.way = 'closes without an answer'
        endpoint.questionWay = questionWay
        const pace = { breakerFailures: 3, probes: 0 }
        const engine = office.deliver([system('oa-1', sender, { ...PACE, ...pace, concurrency: 2 })])
        const doubtful = ['q1', 'q2']
        engine.announce(await office.issue(...doubtful.map((id) => ({ id, targets: [{ system: 'oa-1', unit: id }] }))))
        await until(() => office.events.of('delivery.in-doubt').length === doubtful.length, { what: 'the doubts' })
        await until(() => endpoint.questions >= 6, { what: 'questions' })
        endpoint.way = undefined
        const others = Array.from({ length: 20 }, (_, n) => `d${n}`)
        engine.announce(await office.issue(...others.map((id) => ({ id, targets: [{ system: 'oa-1', unit: id }] }))))
        await until(() => office.events.of('delivery.delivered').length === others.length, { what: 'the others' })
        expect(office.events.of('system.open')).toEqual([])
        expect(endpoint.taken).toHaveLength(others.length + doubtful.length)
        endpoint.questionWay = undefined
        await until(() => office.events.of('delivery.probed').length === doubtful.length, { what: 'good answers' })
        expect(endpoint.taken).toHaveLength(others.length + doubtful.length)
      },
    )
  },
)

describe('a portal behind TLS', () => {
  const known = getCACertificates('default')
  let office: Post
  let endpoint: BadEndpoint
  let sender: Sender

  beforeAll(async () => {
    setDefaultCACertificates([...known, certificate().cert.toString()])
    office = await Post.open()
  })
  beforeEach(async () => {
    await office.begin()
    endpoint = await badEndpoint(SPEECHES.portal, true)
    sender = portalSender(endpoint.url, office)
  })
  afterEach(async () => {
    await office.end()
    await sender.close()
    await endpoint.close()
  })
  afterAll(async () => {
    await office.close()
    setDefaultCACertificates(known)
  })

  it.each(['closes without an answer', 'resets the connection', 'cuts a chunk'] as const)(
    'that takes and %s gets one copy',
    async (way) => {
      endpoint.way = way
      const engine = office.deliver([system('oa-1', sender, { ...PACE, timeoutMs: 5_000 })])
      engine.announce(await office.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
      await until(() => office.events.of('delivery.probed').length === 1, { what: 'the probe' })
      expect(endpoint.taken).toHaveLength(1)
    },
  )

  it('that nobody trusts is certainly not sent to, and gets its copy when it is trusted', async () => {
    setDefaultCACertificates(known)
    const engine = office.deliver([system('oa-1', sender, { ...PACE, timeoutMs: 5_000 })])
    engine.announce(await office.issue({ id: 'd1', targets: [{ system: 'oa-1' }] }))
    await until(() => office.events.of('delivery.retry').length > 0, { what: 'a refused handshake' })
    expect(office.events.of('delivery.in-doubt')).toEqual([])
    setDefaultCACertificates([...known, certificate().cert.toString()])
    await until(() => office.events.of('delivery.delivered').length === 1, { what: 'the delivery' })
    expect(endpoint.taken).toHaveLength(1)
  })
})

function portalSender(url: string, office: Post): Sender {
  const { callback } = portalSchema.parse({ callback: { url } })
  const petition = { id: 'st-1', queryCode: queryCodeOf('st-1', 'secret') }
  const portal = new PortalSender({
    system: 'portal',
    config: callback!,
    filesAs: 'link',
    files: { link: () => '', read: () => Promise.reject(new Error('no files')) },
    secret: () => 'shared',
    clock: office.clock,
  })
  return {
    send: ({ id }, signal) =>
      portal.send(id, { kind: 'state', petition, state: 'declined', at: '2026-01-05T00:00:00.000Z' }, signal),
    probe: ({ id }, signal) => portal.probe(id, signal),
    close: () => portal.close(),
  }
}
