import { VolumeWriter } from '../content/volumes.ts'
import { AuditChain } from './audit.ts'
import type { AuditKey } from './audit-key.ts'
import type { Sqlite } from './database.ts'
import { Lanes } from './lanes.ts'
import { Acceptances } from './store/acceptances.ts'
import { Contents } from './store/contents.ts'
import { DeliveryStore } from './store/deliveries.ts'
import { Documents } from './store/documents.ts'
import { Doubtful } from './store/doubtful.ts'
import { BodyUses } from './store/body-uses.ts'
import { FeedStore } from './store/feed.ts'
import { HopStore } from './store/hops.ts'
import { LiveVolumes } from './store/live-volumes.ts'
import { Messages } from './store/messages.ts'
import { PrunedRows } from './store/pruned-rows.ts'
import { Releases } from './store/releases.ts'
import { Repairs } from './store/repairs.ts'
import { RetentionStore } from './store/retention.ts'
import { Subscriptions } from './store/subscriptions.ts'
import { PrunedLinks } from './pruned-links.ts'
import { Stories } from './stories.ts'
import { lastVolume } from './volume-index.ts'
import type { Witness } from './witness.ts'

/** How hops are tried again. */
export interface HopRules {
  readonly maxAttempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

export interface BooksOptions {
  readonly station: string
  readonly hop: HopRules
  /** of the audit chain's new links */
  readonly auditKey?: AuditKey | undefined
  /** folder of the volumes */
  readonly contentFolder: string
  readonly maxVolumeBytes: number | undefined
  /** checks each given body against its digest */
  readonly verifyBodies: boolean
}

/**
 * Everything that commands work on: the tables, the chain, the volumes. Lives in the worker, within its transactions.
 */
export class Books {
  readonly station: string
  readonly hopRules: HopRules
  readonly chain: AuditChain
  readonly messages: Messages
  readonly acceptances: Acceptances
  readonly documents: Documents
  readonly subscriptions: Subscriptions
  readonly hops: HopStore
  readonly deliveries: DeliveryStore
  readonly lanes: Lanes
  readonly contents: Contents
  readonly releases: Releases
  readonly repairs: Repairs
  readonly feed: FeedStore
  readonly doubtful: Doubtful
  /** what takes away what is finished */
  readonly pruning: {
    readonly store: RetentionStore
    readonly stories: Stories
    readonly rows: PrunedRows
    readonly uses: BodyUses
    readonly links: PrunedLinks
    readonly volumes: LiveVolumes
  }

  readonly #witnesses: readonly Witness[]
  #witnessed = -1

  /** @param witnesses see the end of the chain after every commit */
  constructor(db: Sqlite, options: BooksOptions, witnesses: readonly Witness[] = []) {
    this.#witnesses = witnesses
    this.station = options.station
    this.hopRules = options.hop
    this.chain = new AuditChain(db, options.station, options.auditKey)
    this.doubtful = new Doubtful(db)
    this.messages = new Messages(db, this.doubtful)
    this.acceptances = new Acceptances(db)
    this.documents = new Documents(db)
    this.subscriptions = new Subscriptions(db)
    this.hops = new HopStore(db)
    this.deliveries = new DeliveryStore(db)
    this.lanes = new Lanes(this.deliveries, this.messages)
    this.releases = new Releases(db)
    this.repairs = new Repairs(db)
    this.feed = new FeedStore(db)
    const volumes = new VolumeWriter(options.contentFolder, options.maxVolumeBytes, undefined, lastVolume(db))
    this.contents = new Contents(db, volumes, options.verifyBodies)
    this.pruning = {
      store: new RetentionStore(db),
      stories: new Stories(db),
      rows: new PrunedRows(db),
      uses: new BodyUses(db),
      links: new PrunedLinks(db),
      volumes: new LiveVolumes(db, options.contentFolder, volumes),
    }
  }

  /** At the start: whoever had claims on this ledger is gone, as only one process can have it open. */
  takeOver(): void {
    this.hops.endLeases()
    this.deliveries.endLeases()
  }

  /** Right before a commit: bodies are durable before the rows that name them. */
  seal(): void {
    this.chain.seal()
    this.contents.sync()
  }

  committed(): void {
    this.contents.committed()
    this.#witness()
  }

  /** After a rollback: memory follows the database. */
  reload(): void {
    this.chain.reload()
    this.messages.forget()
    this.doubtful.reload()
    this.subscriptions.reload()
  }

  close(): void {
    this.contents.close()
    for (const witness of this.#witnesses) witness.close()
  }

  /** What is committed is seen by its witnesses, also where no link came since the start. */
  #witness(): void {
    const { end } = this.chain
    if (end.links === this.#witnessed) return
    for (const witness of this.#witnesses) witness.write(end)
    this.#witnessed = end.links
  }
}
