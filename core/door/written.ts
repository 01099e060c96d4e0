import { DOCUMENT_FIELD_NAMES, documentField, stackOf, stacked } from '../message/document-fields.ts'
import { tidy } from '../text/normal.ts'
import type { Draft, DraftFile, DraftIssuer } from './port.ts'

/** A draft whose lines are tidy, and what was written where that is something else: by path, as the message has it. */
export interface Written<T extends Draft> {
  readonly draft: T
  readonly asWritten: Readonly<Record<string, string>>
}

export type AsWritten = Written<Draft>['asWritten']

/** For the message: nothing where nothing differs. */
export function keptAsWritten(asWritten: AsWritten): { readonly asWritten?: Record<string, string> } {
  return Object.keys(asWritten).length === 0 ? {} : { asWritten }
}

/** The door's one normalisation of text (`core/text`): of every line; long texts and files stay as they came. */
export function tidied<T extends Draft>(given: T): Written<T> {
  const asWritten: Record<string, string> = {}
  const line = (path: string, text: string): string => {
    // Refused by its field's limit, whatever nobody sees in it.
    if (text.length > MOST_LINE) return text
    const kept = tidy(text)
    if (kept !== text.trim()) asWritten[path] = text.slice(0, 4000)
    return kept
  }
  return { draft: { ...given, ...(tidyParts(given, line) as object) }, asWritten }
}

/** Longer than any field that is a line, characters, a hundred times over. */
const MOST_LINE = 400_000

type Line = (path: string, text: string) => string

function tidyParts(draft: Draft, line: Line): Partial<Draft> {
  const files = draft.files === undefined ? {} : { files: tidyNames(draft.files, line) }
  switch (draft.kind) {
    case 'document':
      return {
        ...files,
        document: tidyLines(draft.document, 'document', lines(line)),
        ...(draft.issuers === undefined ? {} : { issuers: tidyIssuers(draft.issuers, line) }),
      }
    case 'petition':
      return { ...files, petition: tidyLines(draft.petition, 'petition', line) }
    default: {
      const { by, reasonCode, result, accused, transferTo } = draft
      return {
        ...files,
        ...(by === undefined ? {} : { by: line(`${draft.kind}.by`, by) }),
        ...(reasonCode === undefined ? {} : { reasonCode: line(`${draft.kind}.reasonCode`, reasonCode) }),
        ...(result === undefined ? {} : { result: line(`${draft.kind}.result`, result) }),
        ...(accused === undefined ? {} : { accused: accused.map(tidy) }),
        ...(transferTo === undefined ? {} : { transferTo: transferTo.map(tidy) }),
      }
    }
  }
}

/** Of a stacked field each line is one. */
function lines(line: Line): Line {
  return (path, text) =>
    STACKED.has(path) && text.trim().includes('\n')
      ? stacked(
          stackOf(text)
            .map((one) => line(path, one))
            .filter((one) => one !== ''),
        )
      : line(path, text)
}

const STACKED: ReadonlySet<string> = new Set(
  DOCUMENT_FIELD_NAMES.flatMap((name) => (documentField(name).stacked === undefined ? [] : [`document.${name}`])),
)

function tidyIssuers(issuers: readonly DraftIssuer[], line: Line): DraftIssuer[] {
  return issuers.map(({ name, code }, at) => ({
    name: name === undefined ? undefined : line(`document.issuers.${at}.name`, name),
    code: code === undefined ? undefined : tidy(code),
  }))
}

function tidyNames(files: readonly DraftFile[], line: Line): DraftFile[] {
  return files.map((file, at) => ({ ...file, name: line(`files.${at}.name`, file.name) }))
}

/** Every text below, whatever it is called, but for the running text under `text`. */
function tidyLines<T extends object>(value: T, path: string, line: Line): T {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      const place = `${path}.${key}`
      if (key === 'text') return [key, inner]
      if (typeof inner === 'string') return [key, line(place, inner)]
      if (Array.isArray(inner))
        return [key, inner.map((item: unknown, at) => (typeof item === 'string' ? line(`${place}.${at}`, item) : item))]
      return [key, typeof inner === 'object' && inner !== null ? tidyLines(inner, place, line) : inner]
    }),
  ) as T
}
