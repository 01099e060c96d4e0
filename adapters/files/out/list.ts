import { digestOf } from '../../../core/content/digest.ts'
import type { AcceptanceAnswer } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { presentable } from '../../../core/events/internal.ts'
import type { CsvLine } from '../../../core/mapping/csv/read.ts'
import { csvLine } from '../../../core/mapping/csv/write.ts'
import { noteName, type FileAnswer } from './note-texts.ts'
import { UNWRITTEN } from './unwritten.ts'

/** Of each row so many of its first cells are shown again, and so much of each, UTF-16 units. */
const SHOWN_CELLS = 6
const SHOWN = 60
/** So much of a reason, in each language. */
const SHOWN_REASON = 300

/** What became of a row. */
export interface RowOutcome {
  /** on which it begins, 1-based */
  readonly line: number
  readonly cells: readonly string[]
  /** 收文号, where it was accepted */
  readonly id?: string
  readonly state: string
  /** why it was not accepted, in Chinese and English */
  readonly code?: YizhanError['code']
  readonly zh?: string
  readonly en?: string
}

/** Of a row that is classified nothing is kept but where it stood. */
export function outcomeOf({ line, cells }: CsvLine, became: AcceptanceAnswer | YizhanError): RowOutcome {
  const shown = cells.slice(0, SHOWN_CELLS).map((cell) => cut(cell, SHOWN))
  if (!(became instanceof YizhanError)) {
    const state = became.repeated ? '已受理过 repeated' : '已受理 accepted'
    return { line, cells: shown, id: became.id, state }
  }
  const { code, zh, en } = presentable(became)
  const state = code === 'HELD_FOR_REVIEW' ? '待审 held' : '拒收 refused'
  const reason = { zh: cut(zh, SHOWN_REASON), en: cut(en, SHOWN_REASON) }
  return { line, cells: UNWRITTEN.has(code) ? [] : shown, state, code, ...reason }
}

/**
 * What the sender of a list is told: in `receipts/` the rows that were accepted, in `errors/` the others, each with the
 * first cells of its row.
 */
export function listNotes(
  path: string,
  { header }: { readonly header: readonly string[] },
  outcomes: readonly RowOutcome[],
): readonly FileAnswer[] {
  const columns = header.slice(0, SHOWN_CELLS)
  const head = csvLine([...columns, '行 line', '收文号 id', '状态 state', '代码 code', '原因', 'reason'])
  const textOf = (some: readonly RowOutcome[]): string =>
    head +
    some
      .map(({ line, cells, id = '', state, code = '', zh = '', en = '' }) =>
        csvLine([...columns.map((_, at) => cells[at] ?? ''), String(line), id, state, code, zh, en]),
      )
      .join('')
  const accepted = outcomes.filter(({ code }) => code === undefined)
  const others = outcomes.filter(({ code }) => code !== undefined)
  return [
    ...(accepted.length === 0
      ? []
      : [{ area: 'receipts' as const, name: noteName(path, 'csv'), text: textOf(accepted) }]),
    ...(others.length === 0 ? [] : [{ area: 'errors' as const, name: noteName(path, 'csv'), text: textOf(others) }]),
  ]
}

interface Begun {
  /** of its bytes: the same name may come to another list */
  readonly digest: string
  readonly outcomes: RowOutcome[]
  /** names of files that were taken with its rows, or refused with them */
  readonly used: Set<string>
  readonly refused: Set<string>
}

/** Lists that are begun and wait; of others, the door tells which rows it has. */
const MOST_BEGUN = 50

/** How far lists have come that could not be finished at once: their rows are not judged, nor refused, again. */
export class ListProgress {
  readonly #begun = new Map<string, Begun>()

  of(list: string, bytes: Buffer): Begun {
    const digest = digestOf(bytes)
    const known = this.#begun.get(list)
    if (known?.digest === digest) return known
    const [oldest] = this.#begun.keys()
    if (this.#begun.size >= MOST_BEGUN && oldest !== undefined) this.#begun.delete(oldest)
    const begun: Begun = { digest, outcomes: [], used: new Set(), refused: new Set() }
    this.#begun.set(list, begun)
    return begun
  }

  forget(list: string): void {
    this.#begun.delete(list)
  }
}

/** Not in the midst of a character. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
