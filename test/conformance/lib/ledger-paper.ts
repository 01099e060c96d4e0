import { afterAll, beforeAll, expect, it } from 'vitest'
import { codesOf, pickup, push, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

/** What has expired is listed for a person, who sends it on paper. */
export function paperSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  const listed = async (after?: string): Promise<string[]> =>
    (await s.ledger.paper.list({ max: 10, after })).map(({ id }) => id)
  const soon = () => ({ expiresAt: s.clock.now() + 1_000 })
  const expired = async (target: typeof push | typeof pickup): Promise<string> => {
    const message = s.document()
    await s.sent(message, [target('finance', soon())])
    s.clock.pass(1_000)
    await s.sweep()
    return `${message.id}/finance`
  }

  it('has document, unit, why and since when', async () => {
    const message = s.document()
    const [announced] = await s.sent(message, [push('finance', soon())])
    const since = s.clock.now()
    const claim = await s.claimed(announced?.row ?? '')
    const error = { code: 'SYSTEM_UNREACHABLE', zh: '连不上', en: 'unreachable' }
    await s.book(claim, { type: 'retry', error, dueAt: s.clock.now(), countAttempt: true })
    s.clock.pass(1_000)
    expect(await listed()).toEqual([])
    await s.sweep()
    const never = await expired(pickup)
    expect(await s.ledger.paper.list({ max: 10 })).toMatchObject([
      {
        id: announced?.row,
        message: { id: message.id },
        unit: 'finance',
        system: 'oa2',
        since,
        expiredAt: since + 1_000,
        attempts: 1,
        error: { code: 'SYSTEM_UNREACHABLE', message: '连不上 / unreachable' },
      },
      { id: never },
    ])
    expect((await s.ledger.paper.list({ max: 10, after: announced?.row ?? '' }))[0]).not.toHaveProperty('error')
  })

  it('loses what a person has sent, once, and the chain says who did', async () => {
    const id = await expired(push)
    const others = (await listed()).filter((other) => other !== id)
    const sent = (name: string) =>
      s.ledger.paper.sent({ id: name, actor: '王某', note: '机要交换 EMS', now: s.clock.now() })
    const { found, events } = await sent(id)
    expect([found, codesOf(events)]).toEqual([true, ['paper.sent']])
    expect(await listed()).toEqual(others)
    expect((await s.ledger.journal.timeline(events[0]?.trace ?? '')).at(-1)).toMatchObject({
      code: 'paper.sent',
      actor: '王某',
      detail: '机要交换 EMS',
      unit: 'finance',
    })
    expect(await sent(id)).toEqual({ found: false, events: [] })
    expect(await sent('nothing/finance')).toEqual({ found: false, events: [] })
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
  })

  it('goes on behind an item, also one that has left it meanwhile', async () => {
    const [first, second] = [await expired(push), await expired(push)]
    expect(await listed(first)).toEqual([second])
    await s.ledger.paper.sent({ id: first, actor: '王某', now: s.clock.now() })
    expect(await listed(first)).toEqual([second])
  })

  it('has nothing of a document that was withdrawn', async () => {
    const document = s.document()
    await s.sent(document, [push('finance', soon())])
    s.clock.pass(1_000)
    await s.sweep()
    const id = `${document.id}/finance`
    expect(await listed()).toContain(id)
    await s.performed('withdrawal', document, 'office')
    expect(await listed()).not.toContain(id)
  })
}
