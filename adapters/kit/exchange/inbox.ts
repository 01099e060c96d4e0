import type { House } from '../../../core/adapter/port.ts'
import type { AcceptanceAnswer, ActDraft } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { internalError } from '../../../core/events/internal.ts'
import type { PickupItem } from '../../../core/ledger/port.ts'
import { findNamed, theOne } from '../../../core/door/find.ts'
import { digestsOf } from '../../../core/message/bodies.ts'
import { deliveryId } from '../../../core/message/ids.ts'
import type { WriteContext } from '../../../core/mapping/port.ts'
import type { FormRecord } from '../../../core/mapping/profile/port.ts'
import { legalText } from '../../../core/mapping/xml/escape.ts'
import type { Message, MessageKind } from '../../../core/message/schema.ts'
import { bring, noteQuirks, type Bringing } from './drafts.ts'
import type { Caller } from './caller.ts'
import { unitOf } from './units.ts'

/** What OA systems can be given; other kinds have no form in any of their dialects. */
export const ITEM_KINDS = [
  'document',
  'receipt',
  'return',
  'withdrawal',
  'reply',
  'outcome',
] as const satisfies readonly MessageKind[]

/** Who reads, and in which dialect. */
type Reading = Pick<Bringing, 'caller' | 'profile' | 'attachments'>

const MOST_UNLISTED = 10_000
/** How many messages of one number or submission id are looked at. */
const MOST_CANDIDATES = 50

/** A unit's inbox at a system that fetches: what all served dialects do with it. */
export class Inbox {
  readonly #house: House
  /** items that were left out of lists, each said once */
  readonly #unlisted = new Set<string>()

  constructor(house: House) {
    this.#house = house
  }

  /** Items not yet confirmed, urgent first. */
  list(
    caller: Caller,
    unit: string,
    max: number,
    kinds: readonly MessageKind[] = ITEM_KINDS,
  ): Promise<readonly PickupItem[]> {
    return this.#house.ledger.pickup.list({ system: caller.system.id, unit, max, kinds })
  }

  /**
   * One item: by its own id, the document's or message's id, the id under which its sender submitted it, or its number.
   * NOT_FOUND when there is none of this unit's, NUMBER_AMBIGUOUS when there are several.
   */
  async get(caller: Caller, unit: string, named: string, field: string): Promise<PickupItem> {
    const { journal, pickup } = this.#house.ledger
    const copy = (row: string): Promise<PickupItem | undefined> => pickup.get({ system: caller.system.id, unit, row })
    const direct = await copy(named)
    if (direct !== undefined && isGiven(direct)) return direct
    const message = await journal.message(named)
    const candidates =
      message === undefined
        ? await findNamed(journal, { text: named, max: MOST_CANDIDATES, kinds: ['document'] })
        : [message]
    const copies = (await Promise.all(candidates.map(({ id }) => copy(deliveryId(id, unit))))).flatMap((item) =>
      item !== undefined && isGiven(item) ? [item] : [],
    )
    const documents = copies.flatMap((item) => (item.message.kind === 'document' ? [item.message] : []))
    const chosen = theOne(documents, named) ?? copies[0]?.message
    const item = copies.find((one) => one.message.id === chosen?.id)
    if (item === undefined) throw new YizhanError('NOT_FOUND', { field, value: named })
    return item
  }

  /** The bytes of a message's files and of a long text, by digest. */
  async bodies(message: Message): Promise<ReadonlyMap<string, Buffer>> {
    return new Map(
      await Promise.all(
        digestsOf(message).map(async (digest) => [digest, await this.#house.content.read(digest)] as const),
      ),
    )
  }

  /**
   * An item as a form of the caller's dialect. What XML cannot carry (XML 1.0, 2.2) is replaced: what a unit fetches
   * becomes no dead letter that somebody could repair.
   */
  write(call: Reading, form: string, item: Pick<PickupItem, 'row' | 'message'>, context: WriteContext): Buffer[] {
    try {
      return call.profile.write(form, item.message, context)
    } catch (thrown) {
      if (!(thrown instanceof YizhanError) || thrown.code !== 'XML_CHARACTER') throw thrown
      call.attachments?.clear()
      noteQuirks(this.#house, call.caller, [`replaced-character ${item.row}`])
      return call.profile.write(form, legalMessage(item.message), context)
    }
  }

  /**
   * A list's row for an item; nothing where it breaks the form's rules: the list is not kept from the unit for it, but
   * the log says so, once.
   */
  row(call: Reading, form: string, item: PickupItem, context: WriteContext): Buffer[] {
    let chunks: Buffer[] = []
    return this.#isWritten(item, () => (chunks = this.write(call, form, item, context))) ? chunks : []
  }

  #isWritten(item: PickupItem, write: () => unknown): boolean {
    try {
      write()
      return true
    } catch (thrown) {
      if (!(thrown instanceof YizhanError) || thrown.status >= 500) throw thrown
      if (this.#unlisted.size >= MOST_UNLISTED) this.#unlisted.clear()
      if (!this.#unlisted.has(item.row)) {
        const error = new YizhanError('INTERNAL', { detail: `${item.row}: ${thrown.message}` }, { cause: thrown })
        this.#house.emit.emit(internalError(error, this.#house.clock.now()))
      }
      this.#unlisted.add(item.row)
      return false
    }
  }

  /**
   * A list as a form of the caller's dialect, its rows the messages' fields. One that breaks the form's rules is left
   * out, as in `row`.
   */
  listRows(
    call: Reading,
    form: string,
    values: FormRecord,
    items: readonly PickupItem[],
    context: Omit<WriteContext, 'deliveryId'>,
  ): Buffer[] {
    const rows = items.map((item) => ({ item, message: item.message, context: { ...context, deliveryId: item.row } }))
    const write = (some: typeof rows): Buffer[] => call.profile.writeList(form, values, some, context.syntax)
    try {
      return write(rows)
    } catch (thrown) {
      if (!(thrown instanceof YizhanError) || thrown.status >= 500) throw thrown
    }
    const legal = rows.map((row) => ({ ...row, message: legalMessage(row.message) }))
    return write(legal.filter((row) => this.#isWritten(row.item, () => write([row]))))
  }

  /** Books that an item has been given out. */
  async fetched(item: PickupItem, started: number): Promise<void> {
    const now = this.#house.clock.now()
    const booked = await this.#house.ledger.pickup.fetched({ row: item.row, now, ms: now - started })
    for (const event of booked.events) this.#house.emit.emit(event)
    this.#house.wake(booked.waiting)
  }

  /**
   * A receipt or return for something in the inbox: a document is signed or returned at the door and then leaves the
   * list; anything else is only taken note of by a receipt. Doing it again gives the same answer.
   */
  async act(bringing: Bringing, draft: ActDraft): Promise<AcceptanceAnswer> {
    const { caller } = bringing
    const unit = await unitOf(this.#house, caller, draft.from)
    const item = await this.#house.ledger.pickup.get({ system: caller.system.id, unit: unit.id, row: draft.about })
    if (item !== undefined && item.message.kind !== 'document' && draft.kind === 'receipt') {
      await this.#confirm(item.row)
      // Nothing new was accepted: what was taken note of had been, and taking note again is answered alike.
      return { id: item.message.id, repeated: item.confirmed, acceptedAt: item.message.acceptedAt }
    }
    const answer = await bring(this.#house, bringing, draft)
    const row = item?.row ?? (await this.#rowOf(caller, unit.id, answer.id))
    if (row !== undefined) await this.#confirm(row)
    return answer
  }

  /** The unit's copy of the document that an act, named by another id than the copy's, was about. */
  async #rowOf(caller: Caller, unit: string, act: string): Promise<string | undefined> {
    const message = await this.#house.ledger.journal.message(act)
    if (message === undefined || !('about' in message)) return undefined
    const row = deliveryId(message.about.id, unit)
    return (await this.#house.ledger.pickup.get({ system: caller.system.id, unit, row })) === undefined
      ? undefined
      : row
  }

  #confirm(row: string): Promise<void> {
    return this.#house.ledger.pickup.confirm({ row, now: this.#house.clock.now() })
  }
}

/** Whether OA systems can be given it. */
function isGiven({ message }: PickupItem): boolean {
  return ITEM_KINDS.some((kind) => kind === message.kind)
}

/** The message with U+FFFD for what XML cannot carry. */
function legalMessage(message: Message): Message {
  return JSON.parse(JSON.stringify(message), (_key, value: unknown) =>
    typeof value === 'string' ? legalText(value) : value,
  ) as Message
}
