import { YizhanError } from '../../core/errors/error.ts'
import { inBothLanguages } from '../../core/errors/fitting.ts'
import { DOCUMENT_FIELD_NAMES, documentField } from '../../core/message/document-fields.ts'
import { documentMessage, type DocumentMessage, type FileRef } from '../../core/message/schema.ts'
import type { ArchiveItem } from './batch.ts'

/** What may be corrected, beside `document.…`: all of it stands in a catalogue. */
const OF_ITEM = ['pages', 'boxNumber', 'remark'] as const
const OF_DOCUMENT = DOCUMENT_FIELD_NAMES.filter((name) => documentField(name).catalogued)
/** `files.1.name`: a file's name in the message's order; `files.1.omit`: `true` leaves it out of the batch. */
const OF_FILE = /^files\.([1-9]\d{0,3})\.(name|omit)$/
const PATHS: readonly string[] = ['number', 'from.name', ...OF_DOCUMENT.map((name) => `document.${name}`), ...OF_ITEM]

/**
 * A document as its catalogue entry shall have it. The document in the ledger stays as it was issued.
 *
 * @throws YizhanError FIELD_INVALID with the path, the value and the rule
 */
export function corrected(
  message: DocumentMessage,
  corrections: Readonly<Record<string, string>>,
): Omit<ArchiveItem, 'itemNumber'> {
  const invalid = (path: string, value: string, rule: string): YizhanError =>
    new YizhanError('FIELD_INVALID', { field: `batch.corrections.${message.id}.${path}`, value, rule })
  const item: { pages?: number; boxNumber?: string; remark?: string } = {}
  const document: Record<string, unknown> = { ...message.document }
  let { number, from } = message
  const files: { readonly ref: FileRef; omit: boolean }[] = message.files.map((ref) => ({
    ref,
    omit: false,
  }))
  for (const [path, value] of Object.entries(corrections)) {
    const [, place, what] = OF_FILE.exec(path) ?? []
    if (place !== undefined) {
      const at = Number(place) - 1
      const file = files[at]
      if (file === undefined) throw invalid(path, value, `files.1–${files.length}`)
      if (what === 'name') files[at] = { ...file, ref: { ...file.ref, name: value } }
      else if (value === 'true' || value === 'false') file.omit = value === 'true'
      else throw invalid(path, value, 'true, false')
      continue
    }
    if (!PATHS.includes(path)) throw invalid(path, value, [...PATHS, 'files.1.name', 'files.1.omit'].join(', '))
    if (path === 'number') number = value
    else if (path === 'from.name') {
      // 责任者 as it shall be written, of however many.
      from = { ...from, name: value }
      delete document['issuers']
    } else if (path === 'boxNumber' || path === 'remark') item[path] = value
    else if (path === 'pages') {
      if (!/^\d{1,5}$/.test(value)) throw invalid(path, value, '页数 / a number of pages')
      item.pages = Number(value)
    } else document[path.slice('document.'.length)] = value
  }
  const checked = documentMessage.safeParse(
    {
      ...message,
      number,
      from,
      document,
      files: files.flatMap((file) => (file.omit ? [] : [file.ref])),
    },
    inBothLanguages,
  )
  if (checked.success) return { message: checked.data, ...item }
  const [issue] = checked.error.issues
  const path = issue?.path.join('.') ?? ''
  throw invalid(path, corrections[path] ?? '', issue?.message ?? 'schema')
}
