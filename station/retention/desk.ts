import type { AuditKeys } from '../../core/ledger/audit-key.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { masked, maskedToo } from '../masking.ts'
import type { ContentReader, Whereabouts } from '../operations.ts'
import { Archive, type ArchiveVerification, type FoundStory } from './archive.ts'
import { RetentionRunner, type RetentionParts, type RetentionReport, type RetentionRound } from './runner.ts'

export interface RetentionDeskParts extends RetentionParts {
  readonly auditKeys: AuditKeys
  /** what people call a system or unit */
  readonly nameOf: (id: string) => string | undefined
}

/** What operators ask of retention and its archive. Who reads the whole of something, or a petition, is booked. */
export class RetentionDesk {
  readonly #parts: RetentionDeskParts
  readonly #retention: RetentionRunner

  constructor(parts: RetentionDeskParts) {
    this.#parts = parts
    this.#retention = new RetentionRunner(parts)
  }

  start(): void {
    this.#retention.start()
  }

  close(): Promise<void> {
    return this.#retention.close()
  }

  report(): Promise<RetentionReport> {
    return this.#retention.report()
  }

  run(): Promise<RetentionRound> {
    return this.#retention.run()
  }

  get last(): RetentionReport['last'] {
    return this.#retention.last
  }

  /** What a text names loosely, with nothing but what its index has. */
  async find(text: string, max: number): Promise<readonly FoundStory[]> {
    const found = await this.#archive().find({ text, max })
    return found.map((story) =>
      story.kind === 'petition'
        ? { ...story, number: undefined, externalId: undefined, title: undefined, units: [] }
        : maskedToo(story),
    )
  }

  /** What the ledger does not have any more. None where there is no archive. */
  async where({ text, actor, whole }: ContentReader & { readonly text: string }): Promise<readonly Whereabouts[]> {
    const folder = this.#parts.config().retention?.archive
    if (folder === undefined) return []
    const archive = new Archive(folder)
    const found = await archive.find({ text, max: 20, loosely: false })
    const all: Whereabouts[] = []
    for (const story of found) {
      const shown = await archive.show(story)
      const { message } = shown
      if (whole) this.#read(actor, message)
      all.push(whole ? this.#named(shown) : maskedArchived(this.#named(shown)))
    }
    return all
  }

  verify(): Promise<ArchiveVerification> {
    return this.#archive().verify(this.#parts.auditKeys.current)
  }

  #archive(): Archive {
    const folder = this.#parts.config().retention?.archive
    if (folder === undefined) throw new YizhanError('RETENTION_OFF', { field: 'retention.archive' })
    return new Archive(folder)
  }

  #named(found: Whereabouts): Whereabouts {
    const ids = new Set(found.timeline.flatMap(({ unit, system }) => [unit, system].filter((id) => id !== undefined)))
    return { ...found, names: Object.fromEntries([...ids].map((id) => [id, this.#parts.nameOf(id) ?? id])) }
  }

  #read(actor: string, { id, trace, kind }: Whereabouts['message']): void {
    const { clock, sink } = this.#parts
    sink.emit({ code: 'content.read', at: clock.now(), actor, detail: 'where (archive)', message: id, trace, kind })
  }
}

function maskedArchived({ message, status, timeline, names, archived }: Whereabouts): Whereabouts {
  return { message: masked(message), status: maskedToo(status), timeline: maskedToo(timeline), names, archived }
}
