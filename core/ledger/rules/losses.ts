import type { Culprit, Loss } from '../../hop/loss.ts'
import type { HopFailure } from '../port.ts'
import type { HopRow } from '../schema.ts'

/** So many losses that can only have been its own doing make a hop a dead letter. */
const CONDEMNED = 2
/** So many times may a signal from outside end the process of one hop alone: memory kills look so. */
const KILLED = 3
/** Hops that come back from a lost process come one after the other, milliseconds apart, and not all at one instant. */
const SPREAD_MS = 20
const SPREAD_MAX_MS = 2_000

/** What a lost process means for one of the hops that it held. */
export interface LossJudgement {
  readonly losses: number
  readonly kills: number
  /** 1: it runs apart from the others from now on */
  readonly suspect: number
  readonly failure: HopFailure
  /** it is a dead letter */
  readonly dead: boolean
  /** milliseconds until it is due */
  readonly wait: number
}

const LOST: HopFailure = { code: 'FLOWS_GONE', message: '流程进程已断开 / the flow process is gone' }

/**
 * A loss counts against a hop only when nobody else can have done it: it was alone in the process, or the process could
 * say that it was executing this one. Everybody else who was there is a suspect, and runs apart until it has proved
 * itself.
 *
 * @param place its place among those that come back
 * @param alone nothing else was open in the process
 * @param backoff milliseconds to wait after so many failures
 */
export function judge(
  row: Pick<HopRow, 'id' | 'attempt' | 'losses' | 'kills' | 'suspect' | 'error'>,
  loss: Loss,
  { place, alone, backoff }: { place: number; alone: boolean; backoff: (failures: number) => number },
): LossJudgement {
  const spread = Math.min(SPREAD_MAX_MS, place * SPREAD_MS)
  const { losses, kills, suspect } = row
  const same: LossJudgement = { losses, kills, suspect, failure: LOST, dead: false, wait: 0 }
  if (loss.by === 'order') return same
  if (loss.by === 'outside') {
    const failure = alone ? killed(row.kills + 1, loss) : LOST
    // Lost twice in a row, it may be what draws the signals.
    const again = suspect === 1 || wasLost(row.error)
    return {
      losses,
      kills: kills + (alone ? 1 : 0),
      suspect: again && loss.apart ? 1 : suspect,
      failure,
      dead: alone && kills + 1 >= KILLED,
      wait: spread + (again ? backoff(loss.apart ? kills + 1 : row.attempt) : 0),
    }
  }
  const culprit = loss.culprits?.find(({ hop, attempt }) => hop === row.id && attempt === row.attempt)
  if (loss.culprits !== undefined && culprit === undefined) return { ...same, wait: spread }
  if (culprit === undefined && !alone) return { ...same, suspect: loss.apart ? 1 : suspect, wait: spread }
  return {
    losses: losses + 1,
    kills,
    suspect: loss.apart ? 1 : suspect,
    failure: condemned(loss, culprit),
    dead: losses + 1 >= CONDEMNED,
    wait: backoff(losses + 1),
  }
}

function condemned(loss: Loss, culprit: Culprit | undefined): HopFailure {
  const { node, nodeName, nodeType, tab } = culprit ?? {}
  return {
    code: 'HOP_KILLS_FLOWS',
    message: `该消息使流程进程中止 / this message ended its flow process: ${loss.detail}`,
    ...(node === undefined ? {} : { node }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(nodeType === undefined ? {} : { nodeType }),
    ...(tab === undefined ? {} : { tab }),
  }
}

function killed(times: number, loss: Loss): HopFailure {
  return {
    code: 'HOP_KILLS_FLOWS',
    message:
      `流程进程第 ${times} 次在只处理该消息时被外部信号终止（内存不足时如此） / a signal from outside ended the flow ` +
      `process while it had only this message (as happens when memory runs out), time ${times}: ${loss.detail}`,
  }
}

function wasLost(error: string | null): boolean {
  if (error === null) return false
  const { code } = JSON.parse(error) as HopFailure
  return code === LOST.code || code === 'HOP_KILLS_FLOWS'
}
