import { setImmediate as nextTurn } from 'node:timers/promises'
import type { House } from '../../../core/adapter/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { internalError } from '../../../core/events/internal.ts'
import type { PickupItem } from '../../../core/ledger/port.ts'
import { deliveryId } from '../../../core/message/ids.ts'
import type { MessageKind } from '../../../core/message/schema.ts'
import { Recent } from '../../../core/util/recent.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import type { Inbox } from '../../kit/exchange/inbox.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import type { FilesSettings } from '../config.ts'
import { fixed, notThere, type FileEntry, type Folder, type OpenFile, type OpenMode, type Path } from '../tree/port.ts'
import { makeOffer, type Offer, type OfferedFile } from './offer.ts'
import type { Readings } from './readings.ts'

export interface OffersParts {
  readonly house: House
  readonly inbox: Inbox
  readonly units: UnitCodes
  readonly settings: FilesSettings
  readonly readings: Readings
  readonly account: Caller['account']
  readonly source: string
}

/** Items that are written in one turn of the event loop. */
const TURN_ITEMS = 16
/** Lists and the looks that follow them ask for the same items: so many bytes of their XML are kept. */
const KEPT_BYTES = 4 * 1024 * 1024

/**
 * `in/` and the items of `receipts/`: what waits for the account's units, as files that exist nowhere. Read to the end,
 * an item is delivered; removed, it is confirmed.
 */
export class OffersFolder implements Folder {
  readonly #parts: OffersParts
  readonly #area: string
  readonly #kinds: readonly MessageKind[]
  readonly #made = new Recent<Offer>(KEPT_BYTES, ({ files }) => files[0]?.size ?? 0)

  constructor(parts: OffersParts, area: string, kinds: readonly MessageKind[]) {
    this.#parts = parts
    this.#area = area
    this.#kinds = kinds
  }

  async stat(path: Path): Promise<FileEntry | undefined> {
    const [name, more] = path
    if (name === undefined) return { name: this.#area, kind: 'folder', size: 0, changedAt: 0 }
    const found = more === undefined ? await this.#find(name) : undefined
    return found === undefined || found.offer.item.confirmed ? undefined : entryOf(found.file, found.offer.item)
  }

  async list(path: Path): Promise<readonly FileEntry[]> {
    if (path.length > 0) throw notThere([this.#area, ...path])
    const entries: FileEntry[] = []
    for (const unit of this.#unitIds())
      for (const [at, item] of (await this.#items(unit)).entries()) {
        // A list of a thousand holds nobody up.
        if (at % TURN_ITEMS === TURN_ITEMS - 1) await nextTurn()
        const offer = await this.#offer(item, unit).catch((thrown: unknown) => this.#unwritable(item, thrown))
        for (const file of offer?.files ?? [])
          if (!this.#parts.readings.isRemoved(item.row, file.name)) entries.push(entryOf(file, item))
      }
    return entries
  }

  async open(path: Path, mode: OpenMode): Promise<OpenFile> {
    if (mode.write) throw this.#fixed(path)
    const [name, more] = path
    const found = name === undefined || more !== undefined ? undefined : await this.#find(name)
    if (found === undefined || found.offer.item.confirmed) throw notThere([this.#area, ...path])
    return this.#opened(found.offer, found.file)
  }

  /** A part that was read goes from the list; with the first, or the last, of an item that is delivered the item. */
  async remove(path: Path): Promise<void> {
    const { readings, house } = this.#parts
    const [name, more] = path
    const found = name === undefined || more !== undefined ? undefined : await this.#find(name)
    if (found === undefined) throw notThere([this.#area, ...path])
    const { item, files } = found.offer
    // With another of its parts it was confirmed a moment ago.
    if (item.confirmed) return
    const isDelivered = item.fetchedAt !== undefined
    if (!isDelivered && !readings.isDone(item.row, found.file.name))
      throw new YizhanError('FILES_NOT_READ', { value: `/${this.#area}/${found.file.name}` })
    readings.remove(item.row, found.file.name)
    if (isDelivered && (found.file === files[0] || files.every((file) => readings.isRemoved(item.row, file.name))))
      await house.ledger.pickup.confirm({ row: item.row, now: house.clock.now() })
  }

  makeFolder(path: Path): Promise<void> {
    return Promise.reject(this.#fixed(path))
  }

  removeFolder(path: Path): Promise<void> {
    return Promise.reject(this.#fixed(path))
  }

  rename(from: Path): Promise<void> {
    return Promise.reject(this.#fixed(from))
  }

  #fixed(path: Path): YizhanError {
    return fixed([this.#area, ...path], '只能读取和删除 / read and remove only')
  }

  #unitIds(): readonly string[] {
    const { account, house, settings } = this.#parts
    if (account.units !== '*') return account.units
    return [...new Set(house.city().units.flatMap(({ id, system }) => (system === settings.id ? [id] : [])))]
  }

  #items(unit: string): Promise<readonly PickupItem[]> {
    const { settings, inbox } = this.#parts
    return inbox.list(this.#caller(), unit, settings.config.limits.offered, this.#kinds)
  }

  #caller(): Caller {
    return { account: this.#parts.account, system: this.#parts.settings.system }
  }

  /** The item whose file is called so, whether or not it is listed still. */
  async #find(name: string): Promise<{ readonly offer: Offer; readonly file: OfferedFile } | undefined> {
    const { house, settings } = this.#parts
    const stem = name.split('.', 1)[0] ?? ''
    const at = stem.indexOf('_')
    const units = this.#unitIds()
    const unit = at === -1 ? units[0] : stem.slice(0, at)
    if (unit === undefined || !units.includes(unit)) return undefined
    const row = deliveryId(stem.slice(at + 1), unit)
    const item = await house.ledger.pickup.get({ system: settings.id, unit, row })
    if (item === undefined || !this.#kinds.includes(item.message.kind)) return undefined
    const offer = await this.#offer(item, unit)
    const file = offer.files.find((one) => one.name === name)
    return file === undefined || (!item.confirmed && this.#parts.readings.isRemoved(row, name))
      ? undefined
      : { offer, file }
  }

  async #offer(item: PickupItem, unit: string): Promise<Offer> {
    const { house, inbox, units, settings, account } = this.#parts
    const made = this.#made.get(item.row)
    if (made !== undefined) return { item, files: made.files }
    const stem = this.#unitIds().length > 1 ? `${unit}_${item.message.id}` : item.message.id
    const client = settings.client(account.id)
    const offer = await makeOffer(
      { house, inbox, units, unit, client, caller: this.#caller(), config: settings.config },
      item,
      stem,
    )
    this.#made.set(item.row, offer)
    return offer
  }

  /** What breaks the form's rules is left out of the list, and the log says so. */
  #unwritable({ row }: PickupItem, thrown: unknown): undefined {
    if (!(thrown instanceof YizhanError) || thrown.status >= 500) throw thrown
    const error = new YizhanError('INTERNAL', { detail: thrown.message }, { cause: thrown })
    const { house, settings } = this.#parts
    house.emit.emit(internalError(error, house.clock.now(), { system: settings.id, row }))
  }

  async #opened({ item, files }: Offer, file: OfferedFile): Promise<OpenFile> {
    const { house, account, source, readings, inbox } = this.#parts
    const started = house.clock.now()
    const memory = house.door.memory(source, account.id)
    memory.grow(file.size)
    let bytes: Buffer
    try {
      bytes = await file.read()
    } catch (thrown) {
      memory.release()
      throw thrown
    }
    const { row } = item
    return {
      size: bytes.length,
      changedAt: item.createdAt,
      read: (offset, length) => {
        const part = bytes.subarray(offset, offset + length)
        if (part.length > 0) readings.given(row, file.name, offset, part.length)
        return Promise.resolve(part)
      },
      write: () => Promise.reject(this.#fixed([file.name])),
      truncate: () => Promise.reject(this.#fixed([file.name])),
      close: async (whole) => {
        memory.release()
        if (!whole || !readings.closed(row, file.name, bytes.length)) return
        if (files.every(({ name }) => readings.isDone(row, name))) await inbox.fetched(item, started)
      },
    }
  }
}

function entryOf({ name, size }: OfferedFile, { createdAt }: PickupItem): FileEntry {
  return { name, kind: 'file', size, changedAt: createdAt }
}
