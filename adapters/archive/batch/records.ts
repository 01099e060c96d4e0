import { YizhanError } from '../../../core/errors/error.ts'
import { textFileOf } from '../../../core/message/bodies.ts'
import { documentField, stackOf, type DocumentFieldName } from '../../../core/message/document-fields.ts'
import { issuersOf } from '../../../core/message/issuers.ts'
import type { DocumentMessage, FileRef } from '../../../core/message/schema.ts'
import { buildArchiveNumber } from '../archive-number.ts'
import type { Classification } from '../config.ts'
import type { ArchiveProfile } from '../profile/schema.ts'
import { bodyFile, textFile } from './body-file.ts'
import { classOf } from './classify.ts'
import { documentFolder, fileNameFor } from './names.ts'
import type { ArchiveItem, BatchFile, CatalogueRecord, ReadBody } from './port.ts'

/** A document of the batch with its number and its files. */
export interface Entry {
  readonly record: CatalogueRecord
  readonly message: string
  readonly files: readonly BatchFile[]
}

/**
 * Numbers, names and sorts the documents of a batch.
 *
 * @throws YizhanError ARCHIVE_NUMBER, ARCHIVE_FILE; ARCHIVE_VALUE where two documents have one number
 */
export function entriesOf(
  batch: string,
  items: readonly ArchiveItem[],
  classification: Classification,
  settings: ArchiveProfile,
  read: ReadBody,
): Entry[] {
  const entries = items.map((item) => entryOf(batch, item, classification, settings, read))
  entries.sort((one, other) => compare(one.record.archiveNumber, other.record.archiveNumber))
  entries.forEach((entry, at) => {
    const { archiveNumber } = entry.record
    if (archiveNumber === entries[at - 1]?.record.archiveNumber)
      throw new YizhanError('ARCHIVE_VALUE', {
        field: '档号',
        value: archiveNumber,
        rule: '一批之内不得重复 / unique in a batch',
        detail: `${entries[at - 1]?.message ?? ''}, ${entry.message}`,
      })
  })
  return entries.map((entry, at) => ({ ...entry, record: { ...entry.record, sequence: at + 1 } }))
}

/** Told of a problem, it may go on: then what has it is left out. */
export type OnProblem = (error: YizhanError) => void
const refuse: OnProblem = (error) => {
  throw error
}

/** One document as it stands in a batch. @param onProblem with its files; absent: the first is thrown */
export function entryOf(
  batch: string,
  item: ArchiveItem,
  classification: Classification,
  settings: ArchiveProfile,
  read: ReadBody,
  onProblem: OnProblem = refuse,
): Entry {
  const { message } = item
  const { document } = message
  const { fonds, category, year, retention, office } = classOf(message, classification)
  const archiveNumber = buildArchiveNumber({
    fonds: fonds.code,
    category,
    year,
    retention,
    office,
    item: item.itemNumber,
  })
  const folder = documentFolder(settings.layout, year, category, archiveNumber)
  const files = filesOf(message, folder, settings, read, onProblem)
  const paths = files.map(({ file }) => file.path)
  return {
    message: message.id,
    files: files.map(({ file }) => file),
    record: {
      batch,
      sequence: 0,
      archiveNumber,
      fonds,
      category,
      year,
      retention,
      office,
      itemNumber: String(item.itemNumber).padStart(4, '0'),
      title: document.title,
      responsible: oneOrMore(issuersOf(message).map(({ name }) => name)),
      number: message.number,
      date: document.date,
      documentType: document.documentType,
      securityClass: document.securityClass,
      urgency: message.urgency,
      pages: item.pages,
      boxNumber: item.boxNumber,
      remark: item.remark,
      folder,
      paths,
      files: files.map(({ file, name, role }) => ({
        path: file.path,
        name,
        role,
        size: file.size,
        sha256: file.sha256,
      })),
      document: catalogued(document),
    },
  }
}

/** Of a stacked field each value counts: the profile says what stands between them. */
function catalogued(document: DocumentMessage['document']): CatalogueRecord['document'] {
  return Object.fromEntries(
    Object.entries(document).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' && documentField(name as DocumentFieldName).stacked !== undefined
        ? oneOrMore(stackOf(value))
        : value,
    ]),
  )
}

function oneOrMore(values: readonly string[]): string | readonly string[] {
  const [only] = values
  return values.length === 1 && only !== undefined ? only : values
}

interface Named {
  readonly file: BatchFile
  readonly name: string
  readonly role: string
}

/** The files in the message's order, main ones first; a document that came as text only gets a text file. */
function filesOf(
  message: DocumentMessage,
  folder: string,
  settings: ArchiveProfile,
  read: ReadBody,
  onProblem: OnProblem,
): Named[] {
  const longText = textFileOf(message)
  const refs =
    message.files.length === 0 && longText !== undefined
      ? [longText]
      : [...message.files.filter(({ role }) => role === 'main'), ...message.files.filter(({ role }) => role !== 'main')]
  const { text } = message.document
  if (refs.length === 0 && text !== undefined && text !== '') {
    const file = textFile(`${folder}/${fileNameFor('正文.txt', 1, settings.files)}`, text, settings.encoding)
    return [{ file, name: '正文.txt', role: 'main' }]
  }
  if (refs.length === 0)
    onProblem(
      new YizhanError('ARCHIVE_FILE', {
        field: message.number ?? message.id,
        value: '',
        rule: '至少一个文件或正文 / at least one file, or text',
      }),
    )
  return refs.flatMap((ref, at): Named[] => {
    const problems = sizeProblems(ref, settings)
    for (const problem of problems) onProblem(problem)
    try {
      const path = `${folder}/${fileNameFor(ref.name, at + 1, settings.files)}`
      return [{ file: bodyFile(path, ref, read), name: ref.name, role: ref.role }]
    } catch (thrown) {
      if (!(thrown instanceof YizhanError)) throw thrown
      onProblem(thrown)
      return []
    }
  })
}

function sizeProblems({ name, size }: FileRef, { files: { maxBytes } }: ArchiveProfile): YizhanError[] {
  const rule = size === 0 ? '文件为空 / the file is empty' : size > maxBytes ? `≤ ${maxBytes} 字节 / bytes` : undefined
  return rule === undefined ? [] : [new YizhanError('ARCHIVE_FILE', { field: name, value: String(size), rule })]
}

/** By code units: the same on every machine, whatever its locale. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
