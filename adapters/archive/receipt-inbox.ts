import type { Round } from '../../core/adapter/polling.ts'
import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { ArchiveReceiptMessage, Message } from '../../core/message/schema.ts'
import { messageOfReceipt, verdictOf } from './receipt-message.ts'
import { ReceiptPoll, type FoundReceipt } from './receipts.ts'
import type { Register, SentBatch } from './register.ts'
import { settingsOf, type ArchiveSettings } from './settings.ts'
import { withSftp } from '../kit/sftp/open.ts'

/** Deliveries that await an answer, a page */
const PAGE = 500

interface Bureau {
  readonly config: string
  readonly settings: ArchiveSettings
  readonly poll: ReceiptPoll
}

/** Fetches the bureaus' receipts and hands each to the house as the answer to its batch. */
export class ReceiptInbox {
  readonly #house: House
  readonly #registerOf: (system: string) => Register
  readonly #bureaus = new Map<string, Bureau>()
  /** receipts of batches whose delivery is not booked yet, by digest: since when */
  readonly #early = new Map<string, number>()

  constructor(house: House, registerOf: (system: string) => Register) {
    this.#house = house
    this.#registerOf = registerOf
  }

  /** One look at one bureau's folder. Rejects when the server cannot be asked. */
  readonly round: Round = async (system, signal) => {
    const { settings, poll } = await this.#bureau(system)
    const { setAside } = await withSftp(system.id, settings.config.server, settings.secrets(), signal, (files) =>
      poll.round(files),
    )
    const at = this.#house.clock.now()
    for (const { name, error } of setAside)
      this.#house.emit.emit({
        code: 'archive.receipt-set-aside',
        at,
        system: system.id,
        error: error.code,
        detail: `${name}: ${error.message}`,
      })
    return 'good'
  }

  /** What it remembers of the folder lives as long as the configuration. */
  async #bureau(system: SystemConfig): Promise<Bureau> {
    const config = JSON.stringify(system)
    const known = this.#bureaus.get(system.id)
    if (known?.config === config) return known
    const settings = settingsOf(this.#house, system)
    const { folders, receipts } = settings.config
    const { receipt: names } = (await settings.profile()).settings
    const poll = new ReceiptPoll({ folders, poll: receipts, names, clock: this.#house.clock }, (found) =>
      this.#take(system, settings, found),
    )
    const bureau = { config, settings, poll }
    this.#bureaus.set(system.id, bureau)
    return bureau
  }

  async #take(system: SystemConfig, settings: ArchiveSettings, found: FoundReceipt): Promise<void> {
    const { receipt, digest } = found
    const register = this.#registerOf(system.id)
    const awaited = await this.#awaited(system.id, receipt.batch)
    // The register knows what was in it; without that, an operator who lost it still gets the answer.
    const sent =
      (await register.sent(receipt.batch)) ??
      (awaited && { batch: receipt.batch, delivery: awaited.row, message: awaited.document, items: [] })
    if (sent === undefined)
      throw new YizhanError('ARCHIVE_RECEIPT', {
        field: '批次号',
        rule: '须为我方移交的批次 / a batch of ours',
        detail: receipt.batch,
      })
    if (awaited === undefined && !(await register.isReceived(receipt.batch)))
      this.#waitForBooking(sent, digest, settings.config.receipts.settleMs)
    const batch = await this.#batchMessage(sent)
    const message = messageOfReceipt({
      station: this.#house.city().station.name,
      now: this.#house.clock.now(),
      system,
      batch,
      sent,
      found,
    })
    const key = `archive-receipt:${receipt.batch}:${digest}`
    const verdict = verdictOf(message)
    const first = await register.received({ batch: receipt.batch, digest, verdict })
    if (first.digest === digest) await this.#house.door.take(message, { key, answers: sent.delivery })
    else if (first.verdict !== verdict) await this.#contradiction(found, message, key, first.verdict, verdict)
    this.#early.delete(digest)
  }

  /** It waits for a person as a dead letter, and its file stands among the bad ones. */
  async #contradiction(
    { name }: FoundReceipt,
    message: ArchiveReceiptMessage,
    key: string,
    first: string,
    second: string,
  ): Promise<never> {
    const { batch } = message.archiveReceipt
    const error = new YizhanError('ARCHIVE_CONTRADICTION', { field: batch, value: second, rule: first, detail: name })
    await this.#house.door.take(message, {
      key,
      dead: { code: error.code, message: `${error.zh} / ${error.en}` },
    })
    throw error
  }

  /** The delivery of a batch, as long as it has no answer. */
  async #awaited(
    system: string,
    batch: string,
  ): Promise<{ readonly row: string; readonly document: string } | undefined> {
    for (let after: string | undefined; ;) {
      const rows = await this.#house.ledger.journal.unsigned({
        system,
        max: PAGE,
        ...(after === undefined ? {} : { after }),
      })
      const found = rows.find(({ remoteId }) => remoteId === batch)
      if (found !== undefined || rows.length < PAGE) return found
      after = rows.at(-1)?.row
    }
  }

  /**
   * The bureau may be quicker than our booking: then the receipt waits for the next round, or the delivery would be
   * booked as unanswered afterwards. Not for ever: one that was answered before is not among those that wait either.
   */
  #waitForBooking({ delivery }: SentBatch, digest: string, settleMs: number): void {
    const now = this.#house.clock.now()
    const since = this.#early.get(digest) ?? now
    this.#early.set(digest, since)
    if (now - since < settleMs)
      throw new YizhanError(
        'ARCHIVE_RECEIPT',
        { field: '批次号', rule: '投递尚未登记 / its delivery is not booked yet', detail: delivery },
        { retryable: true },
      )
  }

  async #batchMessage({ message }: SentBatch): Promise<Extract<Message, { kind: 'archive-batch' }>> {
    const batch = await this.#house.ledger.journal.message(message)
    if (batch?.kind !== 'archive-batch') throw new YizhanError('NOT_FOUND', { field: '归档批次 batch', value: message })
    return batch
  }
}
