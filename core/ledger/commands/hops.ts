import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from '../books.ts'
import { bury, detailOf } from '../dead.ts'
import type { HopFailure, SubscriptionFilter } from '../port.ts'
import type { HopRow } from '../store/hops.ts'
import { waitsForDocument, wakeWithdrawals } from '../open-hop.ts'
import { Turn } from '../turn.ts'
import { loggedNumber } from '../stored.ts'

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
  return claimable(books, command.subscription, command.max).map((row) => {
    books.hops.claim(row.seq, command.owner, command.leaseUntil)
    return {
      id: row.id,
      subscription: row.subscription,
      attempt: row.attempt + 1,
      body: row.repaired ?? books.messages.need(row.message).body,
    }
  })
}

/** Withdrawals that wait for their document are passed over: what stands behind them, the document too, is not held up. */
function claimable(books: Books, subscription: string, max: number): HopRow[] {
  for (let look = max; ;) {
    const ready = books.hops.ready(subscription, look)
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
  if (command.countAttempt && failures >= maxAttempts) {
    buryHop(books, turn, { ...row, failures }, command.failure)
    return { status: 'dead', waiting: [...turn.waiting], events: turn.events }
  }
  const dueAt = command.countAttempt ? turn.now + backoff(books, failures) : turn.now
  putBack(books, turn, { ...row, failures }, command.failure, dueAt)
  return { status: 'retry', dueAt, waiting: [...turn.waiting], events: turn.events }
}

/** A message that kills its process is found out: so many lost attempts, for each one that may fail, make it a dead letter. */
const LOSSES_PER_ATTEMPT = 2
const LOST: HopFailure = { code: 'FLOWS_GONE', message: '流程进程已断开 / the flow process is gone' }

/** Hops whose owner is gone come back: at once the first time, later after a backoff, so that bystanders of a crash part from its cause. */
export function recoverHops(
  books: Books,
  command: { readonly owner?: string | undefined; readonly now: number; readonly leasesAt?: number | undefined },
): { readonly waiting: readonly string[]; readonly events: readonly YizhanEvent[] } {
  const turn = new Turn(command.now)
  for (const row of books.hops.lost(command.owner ?? null, command.leasesAt ?? command.now)) {
    const losses = row.losses + 1
    if (losses >= books.hopRules.maxAttempts * LOSSES_PER_ATTEMPT) buryHop(books, turn, { ...row, losses }, LOST)
    else putBack(books, turn, { ...row, losses }, LOST, losses === 1 ? turn.now : turn.now + backoff(books, losses - 1))
  }
  books.hops.wake(command.now)
  return { waiting: books.hops.subscriptionsReady(), events: turn.events }
}

function putBack(books: Books, turn: Turn, row: HopRow, failure: HopFailure, dueAt: number): void {
  const ready = dueAt <= turn.now
  books.hops.giveBack({
    seq: row.seq,
    state: ready ? 'ready' : 'waiting',
    failures: row.failures,
    losses: row.losses,
    due_at: dueAt,
    error: JSON.stringify(failure),
    dead_at: null,
  })
  if (ready) turn.waiting.add(row.subscription)
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
    due_at: turn.now,
    error: JSON.stringify(failure),
    dead_at: turn.now,
  })
  bury(books, turn, {
    id: row.id,
    what: 'hop',
    message,
    subscription: row.subscription,
    attempt: row.attempt,
    attempts: row.failures + row.losses,
    error: failure,
  })
  wakeWithdrawals(books, turn, message)
}

/** Doubles from `backoffMs` with each failure, up to `maxBackoffMs`. */
function backoff(books: Books, failures: number): number {
  const { backoffMs, maxBackoffMs } = books.hopRules
  return Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(30, Math.max(0, failures - 1)))
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
