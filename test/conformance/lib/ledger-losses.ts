import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Culprit, Loss } from '../../../core/hop/loss.ts'
import type { ClaimedHop } from '../../../core/ledger/port.ts'
import { HOP_RULES, LEASE_MS, Steps, TestClock, type LedgerKind } from './ledger-kit.ts'

const CRASH: Loss = { by: 'crash', detail: '错误 / an error', apart: true }
const SIGNAL: Loss = { by: 'outside', detail: 'SIGKILL', apart: true }
const NODE = { node: 'n1', nodeName: '坏节点', nodeType: 'function', tab: '坏流程' }

/** What the hops of a lost flow process are charged with. */
export function lossSuite(kind: LedgerKind): void {
  let s: Steps
  beforeAll(async () => {
    const clock = new TestClock()
    s = new Steps(await kind.open({ clock }), clock)
    await s.subscribe()
  })
  afterAll(() => s.opened.remove())

  const recover = (loss: Loss, owner = 'flows') => s.ledger.hops.recover({ owner, loss, now: s.clock.now() })
  const suspect = (): Promise<ClaimedHop | undefined> =>
    s.ledger.hops.claimSuspect({
      subscriptions: ['issue', 'nobody'],
      owner: 'apart',
      now: s.clock.now(),
      leaseUntil: s.clock.now() + LEASE_MS,
    })
  const culprit = ({ id, attempt }: ClaimedHop): Culprit => ({ hop: id, attempt, ...NODE })
  /** past every backoff and spread */
  const wait = (): void => void s.clock.pass(HOP_RULES.maxBackoffMs + 2_000)
  const issue = async (count: number): Promise<readonly ClaimedHop[]> => {
    for (let i = 0; i < count; i++) await s.accepted(s.document())
    return s.claimHops('issue', count)
  }
  const finish = async (hops: readonly ClaimedHop[], owner = 'flows'): Promise<void> => {
    for (const hop of hops) expect(await s.commit([hop], [], owner)).toMatchObject({ status: 'committed' })
  }
  const deadIds = async (): Promise<readonly string[]> =>
    (await s.ledger.deadLetters.list({ max: 100 })).map(({ id }) => id)
  const letter = (hop: ClaimedHop) => s.ledger.deadLetters.show(hop.id)

  describe('a crash that nobody can explain', () => {
    it('makes suspects of all that were there: they run apart, one after the other, and none is charged', async () => {
      const hops = await issue(5)
      const { waiting, suspects } = await recover(CRASH)
      expect(waiting).not.toContain('issue')
      expect(suspects).toEqual(['issue'])
      wait()
      expect(await s.claimHops()).toEqual([])
      const seen: ClaimedHop[] = []
      for (let hop = await suspect(); hop !== undefined; hop = await suspect()) {
        seen.push(hop)
        await finish([hop], 'apart')
      }
      expect(seen.map(({ id }) => id).sort()).toEqual(hops.map(({ id }) => id).sort())
      expect(await deadIds()).toEqual([])
    })

    it('gives the suspects back one after the other, who came last first', async () => {
      const hops = await issue(3)
      await recover(CRASH)
      const first = await suspect()
      expect(first?.id).toBe(hops[2]?.id)
      expect(await suspect()).toBeUndefined()
      s.clock.pass(20)
      const second = await suspect()
      expect(second?.id).toBe(hops[1]?.id)
      s.clock.pass(20)
      const third = await suspect()
      await finish([first, second, third] as ClaimedHop[], 'apart')
    })

    it('never charges who was not alone, however often it happens', async () => {
      const hops = await issue(2)
      await recover(CRASH)
      for (let times = 0; times < 10; times++) {
        wait()
        expect([await suspect(), await suspect()]).not.toContain(undefined)
        await recover(CRASH, 'apart')
      }
      wait()
      for (const _ of hops) await finish([(await suspect()) as ClaimedHop], 'apart')
      expect(await deadIds()).toEqual([])
    })

    it('is one loss for a hop that was alone, and two condemn it; nobody else', async () => {
      const [killer, ...others] = (await issue(4)) as [ClaimedHop, ...ClaimedHop[]]
      await recover(CRASH)
      wait()
      let deaths = 0
      for (let hop = await suspect(); hop !== undefined; wait(), hop = await suspect()) {
        if (hop.id !== killer.id) {
          await finish([hop], 'apart')
          continue
        }
        deaths++
        const { events } = await recover(CRASH, 'apart')
        const codes = events.filter(({ row }) => row === killer.id).map(({ code }) => code)
        expect(codes).toEqual([deaths === 1 ? 'hop.failed' : 'dead-letter.added'])
      }
      expect(deaths).toBe(2)
      expect(await deadIds()).toEqual([killer.id])
      expect(others).toHaveLength(3)
      expect(await letter(killer)).toMatchObject({ attempts: 2, error: { code: 'HOP_KILLS_FLOWS' } })
      await s.ledger.deadLetters.drop({ id: killer.id, actor: 'test', reason: 'over', now: s.clock.now() })
    })

    it('does not make a suspect of a hop that failed in order meanwhile', async () => {
      await issue(2)
      await recover(CRASH)
      wait()
      const one = (await suspect()) as ClaimedHop
      await s.fail(one, true, 'apart')
      wait()
      expect((await s.claimHops()).map(({ id }) => id)).toEqual([one.id])
      await finish([{ ...one, attempt: one.attempt + 1 }])
      await finish([(await suspect()) as ClaimedHop], 'apart')
    })
  })

  describe('a crash whose culprit is known', () => {
    it('charges that one only, and names its node; the others go on among all others', async () => {
      const [killer, ...others] = (await issue(4)) as [ClaimedHop, ...ClaimedHop[]]
      await recover({ ...CRASH, culprits: [culprit(killer)] })
      wait()
      const back = await s.claimHops()
      expect(back.map(({ id }) => id).sort()).toEqual(others.map(({ id }) => id).sort())
      await finish(back)
      const again = (await suspect()) as ClaimedHop
      expect(again).toMatchObject({ id: killer.id, attempt: 2 })
      await recover({ ...CRASH, culprits: [culprit(again)] }, 'apart')
      expect(await letter(killer)).toMatchObject({ error: { code: 'HOP_KILLS_FLOWS', ...NODE } })
      // Repaired and replayed, it is like any other.
      await s.ledger.deadLetters.replay({ id: killer.id, actor: 'test', now: s.clock.now() })
      await finish(await s.claimHops())
    })

    it('names nobody by an attempt that is over', async () => {
      const [hop, other] = (await issue(2)) as [ClaimedHop, ClaimedHop]
      await recover({ ...CRASH, culprits: [{ ...culprit(hop), attempt: 7 }] })
      wait()
      const back = await s.claimHops()
      expect(back.map(({ id }) => id).sort()).toEqual([hop.id, other.id].sort())
      await finish(back)
    })
  })

  describe('a signal from outside', () => {
    it('counts against nobody: all come back among the others', async () => {
      const hops = await issue(3)
      const { suspects } = await recover(SIGNAL)
      expect(suspects).toEqual([])
      wait()
      const back = await s.claimHops()
      expect(back).toHaveLength(hops.length)
      await finish(back)
    })

    it('that ends the process of one hop alone three times makes it a dead letter', async () => {
      const [hop] = (await issue(1)) as [ClaimedHop]
      await recover(SIGNAL)
      wait()
      await s.claimHop()
      await recover(SIGNAL)
      wait()
      // Lost twice in a row, it runs apart.
      expect(await s.claimHops()).toEqual([])
      expect(await suspect()).toMatchObject({ id: hop.id })
      expect(await deadIds()).toEqual([])
      await recover(SIGNAL, 'apart')
      expect(await letter(hop)).toMatchObject({ attempts: 3, error: { code: 'HOP_KILLS_FLOWS' } })
      await s.ledger.deadLetters.drop({ id: hop.id, actor: 'test', reason: 'over', now: s.clock.now() })
    })

    it('where nothing runs apart, lets them come back later and later', async () => {
      const foreign: Loss = { ...SIGNAL, apart: false }
      await issue(2)
      await recover(foreign)
      wait()
      expect(await s.claimHops()).toHaveLength(2)
      const { suspects, dueAt } = await recover(foreign)
      expect(suspects).toEqual([])
      expect(dueAt).toBeGreaterThanOrEqual(s.clock.now() + HOP_RULES.backoffMs)
      wait()
      await finish(await s.claimHops())
    })
  })

  it('stands in the backlog while it waits to run apart', async () => {
    await issue(2)
    await recover(CRASH)
    expect((await s.ledger.journal.backlog()).hops).toMatchObject({ issue: 2 })
    await s.opened.reopen()
    wait()
    expect((await s.ledger.hops.recover({ now: s.clock.now() })).suspects).toEqual(['issue'])
    for (let i = 0; i < 2; i++) await finish([(await suspect()) as ClaimedHop], 'apart')
  })
}
