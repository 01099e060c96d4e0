import type { House } from '../../core/adapter/port.ts'
import type { AcceptanceAnswer, ActDraft } from '../../core/door/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { PickupItem } from '../../core/ledger/port.ts'
import { deliveryId } from '../../core/message/ids.ts'
import type { Message, MessageKind } from '../../core/message/schema.ts'
import { bring, type Bringing } from './drafts.ts'
import type { Caller } from './callers.ts'

/** What OA systems can be given; other kinds have no form in any of their dialects. */
export const ITEM_KINDS = [
  'document',
  'receipt',
  'return',
  'withdrawal',
  'reply',
  'outcome',
] as const satisfies readonly MessageKind[]

/** A unit's inbox at a system that fetches: what all served dialects do with it. */
export class Inbox {
  readonly #house: House

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

  /** One item; NOT_FOUND when it is not this unit's. */
  async get(caller: Caller, unit: string, row: string, field: string): Promise<PickupItem> {
    const item = await this.#house.ledger.pickup.get({ system: caller.system.id, unit, row })
    if (item === undefined || !ITEM_KINDS.some((kind) => kind === item.message.kind))
      throw new YizhanError('NOT_FOUND', { field, value: row })
    return item
  }

  /** The bytes of a message's files, by digest. */
  async bodies(message: Message): Promise<ReadonlyMap<string, Buffer>> {
    const digests = [...new Set(message.files.map((file) => file.digest))]
    return new Map(
      await Promise.all(digests.map(async (digest) => [digest, await this.#house.content.read(digest)] as const)),
    )
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
    const unit = this.#house.door.unitOf(caller.account, draft.from)
    const item = await this.#house.ledger.pickup.get({ system: caller.system.id, unit: unit.id, row: draft.about })
    if (item !== undefined && item.message.kind !== 'document' && draft.kind === 'receipt') {
      await this.#confirm(item.row)
      return { id: item.message.id, repeated: false, acceptedAt: new Date(this.#house.clock.now()).toISOString() }
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
