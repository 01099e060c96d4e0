import { YizhanError, asYizhanError } from '../../../core/errors/error.ts'
import { textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { xmlSteps } from '../../../core/mapping/xml/read.ts'
import type { Steps } from '../../../core/util/turns.ts'
import type { ReceiptNames } from '../profile/schema.ts'
import type { Receipt, ReceiptItem } from './port.ts'

const LIMITS = { size: 8 * 1024 * 1024, depth: 16, elements: 100_000, text: 4 * 1024 * 1024 }
const LONGEST = 2_000

/**
 * Reads a receipt in steps, whatever encoding it declares.
 *
 * @throws YizhanError ARCHIVE_RECEIPT with the element and the rule; a file that is not whole XML yet has the detail of
 * its XML error
 */
export function* readArchiveReceipt(bytes: Buffer, names: ReceiptNames): Steps<Receipt> {
  const root = yield* parse(bytes)
  if (!names.root.includes(root.local)) throw broken(root.local, names.root.join(' | '))
  const batch = required(root, names.batch)
  const word = required(root, names.result)
  const result = names.accepted.includes(word) ? 'accepted' : names.refused.includes(word) ? 'refused' : undefined
  if (result === undefined) throw broken(names.result[0] ?? '', [...names.accepted, ...names.refused].join(' | '), word)
  const items = elements(root, names.item, names.item).map((item) => itemOf(item, names))
  const receipt: Receipt = {
    batch,
    result,
    at: optional(root, names.at, names),
    by: optional(root, names.by, names),
    note: optional(root, names.note, names),
    items,
  }
  if (result === 'refused' && receipt.note === undefined && !items.some(({ reason }) => reason !== undefined))
    throw broken(names.reason[0] ?? '', '拒收须说明原因 / a refusal gives a reason')
  return receipt
}

function* parse(bytes: Buffer): Steps<XmlElement> {
  try {
    return yield* xmlSteps(bytes, { limits: LIMITS, cutAbove: Infinity })
  } catch (thrown) {
    const error = asYizhanError(thrown)
    throw new YizhanError(
      'ARCHIVE_RECEIPT',
      { field: error.facts.field ?? 'XML', rule: 'XML 1.0', detail: error.message },
      { cause: thrown },
    )
  }
}

function itemOf(item: XmlElement, names: ReceiptNames): ReceiptItem {
  const number = optional(item, names.sequence)
  if (number !== undefined && !/^\d{1,6}$/.test(number))
    throw broken(names.sequence[0] ?? '', '数字 / a number', number)
  return {
    sequence: number === undefined ? undefined : Number(number),
    archiveNumber: optional(item, names.archiveNumber),
    reason: optional(item, names.reason),
  }
}

/** Elements of these names anywhere below, in document order; what is inside one of `closed` is its own affair. */
function elements(from: XmlElement, wanted: readonly string[], closed: readonly string[]): XmlElement[] {
  return from.children.flatMap((child) => {
    if (wanted.includes(child.local)) return [child]
    return closed.includes(child.local) ? [] : elements(child, wanted, closed)
  })
}

function optional(from: XmlElement, wanted: readonly string[], names?: Pick<ReceiptNames, 'item'>): string | undefined {
  const [element] = elements(from, wanted, names?.item ?? [])
  const text = element === undefined ? '' : textOf(element).trim()
  if (text.length > LONGEST) throw broken(wanted[0] ?? '', `≤ ${LONGEST}`, text.slice(0, 50))
  return text === '' ? undefined : text
}

function required(root: XmlElement, wanted: readonly string[]): string {
  const text = optional(root, wanted)
  if (text === undefined) throw broken(wanted[0] ?? '', '必填 / required')
  return text
}

function broken(field: string, rule: string, value?: string): YizhanError {
  return new YizhanError('ARCHIVE_RECEIPT', { field, value, rule, detail: value ?? '—' })
}
