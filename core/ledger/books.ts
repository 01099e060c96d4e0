import type { VolumeWriter } from '../content/volumes.ts'
import { AuditChain } from './store/audit-chain.ts'
import type { AuditKey } from './audit-key.ts'
import { Lanes } from './rules/lanes.ts'
import { AcceptanceStore } from './store/acceptances.ts'
import { BodyStore } from './store/contents.ts'
import { DeliveryStore } from './store/deliveries.ts'
import { DocumentStore } from './store/documents.ts'
import { DoubtfulStore } from './store/doubtful.ts'
import { BodyUseStore } from './store/body-uses.ts'
import { FeedStore } from './store/feed.ts'
import { HopStore } from './store/hops.ts'
import { LiveVolumeStore, NO_VOLUMES } from './store/live-volumes.ts'
import { MessageStore } from './store/messages.ts'
import { PrunedRowStore } from './store/pruned-rows.ts'
import { ReleaseStore } from './store/releases.ts'
import { RepairStore } from './store/repairs.ts'
import { RetentionStore } from './store/retention.ts'
import { SubscriptionStore } from './store/subscriptions.ts'
import { LinkRunStore } from './store/pruned-links.ts'
import { StoryStore } from './store/stories.ts'
import type { Books, HopRules } from './rules/books.ts'
import type { LiveVolumes } from './rules/pruning.ts'
import type { Database } from './statement.ts'
import { RestoredStore } from './store/restored-rows.ts'
import type { Witness } from './witness.ts'

export interface BooksOptions {
  readonly station: string
  readonly hop: HopRules
  /** of the audit chain's new links */
  readonly auditKey?: AuditKey | undefined
  /** folder of the volumes */
  readonly contentFolder: string
  /** checks each given body against its digest */
  readonly verifyBodies: boolean
}

/**
 * Everything that the rules work on: the tables, the chain, the volumes. Lives in the worker, within its transactions.
 */
export class LedgerBooks implements Books {
  readonly station: string
  readonly hopRules: HopRules
  readonly chain: AuditChain
  readonly messages: MessageStore
  readonly acceptances: AcceptanceStore
  readonly documents: DocumentStore
  readonly subscriptions: SubscriptionStore
  readonly hops: HopStore
  readonly deliveries: DeliveryStore
  readonly lanes: Lanes
  readonly contents: BodyStore
  readonly releases: ReleaseStore
  readonly repairs: RepairStore
  readonly feed: FeedStore
  readonly doubtful: DoubtfulStore
  readonly restored: RestoredStore
  /** what takes away what is finished */
  readonly pruning: {
    readonly store: RetentionStore
    readonly stories: StoryStore
    readonly rows: PrunedRowStore
    readonly uses: BodyUseStore
    readonly links: LinkRunStore
    readonly volumes: LiveVolumes
  }

  readonly #witnesses: readonly Witness[]
  #witnessed = -1

  private constructor(
    db: Database,
    options: BooksOptions,
    volumes: VolumeWriter | undefined,
    witnesses: readonly Witness[],
  ) {
    this.#witnesses = witnesses
    this.station = options.station
    this.hopRules = options.hop
    this.chain = new AuditChain(db, options.station, options.auditKey)
    this.doubtful = new DoubtfulStore(db)
    this.messages = new MessageStore(db, this.doubtful)
    this.acceptances = new AcceptanceStore(db)
    this.documents = new DocumentStore(db)
    this.subscriptions = new SubscriptionStore(db)
    this.hops = new HopStore(db)
    this.deliveries = new DeliveryStore(db)
    this.lanes = new Lanes(this)
    this.releases = new ReleaseStore(db)
    this.repairs = new RepairStore(db)
    this.feed = new FeedStore(db)
    this.restored = new RestoredStore(db)
    this.contents = new BodyStore(db, volumes, options.verifyBodies)
    this.pruning = {
      store: new RetentionStore(db),
      stories: new StoryStore(db),
      rows: new PrunedRowStore(db),
      uses: new BodyUseStore(db),
      links: new LinkRunStore(db),
      volumes: volumes === undefined ? NO_VOLUMES : new LiveVolumeStore(db, options.contentFolder, volumes),
    }
  }

  /**
   * @param volumes take the large bodies; undefined: all stand in their rows
   * @param witnesses see the end of the chain after every commit
   */
  static async open(
    db: Database,
    options: BooksOptions,
    volumes: VolumeWriter | undefined,
    witnesses: readonly Witness[] = [],
  ): Promise<LedgerBooks> {
    const books = new LedgerBooks(db, options, volumes, witnesses)
    await books.reload()
    return books
  }

  /** At the start: whoever had claims on this ledger is gone, as only one process can have it open. */
  async takeOver(): Promise<void> {
    await this.hops.endLeases()
    await this.deliveries.endLeases()
  }

  /** Right before a commit: bodies are durable before the rows that name them. */
  async seal(): Promise<void> {
    await this.chain.seal()
    this.contents.sync()
  }

  committed(): void {
    this.contents.committed()
    this.#witness()
  }

  /** After a rollback: memory follows the database. */
  async reload(): Promise<void> {
    await this.chain.reload()
    this.messages.forget()
    await this.doubtful.reload()
    await this.subscriptions.reload()
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
