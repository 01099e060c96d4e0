import type { LruBytes } from '../../content/lru.ts'
import type { Clock } from '../../util/clock.ts'
import type { AuditKeys } from '../audit-key.ts'
import type { Commands } from '../rules/index.ts'
import type { Ledger } from '../port.ts'
import type { Questions } from '../queries/index.ts'
import type { ThreadCaller } from '../thread.ts'
import { createAcceptance } from './acceptance.ts'
import { createDeadLetters, createDeliveries, createPaperList, createPickup } from './deliveries.ts'
import { createFeed } from './feed.ts'
import { createHops } from './hops.ts'
import { createJournal } from './journal.ts'
import { RecentMessages } from './recent-messages.ts'
import { createRetention } from './retention.ts'
import { createShown } from './shown.ts'

export interface LedgerParts {
  readonly writer: ThreadCaller<Commands>
  readonly reader: ThreadCaller<Questions>
  /** bodies kept at hand as they come */
  readonly recent: LruBytes
  readonly clock: Clock
  readonly auditKeys: AuditKeys
  /** of the volumes */
  readonly contentFolder: string
  readonly close: () => Promise<void>
}

/** The ledger's port over whatever runs its commands and answers its questions. */
export function createLedger({ writer, reader, recent, clock, close, auditKeys, contentFolder }: LedgerParts): Ledger {
  const messages = new RecentMessages()
  return {
    acceptance: createAcceptance(writer, recent, messages, clock),
    hops: createHops(writer, recent, messages, clock),
    deliveries: createDeliveries(writer, messages),
    pickup: createPickup(writer, reader),
    deadLetters: createDeadLetters(writer, reader),
    paper: createPaperList(writer, reader),
    journal: createJournal(writer, reader, auditKeys),
    shown: createShown(reader),
    feed: createFeed(writer, reader),
    retention: createRetention(writer, reader, contentFolder, clock),
    close,
  }
}
