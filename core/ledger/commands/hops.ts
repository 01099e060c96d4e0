import type { YizhanEvent } from '../../events/event.ts'
import { NOBODY, type Loss } from '../../hop/loss.ts'
import type { Books } from '../books.ts'
import { bury, detailOf } from '../dead.ts'
import type { HopFailure, SubscriptionFilter } from '../port.ts'
import type { HopRow } from '../store/hops.ts'
import { waitsForDocument, wakeWithdrawals } from '../open-hop.ts'
import { Turn } from '../turn.ts'
import { loggedNumber } from '../stored.ts'
import { judge } from './losses.ts'
import { doubling } from '../../util/backoff.ts'

export interface ClaimedRow {
  readonly id: string
  readonly subscription: string
  readonly attempt: number
  readonly body: string
}

export function subscribe(
  books: Books,
  command: {
    readonly subscriptions: readonly { readonly name: string; readonly filter: SubscriptionFilter }[]
    readonly now: number
  },
): void {
  for (const { name, filter } of command.subscriptions) books.subscriptions.put(name, filter, command.now)
}

/** What it has got stays, for whoever takes its name again. */
export function unsubscribe(
  books: Books,
  command: { readonly name: string; readonly actor: string; readonly now: number },
): { readonly found: boolean; readonly events: readonly YizhanEvent[] } {
  const turn = new Turn(command.now)
  const found = books.subscriptions.drop(command.name)
  const { actor, name, now } = command
  if (found) books.chain.book(turn, { code: 'subscription.dropped', at: now, actor, detail: name })
  return { found, events: turn.events }
}

export function claimHops(
  books: Books,
  command: {
    readonly subscription: string
    readonly max: number
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  },
): ClaimedRow[] {
  books.subscriptions.seen(command.subscription, command.now)
  books.hops.wake(command.now)
  return claimable(books, command.max, (look) => books.hops.ready(command.subscription, look)).map((row) =>
    claim(books, row, command),
  )
}

/** One hop that is to run apart, of any of these subscriptions: the one that is due longest. */
export function claimSuspect(
  books: Books,
  command: {
    readonly subscriptions: readonly string[]
    readonly owner: string
    readonly now: number
    readonly leaseUntil: number
  },
): ClaimedRow | undefined {
  books.hops.wake(command.now)
  const [first] = command.subscriptions
    .flatMap((name) => claimable(books, 1, (look) => books.hops.suspects(name, look)))
    .sort((a, b) => a.due_at - b.due_at || a.seq - b.seq)
  return first === undefined ? undefined : claim(books, first, command)
}

function claim(
  books: Books,
  row: HopRow,
  { owner, leaseUntil }: { readonly owner: string; readonly leaseUntil: number },
): ClaimedRow {
  books.hops.claim(row.seq, owner, leaseUntil)
  return {
    id: row.id,
    subscription: row.subscription,
    attempt: row.attempt + 1,
    body: row.repaired ?? books.messages.need(row.message).body,
  }
}

/**
 * Withdrawals that wait for their document are passed over: what stands behind them, the document too, is not held up.
 */
function claimable(books: Books, max: number, due: (look: number) => HopRow[]): HopRow[] {
  for (let look = max; ;) {
    const ready = due(look)
    const free = ready.filter((row) => !waitsForDocument(books, books.messages.need(row.message)))
    if (free.length >= max || ready.length < look) return free.slice(0, max)
    look += max + ready.length - free.length
  }
}

export function extendHops(
  books: Books,
  command: {
    readonly hops: readonly { readonly id: string; readonly attempt: number }[]
    readonly owner: string
    readonly leaseUntil: number
  },
): void {
  for (const { id, attempt } of command.hops) books.hops.extend(id, attempt, command.owner, command.leaseUntil)
}

/** The hop if this owner holds it at this attempt. */
export function heldHop(books: Books, id: string, attempt: number, owner: string): HopRow | undefined {
  const row = books.hops.get(id)
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

export function failHop(books: Books, command: FailCommand): FailAnswer {
  const turn = new Turn(command.now)
  const row = heldHop(books, command.id, command.attempt, command.owner)
  if (row === undefined)
    return { status: 'stale', waiting: [], events: [staleHop(books, turn, command.id, command.attempt)] }
  const failures = row.failures + (command.countAttempt ? 1 : 0)
  const { maxAttempts } = books.hopRules
  if (command.countAttempt && (command.failure.final === true || failures >= maxAttempts)) {
    buryHop(books, turn, { ...row, failures }, command.failure)
    return { status: 'dead', waiting: [...turn.waiting], events: turn.events }
  }
  const dueAt = command.countAttempt ? turn.now + backoff(books, failures) : turn.now
  // Whoever fails in order has not ended its process.
  const suspect = command.countAttempt ? 0 : row.suspect
  putBack(books, turn, { ...row, failures, suspect }, command.failure, dueAt)
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
export function recoverHops(
  books: Books,
  command: {
    readonly owner?: string | undefined
    readonly loss?: Loss | undefined
    readonly now: number
    readonly leasesAt?: number | undefined
  },
): RecoverAnswer {
  const turn = new Turn(command.now)
  const lost = books.hops.lost(command.owner ?? null, command.leasesAt ?? command.now)
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
    if (judgement.dead) buryHop(books, turn, judged, failure)
    else {
      putBack(books, turn, judged, failure, turn.now + wait)
      if (wait > 0) dueAt = Math.min(dueAt ?? Number.MAX_SAFE_INTEGER, turn.now + wait)
    }
  }
  books.hops.wake(command.now)
  return {
    waiting: [...new Set([...turn.waiting, ...books.hops.subscriptionsReady()])],
    suspects: books.hops.subscriptionsSuspect(),
    ...(dueAt === undefined ? {} : { dueAt }),
    events: turn.events,
  }
}

function putBack(books: Books, turn: Turn, row: HopRow, failure: HopFailure, dueAt: number): void {
  const ready = dueAt <= turn.now
  books.hops.giveBack({
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
    ...hopEvent(books, turn, row),
    code: 'hop.failed',
    error: failure.code,
    detail: detailOf(failure),
  })
}

function buryHop(books: Books, turn: Turn, row: HopRow, failure: HopFailure): void {
  const message = books.messages.need(row.message)
  books.hops.giveBack({
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
  bury(books, turn, {
    id: row.id,
    what: 'hop',
    message,
    subscription: row.subscription,
    claim: row.attempt,
    attempts: row.failures + row.losses + row.kills,
    error: failure,
  })
  wakeWithdrawals(books, turn, message)
}

/** Doubles from `backoffMs` with each failure, up to `maxBackoffMs`. */
function backoff(books: Books, failures: number): number {
  const { backoffMs, maxBackoffMs } = books.hopRules
  return doubling(failures, { first: backoffMs, most: maxBackoffMs })
}

export function hopEvent(books: Books, turn: Turn, row: HopRow): Omit<YizhanEvent, 'code'> {
  const message = books.messages.need(row.message)
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

export function staleHop(books: Books, turn: Turn, id: string, attempt: number): YizhanEvent {
  const row = books.hops.get(id)
  return row === undefined
    ? { code: 'hop.stale', at: turn.now, row: id, attempt }
    : { ...hopEvent(books, turn, row), code: 'hop.stale', attempt }
}
