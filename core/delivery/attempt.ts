import type { Pace } from '../config/pace.ts'
import { YizhanError } from '../errors/error.ts'
import type { Named } from '../errors/naming.ts'
import type { DeliveryBooking, DeliveryClaim, DeliveryError } from '../ledger/port.ts'
import { failpoint } from '../util/failpoint.ts'
import { backoffMs } from './backoff.ts'
import type { Calls } from './call.ts'
import { failureOf, toldOf, unansweredOf, type Failure } from './failure.ts'
import type { Outbound, Sender, Taken } from './port.ts'

export type ClaimedDelivery = Extract<DeliveryClaim, { status: 'claimed' }>

/** However near the end of a quiet time is, and however often it moves on: it is asked for no sooner than this. */
const LEAST_QUIET_MS = 1_000

/** What an attempt needs of its system. */
export interface AttemptTools {
  /** whom it goes to, as people name it */
  readonly to: Named
  readonly sender: Sender
  readonly pace: Pace
  readonly calls: Calls
  /** a call more than the one whose place was reserved */
  extraCall(): void
  /** what the attempt says of the system, for its breaker */
  judge(system: Failure['system'], retryAfterMs?: number): void
  now(): number
}

/** What is known before it is sent. */
interface Asked {
  /** an earlier attempt may have arrived, and nobody can say */
  readonly doubt: boolean
  /** a question has settled that none had */
  readonly certain: boolean
}

/**
 * One attempt at a claimed delivery, from the question whether an earlier one arrived to what is to be booked. Never
 * rejects.
 */
export async function attempt(claim: ClaimedDelivery, tools: AttemptTools): Promise<DeliveryBooking> {
  const { row: id, unit, address, message } = claim
  const outbound: Outbound = { id, unit, address, message, attempt: claim.attempt }
  const now = tools.now()
  const at = tools.sender.notBefore?.(claim.message, now) ?? now
  if (at > now) {
    const dueAt = Math.max(at, now + LEAST_QUIET_MS)
    return { type: 'retry', error: quiet(tools.to, at), dueAt, countAttempt: false }
  }
  const started = performance.now()
  const ms = (): number => Math.round(performance.now() - started)
  const asked = claim.inDoubt ? await ask(claim, outbound, tools, ms) : { doubt: false, certain: false }
  return 'type' in asked ? asked : send(claim, outbound, tools, asked, ms)
}

/** Whether an earlier attempt arrived. What is to be booked at once, or what is known now. */
async function ask(
  claim: ClaimedDelivery,
  outbound: Outbound,
  tools: AttemptTools,
  ms: () => number,
): Promise<DeliveryBooking | Asked> {
  const { sender, pace, to } = tools
  if (sender.probe === undefined)
    return isHeld(claim, pace) ? { type: 'held', error: unknownWhether(tools.to) } : { doubt: true, certain: false }
  try {
    const answer = await tools.calls.run(pace.timeoutMs, late(claim, pace), (signal) => probe(sender, outbound, signal))
    tools.judge('alive')
    if (answer.taken) return { type: 'delivered', ms: ms(), probed: true, ...answerOf(answer) }
    tools.extraCall()
    return { doubt: false, certain: true }
  } catch (thrown) {
    const { error, system, ours, retryAfterMs, unheard } = unansweredOf(thrown, to)
    tools.judge(system, bounded(pace, retryAfterMs))
    const dueAt = tools.now() + waitMs(pace, claim.attempt, retryAfterMs)
    if (unheard && (ours || !exhausted(claim, pace))) return { type: 'retry', error, dueAt, countAttempt: true }
    // the last word where nobody else has one
    if (claim.vouched && !unheard) return { doubt: true, certain: false }
    if (exhausted(claim, pace) || (pace.probes > 0 && claim.doubts >= pace.probes)) return { type: 'held', error }
    return { type: 'unclear', error, dueAt }
  }
}

/**
 * Where nobody can be asked: a person decides, if the system is configured so or the ledger was restored. What goes to
 * a channel is recognised by its readers.
 */
function isHeld({ address, restored, vouched }: ClaimedDelivery, pace: Pace): boolean {
  return !vouched && (pace.inDoubt === 'hold' || (restored && address === undefined))
}

async function send(
  claim: ClaimedDelivery,
  outbound: Outbound,
  tools: AttemptTools,
  { doubt, certain }: Asked,
  ms: () => number,
): Promise<DeliveryBooking> {
  const { sender, pace, to } = tools
  try {
    failpoint('delivery.sending')
    const taken = await tools.calls.run(pace.timeoutMs, late(claim, pace), (signal) => sender.send(outbound, signal))
    failpoint('delivery.sent')
    tools.judge('alive')
    return { type: 'delivered', ms: ms(), ...(doubt ? { repeated: true } : {}), ...answerOf(taken) }
  } catch (thrown) {
    const { kind, error, system, ours, retryAfterMs } = failureOf(thrown, to)
    tools.judge(system, bounded(pace, retryAfterMs))
    if (kind === 'refused') return { type: 'refused', error }
    const over = !ours && exhausted(claim, pace)
    const dueAt = tools.now() + waitMs(pace, claim.attempt, retryAfterMs)
    if (kind === 'retry') {
      if (over) return { type: doubt ? 'held' : 'refused', error }
      return { type: 'retry', error, dueAt, countAttempt: true, ...(certain ? { certain } : {}) }
    }
    if (over || (sender.probe === undefined && tooMany(claim, pace))) return { type: 'held', error }
    return { type: 'in-doubt', error, dueAt, ...(certain ? { certain } : {}) }
  }
}

async function probe(
  sender: Sender,
  outbound: Outbound,
  signal: AbortSignal,
): ReturnType<NonNullable<Sender['probe']>> {
  return sender.probe === undefined ? { taken: false } : sender.probe(outbound, signal)
}

function late(claim: ClaimedDelivery, pace: Pace): () => YizhanError {
  return () =>
    new YizhanError('SYSTEM_TIMEOUT', { field: claim.system, rule: `${pace.timeoutMs} ms` }, { inDoubt: true })
}

function answerOf({
  remoteId,
  awaits,
}: Taken): Pick<Extract<DeliveryBooking, { type: 'delivered' }>, 'remoteId' | 'awaits'> {
  return { ...(remoteId === undefined ? {} : { remoteId }), ...(awaits === true ? { awaits: true } : {}) }
}

/** The backoff, or what the system asked for where that is longer. */
function waitMs(pace: Pace, tried: number, retryAfterMs: number | undefined): number {
  return Math.max(backoffMs(pace, tried), bounded(pace, retryAfterMs) ?? 0)
}

function bounded(pace: Pace, retryAfterMs: number | undefined): number | undefined {
  return retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, pace.maxRetryAfterMs)
}

function exhausted(claim: ClaimedDelivery, pace: Pace): boolean {
  return pace.maxAttempts > 0 && claim.attempt >= pace.maxAttempts
}

/** This copy is the last that may be sent without knowing of the others. */
function tooMany(claim: ClaimedDelivery, pace: Pace): boolean {
  return pace.copies > 0 && claim.doubts + 1 >= pace.copies
}

function unknownWhether(to: Named): DeliveryError {
  return toldOf(new YizhanError('IN_DOUBT', { field: to.id }), to)
}

function quiet(to: Named, at: number): DeliveryError {
  return toldOf(new YizhanError('QUIET_HOURS', { field: to.id, value: new Date(at).toISOString() }), to)
}
