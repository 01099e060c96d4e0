import type { Answer, Stored } from './answer.ts'
import type { Level, StoryFacts } from '../../retention/rules.ts'
import type { RunsEnd } from '../pruned-links.ts'

/** What retention's rules ask of whatever keeps the ledger. */

/** Names of what is kept of retention itself. */
export type Kept = Level | 'batch' | 'use' | 'keys' | 'links'

/** An event as its chain has it. */
export interface EventLink {
  readonly seq: number
  readonly station: string
  readonly link: number
  readonly code: string
  readonly at: number
  readonly trace: string | null
  readonly hash: string
}

/** What a submission is recognised by. */
export interface AcceptanceKey {
  readonly system: string
  readonly key: string
  readonly message: string
  readonly at: number
}

/** A message of a story, as far as its rules ask. */
export interface StoryMessage {
  readonly seq: number
  readonly id: string
  readonly kind: string
  readonly trace: string
  readonly booked_at: number
}

export interface Story {
  readonly facts: StoryFacts
  /** whatever speaks about a message, or was made of it, stands behind it */
  readonly messages: readonly StoryMessage[]
  /** changes with whatever happens to it */
  readonly mark: string
}

/**
 * Which messages name which bodies. Found when retention asks and not when they are accepted, so that nobody waits for
 * it; known of every message up to a place that retention keeps.
 */
export interface BodyUses {
  /** The bodies that a message, its submission or a repair of it names. */
  namedBy(seq: number): Answer<ReadonlySet<string>>
  /** `seq` of the next messages */
  after(seq: number, max: number): Answer<number[]>
  last(): Answer<number>
  use(digest: string, message: number): Stored
  /** The message does not name it any more; if nobody does, it goes in time. */
  unuse(digest: string, message: number, now: number): Stored
  isUsed(digest: string): Answer<boolean>
  unusedSince(since: number, max: number): Answer<string[]>
  usedAgain(digest: string): Stored
  /** its size, bytes */
  drop(digest: string): Answer<number>
}

/**
 * Volumes of which little or nothing is named any more. They are never written to in place: what lives is appended to
 * the newest, its rows say so, and what nobody names is removed whole, as another step. So whatever kills it leaves
 * bytes twice at most, never not at all.
 */
export interface LiveVolumes {
  /** Numbers of files to which nothing is appended any more. */
  settled(): number[]
  /** Those of them of which no row names anything. */
  empty(): Answer<number[]>
  /** The bytes of those that were removed. */
  drop(volumes: readonly number[]): Answer<number>
  /** Moves what comes next of a volume into the newest, within the transaction; the bytes, 0 where nothing is left. */
  move(volume: number, most: number): Answer<number>
}

/** Takes rows of finished stories away; of each call, how many. */
export interface PrunedRows {
  isThere(message: string): Answer<boolean>
  /** its bytes */
  raw(message: string): Answer<number | undefined>
  /** Nobody can act on it any more. */
  document(message: string): Stored
  /** A message with all that hangs on it. */
  message(message: Pick<StoryMessage, 'seq' | 'id'>): Answer<number>
  /** Events of a trace whose links stay by their hashes. */
  events(trace: string, station: string, last: number, max: number): Answer<number>
  event(seq: number): Stored
  /** the next events of any station */
  links(after: number, max: number): Answer<EventLink[]>
  keysAfter(after: { readonly system: string; readonly key: string }, max: number): Answer<AcceptanceKey[]>
  key(system: string, key: string): Stored
  /** Pages that are free go back to the disk; how many are left. */
  giveBack(pages: number): Answer<number>
  /** whether the file was made to give pages back */
  readonly givesBack: boolean
}

/** What retention knows of its own work: one method a statement. */
export interface RetentionProgress {
  get(name: Kept): Answer<string | undefined>
  put(name: Kept, value: string | undefined): Stored
  later(level: Level, story: string, due: number, stays?: string): Stored
  /** A level need not look at it again; one that takes all rows speaks for the others. */
  settled(level: Level, story: string): Stored
  begin(story: string, level: Level): Stored
  next(): Answer<{ readonly story: string; readonly level: Level } | undefined>
  ended(story: string): Stored
}

export interface LinkRuns {
  end(station: string): Answer<RunsEnd>
  /** Joins the next links to those before. */
  add(station: string, first: number, hashes: readonly string[]): Answer<RunsEnd>
}

/** Finds stories and what is to be known of them; the same for whoever asks and for whoever prunes. */
export interface Stories {
  /** undefined where there is no such message */
  story(root: string): Answer<Story | undefined>
  /** All its messages; none where there is no such story. */
  messages(root: string): Answer<StoryMessage[]>
}
