import type { Address } from '../clerk/lines.ts'
import type { Kept } from '../oa/item.ts'
import type { Attempt, Files } from './read.ts'
import type { CountedUnit } from './units.ts'

/** Rows of the accounts, in the order of the table. */
export const ROWS = ['issue', 'urgent', 'report', 'taken', 'sign', 'return', 'withdraw', 'again', 'bad'] as const
export type Row = (typeof ROWS)[number]

/** One thing that one unit should find in its inbox, once. */
export interface Expectation {
  readonly row: Row
  /** the attempt that causes it */
  readonly attempt: Attempt
  readonly system: string
  readonly unit: string
  /** what it looks like from the outside: see `keyOf` */
  readonly key: string
  /** false: it may arrive (its attempt was never answered), but need not */
  readonly due: boolean
  /** the sender's own id of the document that it is about, where there is one */
  readonly about?: string | undefined
}

/** A document number as letters and digits only: dialects write the brackets in their own ways. */
export function plainNumber(number: string | undefined): string {
  return (number ?? '').normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '').replace(/第0*(\d+)/u, '$1').replace(/号$/u, '')
}

/** What identifies an expected item in a unit's inbox, without any id of the station's. */
function keyFor(kind: Kept['kind'], parts: readonly (string | undefined)[]): string {
  return [kind, ...parts.map((part) => part ?? '')].join('|')
}

/** The same key, made from an item that arrived. `unitOf` turns a name or code as written into a unit id. */
export function keyOf(item: Kept, unitOf: (text: string | undefined) => string): string {
  switch (item.kind) {
    case 'document':
      return keyFor('document', [plainNumber(item.number), item.digest])
    case 'receipt':
      return keyFor('receipt', [item.state ?? 'signed', plainNumber(item.about?.number ?? item.number), unitOf(item.from)])
    case 'return':
      return keyFor('return', [plainNumber(item.about?.number ?? item.number), unitOf(item.from)])
    case 'withdrawal':
      return keyFor('withdrawal', [plainNumber(item.about?.number ?? item.number)])
    case 'reply': case 'notice':
      return keyFor(item.kind, [item.id])
  }
}

/** The units that a document is meant for, each once. */
export function unitsOf(address: Address, sender: string, units: readonly CountedUnit[]): string[] {
  const named = address.units ?? []
  const grouped = units.filter((unit) => unit.id !== sender && unit.groups.some((group) => address.groups?.includes(group) === true))
  return [...new Set([...named, ...grouped.map((unit) => unit.id)])]
}

/** Everything that the attempts should have brought about: who should have got what. */
export function expectations(files: Pick<Files, 'attempts' | 'boxes'>, units: readonly CountedUnit[]): Expectation[] {
  const systemOf = new Map(units.map((unit) => [unit.id, unit.system]))
  const holds = documentsHeld(files)
  const found: Expectation[] = []
  const expect = (row: Row, attempt: Attempt, unit: string, key: string, due: boolean, about?: string): void => {
    found.push({ row, attempt, unit, system: systemOf.get(unit) ?? '?', key, due, about })
  }
  for (const attempt of files.attempts.values()) {
    const acknowledged = attempt.end?.t === 'acknowledged'
    if (attempt.end?.t === 'refused') continue
    const about = attempt.about === undefined ? undefined : files.attempts.get(attempt.about)
    switch (attempt.kind) {
      case 'issue': case 'urgent': case 'report': {
        const key = keyFor('document', [plainNumber(attempt.number), attempt.digest])
        const recipients = unitsOf(attempt.address ?? {}, attempt.unit, units)
        for (const unit of recipients) expect(attempt.kind, attempt, unit, key, acknowledged)
        if (attempt.kind !== 'report') break
        // 自动回执: due once the recipient's own OA has the report, whatever its sender was told
        for (const unit of recipients) expect('taken', attempt, attempt.unit, keyFor('receipt', ['taken', plainNumber(attempt.number), unit]), holds.has(`${unit}|${key}`), attempt.id)
        break
      }
      case 'sign':
        if (about !== undefined) expect('sign', attempt, about.unit, keyFor('receipt', ['signed', plainNumber(about.number), attempt.unit]), acknowledged, about.id)
        break
      case 'return':
        if (about !== undefined) expect('return', attempt, about.unit, keyFor('return', [plainNumber(about.number), attempt.unit]), acknowledged, about.id)
        break
      case 'withdraw':
        for (const unit of unitsOf(about?.address ?? {}, attempt.unit, units)) expect('withdraw', attempt, unit, keyFor('withdrawal', [plainNumber(about?.number)]), acknowledged, about?.id)
        break
      case 'again': case 'bad':
        break // nothing of its own may arrive
    }
  }
  return found
}

function documentsHeld(files: Pick<Files, 'boxes'>): Set<string> {
  const held = new Set<string>()
  for (const box of files.boxes) for (const item of box.items) if (item.kind === 'document') held.add(`${box.unit}|${keyFor('document', [plainNumber(item.number), item.digest])}`)
  return held
}
