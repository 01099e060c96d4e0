import { hash } from 'node:crypto'
import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../core/delivery/port.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { ArchiveBatchMessage, DocumentMessage } from '../../core/message/schema.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import { buildBatch, type ArchiveItem, type Batch } from './batch.ts'
import { classOf, seriesOf } from './batch/classify.ts'
import { examine, problemText } from './batch/examine.ts'
import { corrected } from './corrections.ts'
import type { Register } from './register.ts'
import { settingsOf, type ArchiveSettings } from './settings.ts'
import { withoutDoubt } from '../kit/doubt.ts'
import type { RemoteFiles } from '../kit/remote/port.ts'
import { withSftp } from '../kit/sftp/open.ts'
import { probeBatch, uploadBatch, type UploadStep } from './upload.ts'

const FAILPOINTS: Readonly<Partial<Record<UploadStep, string>>> = {
  uploading: 'archive.uploading',
  uploaded: 'archive.uploaded',
  renamed: 'archive.renamed',
  marked: 'archive.marked',
}

/** Of the reasons of one document, as the canonical message has them. */
const LONGEST = 2_000

/** A document that cannot be sent as it is. */
interface Aside {
  readonly document: string
  /** in the batch that was asked for, from 1 */
  readonly place: number
  readonly problems: readonly YizhanError[]
}

interface Built {
  readonly id: string
  readonly batch: Batch | undefined
  readonly aside: readonly Aside[]
}

function batchOf({ message }: Outbound): ArchiveBatchMessage['batch'] {
  if (message.kind !== 'archive-batch')
    throw new YizhanError('FIELD_INVALID', { field: 'kind', value: message.kind, rule: 'archive-batch' })
  return message.batch
}

/** Brings batches to one bureau; what it made of them comes later, as a receipt. */
export class ArchiveSender implements Sender {
  readonly #house: House
  readonly #settings: ArchiveSettings
  readonly #register: Register

  constructor(house: House, system: SystemConfig, register: Register) {
    this.#house = house
    this.#settings = settingsOf(house, system)
    this.#register = register
  }

  async send(outbound: Outbound, signal: AbortSignal): Promise<Taken> {
    const { batch, aside, id } = await this.#build(outbound)
    if (aside.length > 0) await this.#setAside(outbound, id, aside)
    if (batch === undefined)
      throw new YizhanError('ARCHIVE_ASIDE', {
        field: id,
        value: String(aside.length),
        detail: problemText(aside.flatMap(({ problems }) => problems)),
      })
    const { corrections } = batchOf(outbound)
    await this.#register.send({
      batch: batch.id,
      delivery: outbound.id,
      message: outbound.message.id,
      items: batch.items.map(({ message, archiveNumber }) => [message, archiveNumber]),
      ...(corrections === undefined ? {} : { corrections }),
    })
    const { folders, upload } = this.#settings.config
    const steps = new Set<UploadStep>()
    const step = (done: UploadStep): void => {
      steps.add(done)
      const point = FAILPOINTS[done]
      if (point !== undefined) failpoint(point)
    }
    try {
      await this.#on(signal, (files) => uploadBatch(files, batch, { folders, resume: upload.resume, step }))
    } catch (thrown) {
      throw steps.has('renamed') ? thrown : withoutDoubt(asYizhanError(thrown))
    }
    return taken(batch)
  }

  async probe(outbound: Outbound, signal: AbortSignal): Promise<{ readonly taken: boolean } & Taken> {
    const { batch } = await this.#build(outbound)
    if (batch === undefined) return { taken: false }
    const isThere = await this.#on(signal, (files) => probeBatch(files, batch, this.#settings.config.folders))
    return isThere ? { taken: true, ...taken(batch) } : { taken: false }
  }

  /** A connection ends with its call. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  /**
   * The sound documents as a batch (none: there is none), and the others with all that is wrong with them. The same at
   * every attempt: its numbers stand in the register, and no clock is asked.
   */
  async #build(outbound: Outbound): Promise<Built> {
    const { config } = this.#settings
    const { classification, sender } = config
    const profile = await this.#settings.profile()
    const { date, documents, corrections } = batchOf(outbound)
    const id = batchId(outbound.id, date)
    const aside: Aside[] = []
    const sound: Omit<ArchiveItem, 'itemNumber'>[] = []
    for (const [at, document] of [...new Set(documents)].entries()) {
      const found = await this.#item(document, corrections?.[document] ?? {})
      const problems = found instanceof YizhanError ? [found] : await examine(found, config, profile)
      if (found instanceof YizhanError || problems.length > 0) aside.push({ document, place: at + 1, problems })
      else sound.push(found)
    }
    if (sound.length === 0) return { id, batch: undefined, aside }
    // What cannot be sent uses up no numbers, which the bureau would miss.
    const numbers = await this.#register.numbers(
      sound.map(({ message }) => ({ series: seriesOf(classOf(message, classification)), document: message.id })),
    )
    const items = sound.map((item, at): ArchiveItem => ({ ...item, itemNumber: numbers[at] ?? 0 }))
    const batch = await buildBatch({ id, date, items }, { classification, sender }, profile, (digest) =>
      this.#house.content.read(digest),
    )
    return { id, batch, aside }
  }

  /**
   * What was set aside comes to the flows as a receipt of our own, once: then it is corrected and sent like what a
   * bureau refused.
   */
  async #setAside({ message: batch }: Outbound, id: string, aside: readonly Aside[]): Promise<void> {
    const now = this.#house.clock.now()
    const documents = aside.map(({ document }) => document)
    const name = `${id}-aside`
    const corrections = batch.kind === 'archive-batch' ? batch.batch.corrections : undefined
    const { repeated } = await this.#house.door.take(
      {
        schema: 'archive-receipt/1',
        kind: 'archive-receipt',
        id: newMessageId(this.#house.city().station.name, now),
        trace: batch.trace,
        parent: batch.id,
        number: batch.number,
        from: { name: this.#settings.config.sender },
        recipients: [],
        urgency: 'ordinary',
        acceptedAt: new Date(now).toISOString(),
        origin: { system: this.#settings.system, externalId: name },
        mustNotReach: batch.mustNotReach,
        files: [],
        about: { id: batch.id, number: batch.number, title: `归档批次 ${id} 另列的件` },
        archiveReceipt: {
          batch: name,
          accepted: false,
          setAside: true,
          refused: aside.map(({ document, place, problems }) => ({
            sequence: place,
            document,
            reason: problemText(problems).slice(0, LONGEST),
          })),
          documents,
          ...(corrections === undefined ? {} : { corrections }),
          at: new Date(now).toISOString(),
        },
      },
      { key: `archive-aside:${id}:${hash('sha256', JSON.stringify(documents), 'hex')}`, content: documents },
    )
    if (repeated) return
    this.#house.emit.emit({
      code: 'archive.set-aside',
      at: now,
      system: this.#settings.system,
      message: batch.id,
      trace: batch.trace,
      detail:
        `${name}: ${aside.map(({ document, problems }) => `${document} ${problemText(problems)}`).join('；')}`.slice(
          0,
          LONGEST,
        ),
    })
  }

  /** A document as it shall be sent, or why there is none. */
  async #item(
    id: string,
    corrections: Readonly<Record<string, string>>,
  ): Promise<Omit<ArchiveItem, 'itemNumber'> | YizhanError> {
    try {
      return corrected(await this.#document(id), corrections)
    } catch (thrown) {
      if (thrown instanceof YizhanError && !thrown.retryable) return thrown
      throw thrown
    }
  }

  async #document(id: string): Promise<DocumentMessage> {
    const message = await this.#house.ledger.journal.message(id)
    if (message === undefined) throw new YizhanError('NOT_FOUND', { field: 'batch.documents', value: id })
    if (message.kind !== 'document')
      throw new YizhanError('FIELD_INVALID', {
        field: 'batch.documents',
        value: `${id} ${message.kind}`,
        rule: 'document',
      })
    return message
  }

  #on<T>(signal: AbortSignal, work: (files: RemoteFiles) => Promise<T>): Promise<T> {
    const { system, config, secrets } = this.#settings
    return withSftp(system, config.server, secrets(), signal, work)
  }
}

/**
 * 批次号: names the batch's folder and its marker. The same at every attempt; a corrected batch is another delivery.
 */
function batchId(delivery: string, date: string): string {
  return `${date.replaceAll('-', '')}-${hash('sha256', delivery, 'hex').slice(0, 12)}`
}

function taken(batch: Batch): Taken {
  return { remoteId: batch.id, awaits: true }
}
