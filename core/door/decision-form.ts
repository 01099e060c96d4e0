import { YizhanError } from '../errors/error.ts'
import type { ActDraft } from './port.ts'

/** In a line of the decision, or alone in its field: nobody. */
const NOBODY = new Set(['无', '没有', 'none', '-', '—'])
const LINES = {
  被反映单位: 'accused',
  责任单位: 'to',
  说明: 'note',
} as const
const COLON = /[:：]/u
const FORM =
  '每行一项：被反映单位：…（没有的写“无”；不写此行则同拟列），责任单位：…（可不写），说明：…（可不写）' +
  ' / lines 被反映单位：… (无 for nobody; absent: as proposed), 责任单位：…, 说明：…'

/** What the office wrote; units as it names them. */
export interface WrittenDecision {
  /** absent: as proposed; empty: nobody */
  readonly accused?: readonly string[] | undefined
  /** absent: whom the flow's table names */
  readonly to?: readonly string[] | undefined
  readonly note?: string | undefined
  /** what the text says again beside fields: it is to name the same units */
  readonly again?: Readonly<Partial<Record<'accused' | 'to', readonly string[]>>>
}

/** Whether a dialect brought the decision in fields of its own. */
export function hasDecisionFields({ accused, transferTo }: Pick<ActDraft, 'accused' | 'transferTo'>): boolean {
  return unitsOf(accused) !== undefined || unitsOf(transferTo) !== undefined
}

/** Whether a text names who is reported on or responsible, as only a decision does. */
export function readsAsDecision(text: string): boolean {
  return text.split(/\r?\n/u).some((line) => ['accused', 'to'].includes(labelOf(line) ?? ''))
}

/**
 * The decision in a reply. Where a dialect has fields for it, they count, and the text is the note. Where it has none,
 * the text is a form and no prose: what is not understood is refused with FIELD_INVALID, and the line named.
 */
export function readDecision(draft: Pick<ActDraft, 'text' | 'accused' | 'transferTo'>): WrittenDecision {
  const { rest, note, ...units } = readLines(draft.text ?? '')
  if (!hasDecisionFields(draft)) {
    if (rest[0] !== undefined) refuse(rest[0])
    return { ...units, note }
  }
  return {
    accused: unitsOf(draft.accused),
    to: unitsOf(draft.transferTo),
    note: [...rest, ...(note === undefined ? [] : [note])].join('\n') || undefined,
    again: units,
  }
}

/** What a line of the form is about. */
function labelOf(line: string): (typeof LINES)[keyof typeof LINES] | undefined {
  const label = line.slice(0, Math.max(line.search(COLON), 0)).trim()
  return Object.hasOwn(LINES, label) ? LINES[label as keyof typeof LINES] : undefined
}

interface DecisionLines {
  accused?: readonly string[]
  to?: readonly string[]
  note?: string
  /** lines of no label */
  readonly rest: string[]
}

function readLines(text: string): DecisionLines {
  const found: DecisionLines = { rest: [] }
  for (const line of text.split(/\r?\n/u)) {
    if (line.trim() === '') continue
    const key = labelOf(line)
    if (key === undefined) {
      found.rest.push(line.trim())
      continue
    }
    const value = line.slice(line.search(COLON) + 1).trim()
    const read = key === 'note' ? value : unitsOf(value.split(/[、，,;；]/u))
    if (value === '' || read === undefined || found[key] !== undefined) refuse(line)
    Object.assign(found, { [key]: read })
  }
  return found
}

/** Empty: nobody, in that word; undefined: nothing is said. */
function unitsOf(names: readonly string[] = []): readonly string[] | undefined {
  const named = names.map((name) => name.trim()).filter(Boolean)
  if (named.length === 0) return undefined
  return named.length === 1 && NOBODY.has(named[0] ?? '') ? [] : named
}

function refuse(line: string): never {
  throw new YizhanError('FIELD_INVALID', { field: '核定意见 decision', value: line.slice(0, 60), rule: FORM })
}
