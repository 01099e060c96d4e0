import type { YizhanEvent } from '../../events/event.ts'
import type { Lanes } from './lanes.ts'
import type { BodyUses, LinkRuns, LiveVolumes, PrunedRows, RetentionProgress, Stories } from './pruning.ts'
import type {
  Acceptances,
  Bodies,
  DeliveryRows,
  Documents,
  Doubtful,
  FeedProgress,
  HopRows,
  Messages,
  Releases,
  Repairs,
  RestoredRows,
  Subscriptions,
} from './stores.ts'
import type { Turn } from './turn.ts'

/** How hops are tried again. */
export interface HopRules {
  readonly maxAttempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

/** The station's audit chain. */
export interface Chain {
  /** Books an event: returned to the caller, and chained if the catalogue says so. */
  book(turn: Turn, event: YizhanEvent): void
  /** The same without an answer. */
  chain(event: YizhanEvent): void
  /** New links are written at the end of a group, or now. */
  write(): Promise<void>
}

/** Everything that the rules work on, within one transaction. */
export interface Books {
  readonly station: string
  readonly hopRules: HopRules
  readonly chain: Chain
  readonly messages: Messages
  readonly acceptances: Acceptances
  readonly documents: Documents
  readonly subscriptions: Subscriptions
  readonly hops: HopRows
  readonly deliveries: DeliveryRows
  readonly lanes: Lanes
  readonly contents: Bodies
  readonly releases: Releases
  readonly repairs: Repairs
  readonly feed: FeedProgress
  readonly doubtful: Doubtful
  readonly restored: RestoredRows
  /** what takes away what is finished */
  readonly pruning: {
    readonly store: RetentionProgress
    readonly stories: Stories
    readonly rows: PrunedRows
    readonly uses: BodyUses
    readonly links: LinkRuns
    readonly volumes: LiveVolumes
  }
}
