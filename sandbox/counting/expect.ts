import type { Address } from '../clerk/lines.ts'
import { publishedKey, remindKey, shelvedKey, type CountedItem } from './boxes.ts'
import { plainNumber } from './numbers.ts'
import type { Attempt, Files } from './read.ts'
import type { CountedUnit } from './units.ts'

/** Rows of the accounts, in the order of the table. */
export const ROWS = [
  'issue',
  'urgent',
  'report',
  'taken',
  'sign',
  'return',
  'reply',
  'withdraw',
  'remind',
  'text',
  'summary',
  'petition',
  'decide',
  'answer',
  'publish',
  'archive',
  'again',
  'bad',
] as const
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
  /** need not be, whatever was answered: counted only if it came */
  readonly optional?: boolean | undefined
  /** the sender's own id of the document that it is about, where there is one */
  readonly about?: string | undefined
}

/** What identifies an expected item in a unit's inbox, without any id of the station's. */
function keyFor(kind: CountedItem['kind'] | 'petition', parts: readonly (string | undefined)[]): string {
  return [kind, ...parts.map((part) => part ?? '')].join('|')
}

/** The same key, made from an item that arrived. `unitOf` turns a name or code as written into a unit id. */
export function keyOf(item: CountedItem, unitOf: (text: string | undefined) => string): string {
  if (item.key !== undefined) return item.key
  const petition = petitionIn(item)
  switch (item.kind) {
    case 'document':
      return petition === undefined
        ? keyFor('document', [plainNumber(item.number), item.digest])
        : keyFor('petition', [petition])
    case 'receipt':
      return keyFor('receipt', [
        item.state ?? 'signed',
        plainNumber(item.about?.number ?? item.number),
        unitOf(item.from),
      ])
    case 'return':
      return keyFor('return', [plainNumber(item.about?.number ?? item.number), unitOf(item.from)])
    case 'withdrawal':
      return keyFor('withdrawal', [plainNumber(item.about?.number ?? item.number)])
    case 'reply':
      return keyFor('reply', [petition ?? plainNumber(item.about?.number ?? item.number), unitOf(item.from)])
    default:
      return keyFor(item.kind, [item.id])
  }
}

/** The units that a document is meant for, each once. */
function unitsOf(address: Address, sender: string, units: readonly CountedUnit[]): string[] {
  const named = address.units ?? []
  const grouped = units.filter(
    (unit) => unit.id !== sender && unit.groups.some((group) => address.groups?.includes(group) === true),
  )
  return [...new Set([...named, ...grouped.map((unit) => unit.id)])]
}

/** Everything that the attempts should have brought about: who should have got what. */
export function expectations(files: Pick<Files, 'attempts' | 'boxes'>, units: readonly CountedUnit[]): Expectation[] {
  const systemOf = new Map(units.map((unit) => [unit.id, unit.system]))
  const holds = documentsHeld(files)
  const found: Expectation[] = []
  const expectAt: ExpectAt = (row, attempt, system, unit, key, due, about, optional) =>
    void found.push({ row, attempt, unit, system, key, due, about, optional })
  const expect = (row: Row, attempt: Attempt, unit: string, key: string, due: boolean, about?: string): void => {
    expectAt(row, attempt, systemOf.get(unit) ?? '?', unit, key, due, about)
  }
  const withdrawn = withdrawals(files)
  for (const attempt of files.attempts.values()) {
    const acknowledged = attempt.end?.t === 'acknowledged'
    if (attempt.end?.t === 'refused') continue
    const about = attempt.about === undefined ? undefined : files.attempts.get(attempt.about)
    switch (attempt.kind) {
      case 'issue':
      case 'urgent':
      case 'report': {
        const key = keyFor('document', [plainNumber(attempt.number), attempt.digest])
        const recipients = unitsOf(attempt.address ?? {}, attempt.unit, units)
        for (const unit of recipients) expect(attempt.kind, attempt, unit, key, acknowledged)
        if (attempt.remind !== undefined)
          expect(
            'summary',
            attempt,
            attempt.unit,
            keyFor('reply', [plainNumber(attempt.number), `?${HOUSE}`]),
            acknowledged,
          )
        if (attempt.kind !== 'report') {
          elsewhere(attempt, acknowledged, withdrawn, expectAt)
          break
        }
        // 自动回执: due once the recipient's own OA has the report, whatever its sender was told
        for (const unit of recipients)
          expect(
            'taken',
            attempt,
            attempt.unit,
            keyFor('receipt', ['taken', plainNumber(attempt.number), unit]),
            holds.has(`${unit}|${key}`),
            attempt.id,
          )
        break
      }
      case 'sign':
        if (about !== undefined)
          expect(
            'sign',
            attempt,
            about.unit,
            keyFor('receipt', ['signed', plainNumber(about.number), attempt.unit]),
            acknowledged,
            about.id,
          )
        break
      case 'return':
        if (about !== undefined)
          expect(
            'return',
            attempt,
            about.unit,
            keyFor('return', [plainNumber(about.number), attempt.unit]),
            acknowledged,
            about.id,
          )
        break
      case 'withdraw':
        for (const unit of unitsOf(about?.address ?? {}, attempt.unit, units))
          expect('withdraw', attempt, unit, keyFor('withdrawal', [plainNumber(about?.number)]), acknowledged, about?.id)
        if (attempt.published !== undefined)
          expectAt(
            'publish',
            attempt,
            'portal',
            'publications',
            publishedKey(about?.number, attempt.published),
            acknowledged,
          )
        break
      case 'reply':
        if (about !== undefined)
          expect(
            'reply',
            attempt,
            about.unit,
            keyFor('reply', [plainNumber(about.number), attempt.unit]),
            acknowledged,
            about.id,
          )
        break
      case 'text':
        if (about !== undefined)
          expect(
            'text',
            attempt,
            about.unit,
            keyFor('reply', [plainNumber(about.number), attempt.unit]),
            acknowledged,
            about.id,
          )
        break
      case 'petition':
        for (const unit of unitsOf(attempt.address ?? {}, '', units))
          expect('petition', attempt, unit, keyFor('petition', [attempt.title]), acknowledged)
        break
      case 'decide':
        for (const unit of unitsOf(attempt.address ?? {}, '', units))
          expect('decide', attempt, unit, keyFor('petition', [attempt.title]), acknowledged)
        break
      case 'answer':
        if (about === undefined) break
        expectAt('answer', attempt, 'portal', 'petitions', `reply|${about.id}`, acknowledged)
        expect('reply', attempt, PETITION_OFFICE, keyFor('reply', [about.title, attempt.unit]), acknowledged)
        break
      case 'again':
      case 'bad':
        break // nothing of its own may arrive
    }
  }
  return found
}

type ExpectAt = (
  row: Row,
  attempt: Attempt,
  system: string,
  unit: string,
  key: string,
  due: boolean,
  about?: string,
  optional?: boolean,
) => void

/** As whom the house speaks for itself. */
const HOUSE = '驿站 Yizhan'
/** The unit through which petitions go. */
export const PETITION_OFFICE = 'xinfangju'

/** What a document brings about beyond the OAs: reminders of a meeting, a publication, its place in the archive. */
function elsewhere(attempt: Attempt, acknowledged: boolean, withdrawn: ReadonlySet<string>, expectAt: ExpectAt): void {
  for (const { phone, mail, absent } of Object.values(attempt.remind ?? {})) {
    // Others may have been late too: `order.ts` looks whether they had signed before.
    const due = acknowledged && absent
    expectAt('remind', attempt, 'sms', phone, remindKey('sms', attempt.title), due, undefined, !absent)
    expectAt('remind', attempt, 'mail', mail, remindKey('mail', attempt.title), due, undefined, !absent)
  }
  if (attempt.published !== undefined)
    expectAt(
      'publish',
      attempt,
      'portal',
      'publications',
      publishedKey(attempt.number, attempt.published),
      acknowledged,
    )
  expectAt(
    'archive',
    attempt,
    'archive',
    'items',
    shelvedKey(attempt.number, attempt.title),
    acknowledged && !withdrawn.has(attempt.id),
    undefined,
    withdrawn.has(attempt.id),
  )
}

/** Ids of the documents that their senders withdrew. */
function withdrawals({ attempts }: Pick<Files, 'attempts'>): ReadonlySet<string> {
  return new Set(
    [...attempts.values()].flatMap((act) =>
      act.kind === 'withdraw' && act.about !== undefined && act.end?.t !== 'refused' ? [act.about] : [],
    ),
  )
}

/** The title of the petition that a unit's item passes on or answers. */
function petitionIn({ title, about }: CountedItem): string | undefined {
  return PETITION.exec(title ?? about?.title ?? '')?.[1]
}
/** 信访事项转送单：… */
const PETITION = /^信访事项[^：]*：(.+)$/u

function documentsHeld(files: Pick<Files, 'boxes'>): Set<string> {
  const held = new Set<string>()
  for (const box of files.boxes)
    for (const item of box.items)
      if (item.kind === 'document')
        held.add(`${box.unit}|${keyFor('document', [plainNumber(item.number), item.digest])}`)
  return held
}
