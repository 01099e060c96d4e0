import type { ActDraft } from '../../../core/door/port.ts'
import { guidOf } from '../../../core/message/ids.ts'
import { childOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { bookRefusal } from '../../kit/exchange/refusal.ts'
import { findAll } from './answers.ts'
import { isRefusal, type ExchangeCentre } from './centre.ts'

/** Returns asked for in one round; the rest comes with the next. */
const PAGE = 100
/** Pages of deliveries that are searched for the document that a return is about. */
const UNSIGNED_PAGE = 500
const MOST_PAGES = 40
/** 未接收: returns that we have not looked at */
const UNSEEN = 0
/**
 * How long a return waits that is about nothing that we know, in milliseconds: the document may have arrived without
 * our knowing it yet, its delivery in doubt or not booked.
 */
const UNKNOWN_MS = 600_000

/** Returns about nothing that we know, and since when they are listed; forgotten with the process. */
export type Unknown = Map<string, number>

/**
 * Takes the returns that units of the centre filed. A return by the unit that issued the document itself is its
 * withdrawal.
 * Each is marked as seen once the door has accepted or refused it for good.
 */
export async function collectReturns(centre: ExchangeCentre, unknown: Unknown): Promise<void> {
  const rows = findAll(await centre.ask('getUntreadToBeRecevicedList', 1, PAGE, UNSEEN), 'UNTREADDOC')
  if (rows.length === 0) return
  const delivered = await deliveredByGuid(centre, new Set(rows.map((row) => textIn(row, 'DOCGUID').toLowerCase())))
  for (const row of rows) {
    const id = textIn(row, 'ID') || textIn(row, 'DOCGUID')
    const since = unknown.get(id) ?? centre.house.clock.now()
    if (!(await take(centre, row, delivered, centre.house.clock.now() - since < UNKNOWN_MS))) {
      unknown.set(id, since)
      continue
    }
    unknown.delete(id)
    await centre.ask('updateUntreadDoc', id)
  }
}

/** A return that cannot be taken is booked and not to be listed for ever. @returns false if it is to wait */
async function take(centre: ExchangeCentre, row: XmlElement, delivered: Delivered, mayWait: boolean): Promise<boolean> {
  let atDoor = false
  try {
    const act = await actOf(centre, row, delivered)
    if (act === undefined && mayWait) return false
    atDoor = true
    const own = [...delivered.values()].some((delivery) => delivery.row === act?.about)
    await centre.house.door.accept(
      own ? centre.accountOf(act?.from ?? '') : centre.account,
      act ?? draftOf(centre, row),
    )
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown
    if (!atDoor) await bookRefusal(centre.house, thrown, centre)
  }
  return true
}

type Delivered = ReadonlyMap<string, { readonly row: string; readonly unit: string }>

/** Undefined while we know nothing that it is about. */
async function actOf(centre: ExchangeCentre, row: XmlElement, delivered: Delivered): Promise<ActDraft | undefined> {
  const draft = draftOf(centre, row)
  const delivery = delivered.get(draft.about.toLowerCase())
  if (delivery !== undefined) return { ...draft, about: delivery.row, from: delivery.unit }
  const [own] = await centre.house.ledger.journal.find({ text: draft.about, max: 1, kinds: ['document'] })
  if (own === undefined) return undefined
  const issuer = own.kind === 'document' && own.origin.system === centre.system.id ? own.from.unit : undefined
  const unit = draft.from === undefined ? undefined : centre.house.directory().find(draft.from)?.id
  return issuer !== undefined && (unit === undefined || unit === issuer)
    ? { ...draft, kind: 'withdrawal', from: issuer }
    : draft
}

function draftOf(centre: ExchangeCentre, row: XmlElement): ActDraft {
  const { draft } = centre.profile.read('Untread', row)
  if (draft.kind !== 'return') throw new TypeError(`form Untread of profile ${centre.profile.id} gives ${draft.kind}`)
  return draft
}

/**
 * Our deliveries behind the centre's DOCGUIDs: those that it knows by our GUID, and those to which it gave one of its
 * own.
 */
async function deliveredByGuid(centre: ExchangeCentre, wanted: ReadonlySet<string>): Promise<Delivered> {
  const found = new Map<string, { row: string; unit: string }>()
  let after: string | undefined
  for (let page = 0; page < MOST_PAGES && found.size < wanted.size; page++) {
    const rows = await centre.house.ledger.journal.unsigned({
      system: centre.system.id,
      max: UNSIGNED_PAGE,
      ...(after === undefined ? {} : { after }),
    })
    for (const { row, unit, remoteId } of rows) {
      for (const guid of [guidOf(row), remoteId?.toLowerCase()])
        if (guid !== undefined && wanted.has(guid)) found.set(guid, { row, unit })
    }
    after = rows.at(-1)?.row
    if (rows.length < UNSIGNED_PAGE) break
  }
  return found
}

function textIn(row: XmlElement, local: string): string {
  const child = childOf(row, local)
  return child === undefined ? '' : textOf(child).trim()
}
