import { hash } from 'node:crypto'
import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../core/delivery/port.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import type { ArchiveBatchMessage, DocumentMessage } from '../../core/message/schema.ts'
import { failpoint, type Failpoint } from '../../core/util/failpoint.ts'
import { buildBatch, type ArchiveItem, type Batch } from './batch.ts'
import { classOf, seriesOf } from './batch/classify.ts'
import { corrected } from './corrections.ts'
import type { Register } from './register.ts'
import { settingsOf, type ArchiveSettings } from './settings.ts'
import { withSftp, type RemoteFiles } from './sftp.ts'
import { probeBatch, uploadBatch, type UploadStep } from './upload.ts'

const FAILPOINTS: Readonly<Partial<Record<UploadStep, Failpoint>>> = {
  uploading: 'archive.uploading',
  uploaded: 'archive.uploaded',
  renamed: 'archive.renamed',
  marked: 'archive.marked',
}

type Corrections = ArchiveBatchMessage['batch']['corrections']

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
    const { batch, corrections } = await this.#build(outbound)
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
      throw steps.has('renamed') ? thrown : withoutDoubt(thrown)
    }
    return taken(batch)
  }

  async probe(outbound: Outbound, signal: AbortSignal): Promise<{ readonly taken: boolean } & Taken> {
    const { batch } = await this.#build(outbound)
    const isThere = await this.#on(signal, (files) => probeBatch(files, batch, this.#settings.config.folders))
    return isThere ? { taken: true, ...taken(batch) } : { taken: false }
  }

  /** A connection ends with its call. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  /** The same at every attempt: its numbers stand in the register, and no clock is asked. */
  async #build({ id, message }: Outbound): Promise<{ readonly batch: Batch; readonly corrections: Corrections }> {
    if (message.kind !== 'archive-batch')
      throw new YizhanError('FIELD_INVALID', { field: 'kind', value: message.kind, rule: 'archive-batch' })
    const { config, profile } = this.#settings
    const { classification, sender } = config
    const items = await this.#items(message)
    const { date, corrections } = message.batch
    const build = async (numbers: readonly number[]): Promise<Batch> => {
      const numbered = items.map((item, at): ArchiveItem => ({ ...item, itemNumber: numbers[at] ?? 0 }))
      return buildBatch(
        { id: batchId(id, date), date, items: numbered },
        { classification, sender },
        await profile(),
        (digest) => this.#house.content.read(digest),
      )
    }
    const counted = items.map((item) => ({
      series: seriesOf(classOf(item.message, classification)),
      document: item.message.id,
    }))
    // What cannot be built must use up no numbers, which the bureau would miss.
    if (!(await this.#register.knows(counted))) await build(items.map((_, at) => at + 1))
    const batch = await build(await this.#register.numbers(counted))
    return { batch, corrections }
  }

  async #items({ batch }: ArchiveBatchMessage): Promise<Omit<ArchiveItem, 'itemNumber'>[]> {
    const items = []
    for (const id of new Set(batch.documents))
      items.push(corrected(await this.#document(id), batch.corrections?.[id] ?? {}))
    return items
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

/** 批次号: names the batch's folder and its marker. The same at every attempt; a corrected batch is another delivery. */
function batchId(delivery: string, date: string): string {
  return `${date.replaceAll('-', '')}-${hash('sha256', delivery, 'hex').slice(0, 12)}`
}

function taken(batch: Batch): Taken {
  return { remoteId: batch.id, awaits: true }
}

/** Before the marker there is nothing that the bureau could have taken. */
function withoutDoubt(thrown: unknown): YizhanError {
  const error = asYizhanError(thrown)
  return error.inDoubt ? new YizhanError(error.code, error.facts, { cause: error, retryable: true }) : error
}
