import type { DocumentFieldName } from '../../../core/message/document-fields.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'

/** One document to be archived (件). */
export interface ArchiveItem {
  readonly message: DocumentMessage
  /**
   * 件号 within fonds, year, retention and office, 1–9999: the caller's count, the same whenever the batch is built
   * again
   */
  readonly itemNumber: number
  /** 页数 */
  readonly pages?: number | undefined
  /** 盒号 */
  readonly boxNumber?: string | undefined
  /** 备注 */
  readonly remark?: string | undefined
}

export interface BatchInput {
  /** 批次号: ASCII letters, digits, `_`, `-`, up to 64. Names folder and marker; a corrected batch needs another */
  readonly id: string
  /** 移交日期, YYYY-MM-DD */
  readonly date: string
  /** in any order: they are sorted by archive number */
  readonly items: readonly ArchiveItem[]
}

/** The bytes of a file by its digest (`sha256:…`), as ContentStore.read. */
export type ReadBody = (digest: string) => Promise<Buffer>

/** One file of a batch. */
export interface BatchFile {
  /** below the batch's folder, `/` between the steps */
  readonly path: string
  /** bytes */
  readonly size: number
  /** SHA-256, 64 lower-case hex digits */
  readonly sha256: string
  /** rejects with ARCHIVE_FILE if the bytes are not those of size and digest */
  read(): Promise<Buffer>
}

/** What became of a document in the batch: receipts speak of it by these. */
export interface BatchItem {
  /** 顺序号, from 1 */
  readonly sequence: number
  /** 档号 */
  readonly archiveNumber: string
  /** our id of the document */
  readonly message: string
  /** its files' paths in the batch */
  readonly paths: readonly string[]
}

/** A batch as it shall stand on the bureau's server. The same input and profile give the same names and bytes. */
export interface Batch {
  readonly id: string
  readonly items: readonly BatchItem[]
  /** everything but the marker: manifest first, then readme, catalogues and documents */
  readonly files: readonly BatchFile[]
  /** content of `<id>.ok`, ASCII: batch, count, bytes and the manifest's SHA-256 */
  readonly marker: Buffer
}

/** What a profile's sources read: one document of the batch. */
export interface CatalogueRecord {
  readonly batch: string
  readonly sequence: number
  readonly archiveNumber: string
  readonly fonds: { readonly code: string; readonly name: string }
  readonly category: string
  readonly year: number
  readonly retention: string
  readonly office?: string | undefined
  /** four digits */
  readonly itemNumber: string
  readonly title: string
  /** 责任者: the issuing unit's name; of a joint document all of them, the lead first: `join` stands between them */
  readonly responsible: string | readonly string[]
  /** 发文字号 */
  readonly number?: string | undefined
  /** 成文日期, YYYY-MM-DD */
  readonly date?: string | undefined
  readonly documentType?: string | undefined
  readonly securityClass?: string | undefined
  readonly urgency: string
  readonly pages?: number | undefined
  readonly boxNumber?: string | undefined
  readonly remark?: string | undefined
  /** the folder of its files, and their paths, both from the batch's folder */
  readonly folder: string
  readonly paths: readonly string[]
  readonly files: readonly {
    readonly path: string
    readonly name: string
    readonly role: string
    readonly size: number
    readonly sha256: string
  }[]
  /**
   * all elements of the document (core/message/schema.ts, documentBody); where a joint one has several signers, marks
   * or signatures, a list
   */
  readonly document: Readonly<Partial<Record<DocumentFieldName, unknown>>>
}
