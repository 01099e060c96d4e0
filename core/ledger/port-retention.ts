import type { RetentionPolicy } from '../config/retention.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { Message } from '../message/schema.ts'
import type { Level, Stays } from '../retention/rules.ts'

/** A story that a level takes, as it was when it was looked at. */
export interface GoingStory {
  readonly root: string
  readonly mark: string
  /** when its first message was booked, milliseconds since 1970 */
  readonly at: number
}

export interface Survey {
  /** what the level takes now */
  readonly going: readonly GoingStory[]
  /** what it looks at again, and why if it is not its age alone */
  readonly again: readonly { readonly root: string; readonly due: number; readonly stays?: Stays | undefined }[]
  /** what is not there any more */
  readonly gone: readonly string[]
  /** it has looked at everything accepted until here */
  readonly position: number
  /** nothing else has had its time */
  readonly finished: boolean
}

/** Stories that leave the ledger together, and the file that has them; no file where there is no archive. */
export interface StoryBatch {
  readonly level: Level
  readonly file: string | null
  /** of the file, `sha256:…` */
  readonly digest: string | null
  readonly stories: readonly GoingStory[]
}

/** A row as its table has it. */
export type Row = Readonly<Record<string, string | number | null>>

/** All that the ledger has of a story. */
export interface StoryRecord {
  readonly messages: readonly Message[]
  readonly documents: readonly Row[]
  readonly recipients: readonly Row[]
  readonly hops: readonly Row[]
  readonly deliveries: readonly Row[]
  readonly repairs: readonly Row[]
  /** with `previous`, the hash of the link before, so that each can be verified alone */
  readonly events: readonly Row[]
  /** messages of which there are the bytes as they came */
  readonly raws: readonly string[]
  /** bodies that are held and that the level would take */
  readonly digests: readonly string[]
}

export interface StepResult {
  readonly rows: number
  /** of bodies and submissions */
  readonly bytes: number
  /** there is more to do */
  readonly left: boolean
  readonly events?: readonly YizhanEvent[]
}

export interface Storage {
  /** the ledger's file, and of it what is free within */
  readonly ledgerBytes: number
  readonly freeBytes: number
  /** files of volumes, and of these what rows still name */
  readonly volumes: number
  readonly volumeBytes: number
  readonly liveBytes: number
}

export interface RetentionState {
  readonly storage: Storage
  /** by level, everything accepted until then has been looked at; absent: nothing yet */
  readonly reached: Readonly<Partial<Record<Level, number>>>
  /** by level, what stays although its time has come, by why */
  readonly stays: Readonly<Record<string, Readonly<Partial<Record<Stays, number>>>>>
  /** stories that are being taken away now */
  readonly underWay: number
  /** links of the audit chain whose detail may be gone */
  readonly prunedLinks: number
}

/**
 * Takes away what is finished, by small steps beside everything else; each is durable when it resolves, and none needs
 * to be the last. Which order is safe: {@link survey}, the archive's file, {@link intend}, {@link begin}, {@link step}
 * until nothing is left.
 */
export interface Pruning {
  /** looks only; at most so many stories */
  survey(request: {
    readonly level: Level
    readonly policy: RetentionPolicy
    readonly now: number
    readonly max: number
    /** looks on from here, as if all before were booked (a dry run) */
    readonly from?: number
  }): Promise<Survey>
  record(request: { readonly root: string; readonly level: Level }): Promise<StoryRecord>
  /** books how far a level has looked, and what goes next */
  intend(request: {
    readonly level: Level
    readonly survey: Survey
    readonly batch: StoryBatch | undefined
  }): Promise<void>
  /** what was intended and has not begun: after a kill */
  intended(): Promise<StoryBatch | undefined>
  /**
   * From here on the stories of the batch are no longer there, for anybody; but those to which something has happened
   * since stay, and are looked at again.
   *
   * @param keep false: the batch's file is not there; all of it stays
   */
  begin(request: { readonly policy: RetentionPolicy; readonly now: number; readonly keep: boolean }): Promise<{
    readonly begun: number
    readonly stayed: number
    readonly events: readonly YizhanEvent[]
  }>
  /** takes away at most about so many rows of what has begun */
  step(request: { readonly now: number; readonly max: number }): Promise<StepResult>
  /** looks which bodies the next messages name; what nobody names is known only when nothing is left */
  indexBodies(request: { readonly max: number }): Promise<StepResult>
  /** takes away bodies that nobody has named since */
  reapBodies(request: { readonly unusedSince: number; readonly max: number }): Promise<StepResult>
  /** keys of submissions that are older, where what they stand for is gone; finds nothing left after a whole round */
  pruneKeys(request: { readonly before: number; readonly max: number }): Promise<StepResult>
  /** keeps the hashes of the next links that are older, and takes away the detail of what is not there any more */
  pruneLinks(request: { readonly before: number; readonly now: number; readonly max: number }): Promise<StepResult>
  /** gives pages that are free back to the disk */
  giveBack(request: { readonly pages: number }): Promise<StepResult>
  /** volumes of which less than this part is named, 0 to 1, and something is */
  poorVolumes(below: number): Promise<readonly number[]>
  /** moves what is named of a volume elsewhere; at most about so many bytes */
  emptyVolume(request: { readonly volume: number; readonly bytes: number }): Promise<StepResult>
  /** volumes that nobody names; readers may still be at them */
  emptyVolumes(): Promise<readonly number[]>
  /** removes those of these that nobody names */
  dropVolumes(volumes: readonly number[]): Promise<StepResult>
  state(): Promise<RetentionState>
}
