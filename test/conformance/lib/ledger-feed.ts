import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FeedBatch, FeedPosition } from '../../../core/ledger/port.ts'
import type { PetitionMessage } from '../../../core/message/schema.ts'
import { pickup, push, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

const CODES = ['message.accepted', 'delivery.delivered', 'delivery.refused']

/** What the public feed is read from. */
export function feedSuite(kind: LedgerKind): void {
  let s: Steps
  let at: FeedPosition

  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
    at = (await s.ledger.feed.begin(true)) ?? { deliveries: -1, events: -1 }
  })
  afterAll(() => s.opened.remove())

  const next = async (max = 100): Promise<FeedBatch> => {
    const batch = await s.ledger.feed.next({ after: at, max, codes: CODES })
    at = batch.end
    return batch
  }

  it('begins at the beginning of a new ledger, and has nothing to say', async () => {
    expect(at.deliveries).toBe(0)
    expect(await next()).toMatchObject({ deliveries: [], events: [] })
  })

  it('gives every committed delivery once, pushed or to be fetched, in order', async () => {
    const document = s.document({ to: ['finance', 'audit'], urgency: 'urgent' })
    await s.sent(document, [push('finance'), pickup('audit')])
    const { deliveries, events } = await next()
    expect(deliveries.map(({ row, unit, mode }) => [row, unit, mode])).toEqual([
      [`${document.id}/finance`, 'finance', 'push'],
      [`${document.id}/audit`, 'audit', 'pickup'],
    ])
    expect(deliveries[0]?.message).toMatchObject({
      id: document.id,
      kind: 'document',
      number: document.number,
      story: document.id,
      from: 'office',
      restricted: false,
    })
    expect(events.map(({ event }) => event.code)).toEqual(['message.accepted'])
    expect(await next()).toMatchObject({ deliveries: [], events: [] })
  })

  it('gives an act the story of its document', async () => {
    const document = s.document()
    await s.sent(document, [push('finance')])
    const reply = { ...s.act('reply', document, 'finance'), trace: 'a-trace-of-its-own' }
    await s.accepted(reply, { effect: { type: 'reply', document: document.id, unit: 'finance' } })
    const { events } = await next()
    expect(events.at(-1)?.message).toMatchObject({ id: reply.id, story: document.id, about: document.id })
  })

  it('marks what must not reach somebody, and what speaks about it', async () => {
    const document = s.document({ mustNotReach: ['audit'] })
    await s.sent(document, [push('finance')])
    await s.accepted(s.act('reply', document, 'finance'), {
      effect: { type: 'reply', document: document.id, unit: 'finance' },
    })
    const { deliveries, events } = await next()
    expect(deliveries.map(({ message }) => message.restricted)).toEqual([true])
    expect(events.map(({ message }) => message.restricted)).toEqual([true, true])
  })

  it('never gives the number of a petition, nor of what derives from it', async () => {
    const petition = petitionOf(s)
    await s.accepted(petition)
    const referral = { ...s.document(), trace: petition.id, parent: petition.id, number: petition.number }
    await s.accepted(referral)
    const { events } = await next()
    expect(events.map(({ message }) => [message.id, message.number])).toEqual([
      [petition.id, undefined],
      [referral.id, undefined],
    ])
  })

  it('is read in pieces, and passes over what nobody wants to know', async () => {
    for (let n = 0; n < 5; n++) await s.sent(s.document(), [push('finance')])
    const rows: string[] = []
    for (let piece = await next(2); ; piece = await next(2)) {
      if (piece.deliveries.length === 0 && rows.length === 5) break
      expect(piece.deliveries.length).toBeLessThanOrEqual(2)
      rows.push(...piece.deliveries.map(({ row }) => row))
    }
    expect(new Set(rows).size).toBe(5)
  })

  describe('the position', () => {
    it('is kept, and never goes back', async () => {
      await s.ledger.feed.moved(at)
      await s.ledger.feed.moved({ deliveries: 1, events: 1 })
      await s.opened.reopen()
      expect(await s.ledger.feed.begin(true)).toEqual(at)
    })

    it('is the end once the feed was off: what was committed meanwhile is not published', async () => {
      expect(await s.ledger.feed.begin(false)).toBeUndefined()
      await s.sent(s.document(), [push('finance')])
      at = (await s.ledger.feed.begin(true)) ?? at
      expect(await next()).toMatchObject({ deliveries: [], events: [] })
      await s.sent(s.document(), [push('finance')])
      expect((await next()).deliveries).toHaveLength(1)
    })
  })
}

function petitionOf(s: Steps): PetitionMessage {
  const { document: _, ...envelope } = s.document()
  return {
    ...envelope,
    schema: 'petition/1',
    kind: 'petition',
    number: 'QUERYCODE',
    petition: {
      purpose: '咨询',
      title: '路灯',
      text: '路灯不亮',
      place: {},
      category: '990000',
      petitioner: { name: '王某' },
      publish: false,
    },
  }
}
