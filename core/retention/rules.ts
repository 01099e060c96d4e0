import type { RetentionPolicy } from '../config/retention.ts'
import type { RecipientState } from '../message/recipient-state.ts'
import { DAY_MS } from '../util/clock.ts'

export { DAY_MS }

/**
 * What may be pruned, decided by rules alone. Pruned is a *story*: a message that was accepted, what flows made of it,
 * and whatever was said about any of these since; all of it or nothing.
 */

/** What goes at a time: submissions as they came, then bodies, then every row. Each also takes what is before it. */
export const LEVELS = ['raw', 'content', 'finished'] as const
export type Level = (typeof LEVELS)[number]

/** All that the rules ask of a story. */
export interface StoryFacts {
  /** id of the message that it began with */
  readonly root: string
  readonly hops: readonly { readonly state: string }[]
  readonly deliveries: readonly DeliveryFacts[]
  readonly recipients: readonly { readonly state: RecipientState; readonly withdrawn: boolean }[]
  /** reports on somebody, and the petition office has neither decided nor answered */
  readonly undecided: boolean
  /** the public feed has not told all of it yet */
  readonly untold: boolean
  /** when something happened to it last, milliseconds since 1970 */
  readonly lastAt: number
}

interface DeliveryFacts {
  readonly state: string
  readonly open: boolean
  /** stands in the list of the unit that fetches it */
  readonly listed: boolean
  /** was delivered, and its recipient has neither signed, returned nor answered it */
  readonly unsigned: boolean
  /** to a system as a whole, which shows it */
  readonly shown: boolean
  /** a notice, or withdrawn: nobody sends that on paper */
  readonly paperless: boolean
}

/** Why a story stays, whatever its age. */
export const STAYS = ['open', 'dead', 'on-paper', 'unconfirmed', 'undecided', 'untold', 'shown'] as const
export type Stays = (typeof STAYS)[number]

const ENDED_HOPS: ReadonlySet<string> = new Set(['done', 'dropped', 'rerouted'])
const ENDED_DELIVERIES: ReadonlySet<string> = new Set(['done', 'fetched', 'dropped', 'needless', 'on-paper', 'expired'])

/** Why it has to stay now; undefined where it is finished. What is in doubt or held is open or dead. */
function staysFor(
  level: Level,
  facts: StoryFacts,
  policy: Pick<RetentionPolicy, 'shownDays'>,
  now: number,
): Stays | undefined {
  const { hops, deliveries, recipients } = facts
  if (hops.some(({ state }) => state === 'dead') || deliveries.some(({ state }) => state === 'dead')) return 'dead'
  if (hops.some(({ state }) => !ENDED_HOPS.has(state))) return 'open'
  if (deliveries.some(({ state, open }) => open || !ENDED_DELIVERIES.has(state))) return 'open'
  if (deliveries.some(({ state, paperless }) => state === 'expired' && !paperless)) return 'on-paper'
  if (deliveries.some(({ listed, unsigned }) => listed || unsigned)) return 'unconfirmed'
  if (recipients.some(({ state, withdrawn }) => state === 'waiting' && !withdrawn)) return 'unconfirmed'
  if (facts.undecided) return 'undecided'
  if (facts.untold) return 'untold'
  // the bytes in which it came are no part of that
  const isShown = level !== 'raw' && deliveries.some(({ shown }) => shown)
  if (isShown && (policy.shownDays === undefined || now < facts.lastAt + policy.shownDays * DAY_MS)) return 'shown'
  return undefined
}

/** From when on a level may take a story, if nothing more happens to it. */
export function prunableAt(level: Level, { lastAt }: Pick<StoryFacts, 'lastAt'>, policy: RetentionPolicy): number {
  const days = { raw: policy.rawDays, content: policy.contentDays, finished: policy.finishedDays }[level]
  return lastAt + days * DAY_MS
}

export type StoryVerdict =
  | { readonly goes: true }
  | {
      readonly goes: false
      /** absent: it is too young */
      readonly stays?: Stays | undefined
      /** when to look again, milliseconds since 1970 */
      readonly again: number
    }

/** Whether a level takes a story now. What has to stay is looked at again in a day. */
export function judgeStory(level: Level, facts: StoryFacts, policy: RetentionPolicy, now: number): StoryVerdict {
  const due = prunableAt(level, facts, policy)
  const stays = staysFor(level, facts, policy, now)
  if (stays !== undefined) return { goes: false, stays, again: Math.max(due, now + DAY_MS) }
  return now >= due ? { goes: true } : { goes: false, again: due }
}
