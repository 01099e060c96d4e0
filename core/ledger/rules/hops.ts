import type { YizhanEvent } from '../../events/event.ts'
import { NOBODY, type Loss } from '../../hop/loss.ts'
import type { Answer } from './answer.ts'
import type { Books } from './books.ts'
import { bury, detailOf } from './dead.ts'
import type { HopFailure, SubscriptionFilter } from '../port.ts'
import type { HopRow } from '../schema.ts'
import { waitsForDocument, wakeWithdrawals } from './open-hop.ts'
import { Turn } from './turn.ts'
import { loggedNumber } from '../stored.ts'
import { judge } from './losses.ts'
import { doubling } from '../../util/backoff.ts'

export interface ClaimedRow {
  readonly id: string
  readonly subscription: string
  readonly attempt: number
  readonly body: string
}

export async function subscribe(
  books: Books,
  command: {
    readonly subscriptions: readonly { readonly name: string; readonly filter: SubscriptionFilter }[]
    readonly now: number
  },
): Promise<void> {
  for (const { name, filter } of command.subscriptions) await books.subscriptions.put(name, filter, command.now)
}

/** What it has got stays, for whoever takes its name again. */
export async function unsubscribe(
  books: Books,
  command: { readonly name: string; readonly actor: string; readonly now: number },
): Promise<{ readonly found: boolean; readonly events: readonly YizhanEvent[] }> {
  const turn = new Turn(command.now)
  const found = await books.subscriptions.drop(command.name)
  const { actor, name, now } = command
  if (found) books.chain.book(turn, { code: 'subscription.dropped', at: now, actor, detail: name })
  return { found, events: turn.events }
}

export async function claimHops(
  books: Books,
  command: {
    readonly subscription: string
    readonly max: number
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  },
): Promise<ClaimedRow[]> {
  await books.subscriptions.seen(command.subscription, command.now)
  await books.hops.wake(command.now)
  const claimed: ClaimedRow[] = []
  for (const row of await claimable(books, command.max, (look) => books.hops.ready(command.subscription, look)))
    claimed.push(await claim(books, row, command))
  return claimed
}

/** One hop that is to run apart, of any of these subscriptions: the one that is due longest. */
export async function claimSuspect(
  books: Books,
  command: {
    readonly subscriptions: readonly string[]
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  },
): Promise<ClaimedRow | undefined> {
  await books.hops.wake(command.now)
  const due: HopRow[] = []
  for (const name of command.subscriptions)
    due.push(...(await claimable(books, 1, (look) => books.hops.suspects(name, look))))
  const [first] = due.sort((a, b) => a.due_at - b.due_at || a.seq - b.seq)
  return first === undefined ? undefined : await claim(books, first, command)
}

async function claim(
  books: Books,
  row: HopRow,
  { owner, leaseUntil }: { readonly owner: string; readonly leaseUntil: number },
): Promise<ClaimedRow> {
  await books.hops.claim(row.seq, owner, leaseUntil)
  return {
    id: row.id,
    subscription: row.subscription,
    attempt: row.attempt + 1,
    body: row.repaired ?? (await books.messages.need(row.message)).body,
  }
}

/**
 * Withdrawals that wait for their document are passed over: what stands behind them, the document too, is not held up.
 */
async function claimable(books: Books, max: number, due: (look: number) => Answer<HopRow[]>): Promise<HopRow[]> {
  for (let look = max; ;) {
    const ready = await due(look)
    const free: HopRow[] = []
    for (const row of ready)
      if (!(await waitsForDocument(books, await books.messages.need(row.message)))) free.push(row)
    if (free.length >= max || ready.length < look) return free.slice(0, max)
    look += max + ready.length - free.length
  }
}

export async function extendHops(
  books: Books,
  command: {
    readonly hops: readonly { readonly id: string; readonly attempt: number }[]
    readonly owner: string
    readonly leaseUntil: number
  },
): Promise<void> {
  for (const { id, attempt } of command.hops) await books.hops.extend(id, attempt, command.owner, command.leaseUntil)
}

/** The hop if this owner holds it at this attempt. */
export async function heldHop(books: Books, id: string, attempt: number, owner: string): Promise<HopRow | undefined> {
  const row = await books.hops.get(id)
  return row?.state === 'claimed' && row.attempt === attempt && row.owner === owner ? row : undefined
}

export interface FailCommand {
  readonly id: string
  readonly attempt: number
  readonly owner: string
  readonly failure: HopFailure
  readonly now: number
  readonly countAttempt: boolean
}
export interface FailAnswer {
  readonly status: 'retry' | 'dead' | 'stale'
  readonly dueAt?: number
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

export async function failHop(books: Books, command: FailCommand): Promise<FailAnswer> {
  const turn = new Turn(command.now)
  const row = await heldHop(books, command.id, command.attempt, command.owner)
  if (row === undefined)
    return { status: 'stale', waiting: [], events: [await staleHop(books, turn, command.id, command.attempt)] }
  const failures = row.failures + (command.countAttempt ? 1 : 0)
  const { maxAttempts } = books.hopRules
  if (command.countAttempt && (command.failure.final === true || failures >= maxAttempts)) {
    await buryHop(books, turn, { ...row, failures }, command.failure)
    return { status: 'dead', waiting: [...turn.waiting], events: turn.events }
  }
  const dueAt = command.countAttempt ? turn.now + backoff(books, failures) : turn.now
  // Whoever fails in order has not ended its process.
  const suspect = command.countAttempt ? 0 : row.suspect
  await putBack(books, turn, { ...row, failures, suspect }, command.failure, dueAt)
  return { status: 'retry', dueAt, waiting: [...turn.waiting], events: turn.events }
}

export interface RecoverAnswer {
  readonly waiting: readonly string[]
  /** subscriptions with due hops that are to run apart */
  readonly suspects: readonly string[]
  /** when the first of those given back is due, where that is later */
  readonly dueAt?: number
  readonly events: readonly YizhanEvent[]
}

/** Hops whose owner is gone come back, charged with what its end says about them; so do those whose lease ran out. */
export async function recoverHops(
  books: Books,
  command: {
    readonly owner?: string | undefined
    readonly loss?: Loss | undefined
    readonly now: number
    readonly leasesAt?: number | undefined
  },
): Promise<RecoverAnswer> {
  const turn = new Turn(command.now)
  const lost = await books.hops.lost(command.owner ?? null, command.leasesAt ?? command.now)
  const held = lost.filter((row) => row.owner === command.owner)
  let dueAt: number | undefined
  for (const row of lost) {
    const judgement = judge(row, (row.owner === command.owner && command.loss) || NOBODY, {
      place: held.indexOf(row),
      alone: held.length === 1,
      backoff: (failures) => backoff(books, failures),
    })
    const { losses, kills, suspect, failure, wait } = judgement
    const judged = { ...row, losses, kills, suspect }
    if (judgement.dead) await buryHop(books, turn, judged, failure)
    else {
      await putBack(books, turn, judged, failure, turn.now + wait)
      if (wait > 0) dueAt = Math.min(dueAt ?? Number.MAX_SAFE_INTEGER, turn.now + wait)
    }
  }
  await books.hops.wake(command.now)
  return {
    waiting: [...new Set([...turn.waiting, ...(await books.hops.subscriptionsReady())])],
    suspects: await books.hops.subscriptionsSuspect(),
    ...(dueAt === undefined ? {} : { dueAt }),
    events: turn.events,
  }
}

async function putBack(books: Books, turn: Turn, row: HopRow, failure: HopFailure, dueAt: number): Promise<void> {
  const ready = dueAt <= turn.now
  await books.hops.giveBack({
    seq: row.seq,
    state: !ready ? 'waiting' : row.suspect === 1 ? 'suspect' : 'ready',
    failures: row.failures,
    losses: row.losses,
    kills: row.kills,
    suspect: row.suspect,
    due_at: dueAt,
    error: JSON.stringify(failure),
    dead_at: null,
  })
  if (ready && row.suspect === 0) turn.waiting.add(row.subscription)
  books.chain.book(turn, {
    ...(await hopEvent(books, turn, row)),
    code: 'hop.failed',
    error: failure.code,
    detail: detailOf(failure),
  })
}

async function buryHop(books: Books, turn: Turn, row: HopRow, failure: HopFailure): Promise<void> {
  const message = await books.messages.need(row.message)
  await books.hops.giveBack({
    seq: row.seq,
    state: 'dead',
    failures: row.failures,
    losses: row.losses,
    kills: row.kills,
    suspect: 0,
    due_at: turn.now,
    error: JSON.stringify(failure),
    dead_at: turn.now,
  })
  await bury(books, turn, {
    id: row.id,
    what: 'hop',
    message,
    subscription: row.subscription,
    claim: row.attempt,
    attempts: row.failures + row.losses + row.kills,
    error: failure,
  })
  await wakeWithdrawals(books, turn, message)
}

/** Doubles from `backoffMs` with each failure, up to `maxBackoffMs`. */
function backoff(books: Books, failures: number): number {
  const { backoffMs, maxBackoffMs } = books.hopRules
  return doubling(failures, { first: backoffMs, most: maxBackoffMs })
}

export async function hopEvent(books: Books, turn: Turn, row: HopRow): Promise<Omit<YizhanEvent, 'code'>> {
  const message = await books.messages.need(row.message)
  return {
    at: turn.now,
    message: message.id,
    kind: message.kind,
    number: loggedNumber(message),
    trace: message.trace,
    system: message.system,
    unit: message.from_unit ?? undefined,
    place: row.subscription,
    row: row.id,
    attempt: row.attempt,
  }
}

export async function staleHop(books: Books, turn: Turn, id: string, attempt: number): Promise<YizhanEvent> {
  const row = await books.hops.get(id)
  return row === undefined
    ? { code: 'hop.stale', at: turn.now, row: id, attempt }
    : { ...(await hopEvent(books, turn, row)), code: 'hop.stale', attempt }
}
