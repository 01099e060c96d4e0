import type { Pace } from '../config/schema.ts'
import { YizhanError } from '../errors/error.ts'
import type { DeliveryBooking, DeliveryClaim, DeliveryError } from '../ledger/port.ts'
import { failpoint } from '../util/failpoint.ts'
import { backoffMs } from './backoff.ts'
import type { Calls } from './call.ts'
import { failureOf, type Failure } from './failure.ts'
import type { Outbound, Sender, Taken } from './port.ts'

export type ClaimedDelivery = Extract<DeliveryClaim, { status: 'claimed' }>

/** What an attempt needs of its system. */
export interface AttemptTools {
  readonly sender: Sender
  readonly pace: Pace
  readonly calls: Calls
  /** a call more than the one whose place was reserved */
  extraCall(): void
  /** what the attempt says of the system, for its breaker */
  judge(system: Failure['system']): void
  now(): number
}

/** One attempt at a claimed delivery, from the question whether an earlier one arrived to what is to be booked. Never rejects. */
export async function attempt(claim: ClaimedDelivery, tools: AttemptTools): Promise<DeliveryBooking> {
  const outbound: Outbound = { id: claim.row, unit: claim.unit, message: claim.message, attempt: claim.attempt }
  const { sender, pace } = tools
  const at = sender.notBefore?.(claim.message, tools.now())
  if (at !== undefined) return { type: 'retry', error: quiet(claim.system, at), dueAt: at, countAttempt: false }
  let doubt = claim.inDoubt
  const started = performance.now()
  const ms = (): number => Math.round(performance.now() - started)
  const late = (): YizhanError =>
    new YizhanError('SYSTEM_TIMEOUT', { field: claim.system, rule: `${pace.timeoutMs} ms` }, { inDoubt: true })
  try {
    if (doubt && sender.probe !== undefined) {
      const answer = await tools.calls.run(pace.timeoutMs, late, (signal) => probe(sender, outbound, signal))
      if (answer.taken) {
        tools.judge('alive')
        return { type: 'delivered', ms: ms(), probed: true, ...answerOf(answer) }
      }
      doubt = false
      tools.extraCall()
    } else if (doubt && pace.inDoubt === 'hold') {
      return { type: 'held', error: unknownWhether(claim.system) }
    }
  } catch (thrown) {
    const failure = failureOf(thrown)
    tools.judge(failure.system === 'alive' ? 'alive' : 'ill')
    // a question that failed leaves the doubt as it was
    return again(claim, tools, failure.error, true)
  }
  try {
    failpoint('delivery.sending')
    const taken = await tools.calls.run(pace.timeoutMs, late, (signal) => sender.send(outbound, signal))
    failpoint('delivery.sent')
    tools.judge('alive')
    return { type: 'delivered', ms: ms(), ...(doubt ? { repeated: true } : {}), ...answerOf(taken) }
  } catch (thrown) {
    const failure = failureOf(thrown)
    tools.judge(failure.system)
    if (failure.kind === 'retry') return again(claim, tools, failure.error, doubt)
    if (failure.kind === 'refused') return { type: 'refused', error: failure.error }
    if (exhausted(claim, pace)) return { type: 'held', error: failure.error }
    return { type: 'in-doubt', error: failure.error, dueAt: tools.now() + backoffMs(pace, claim.attempt) }
  }
}

async function probe(
  sender: Sender,
  outbound: Outbound,
  signal: AbortSignal,
): ReturnType<NonNullable<Sender['probe']>> {
  return sender.probe === undefined ? { taken: false } : sender.probe(outbound, signal)
}

function answerOf({
  remoteId,
  awaits,
}: Taken): Pick<Extract<DeliveryBooking, { type: 'delivered' }>, 'remoteId' | 'awaits'> {
  return { ...(remoteId === undefined ? {} : { remoteId }), ...(awaits === true ? { awaits: true } : {}) }
}

/** This attempt was certainly not taken; whether an earlier one was is `doubt`, which the ledger remembers. */
function again(claim: ClaimedDelivery, tools: AttemptTools, error: DeliveryError, doubt: boolean): DeliveryBooking {
  if (exhausted(claim, tools.pace)) return { type: doubt ? 'held' : 'refused', error }
  return { type: 'retry', error, dueAt: tools.now() + backoffMs(tools.pace, claim.attempt), countAttempt: true }
}

function exhausted(claim: ClaimedDelivery, pace: Pace): boolean {
  return pace.maxAttempts > 0 && claim.attempt >= pace.maxAttempts
}

function unknownWhether(system: string): DeliveryError {
  const error = new YizhanError('IN_DOUBT', { field: system })
  return { code: error.code, zh: error.zh, en: error.en }
}

function quiet(system: string, at: number): DeliveryError {
  const error = new YizhanError('QUIET_HOURS', { field: system, value: new Date(at).toISOString() })
  return { code: error.code, zh: error.zh, en: error.en }
}
