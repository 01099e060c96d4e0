import type { House } from '../../../core/adapter/port.ts'
import type { Outbound, Sender, Taken } from '../../../core/delivery/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import type { Message } from '../../../core/message/schema.ts'
import { withoutDoubt } from '../../kit/doubt.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import { UnitCodes } from '../../kit/exchange/units.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'
import { makeOffer, type OfferedFile } from '../in/offer.ts'
import { handoverOf, putTogether, type PutFile } from './put.ts'
import type { PolledPlaceParts } from './place.ts'

/** Of what lies there already, so much is read back and compared. */
const MOST_COMPARED = 1024 * 1024

/** Puts items for the units of one place: documents into `in/`, what became of theirs into `receipts/`. */
export class FilesSender implements Sender {
  readonly #house: House
  readonly #place: PolledPlaceParts
  readonly #inbox: Inbox
  readonly #units: UnitCodes

  constructor(house: House, place: PolledPlaceParts) {
    this.#house = house
    this.#place = place
    this.#inbox = new Inbox(house)
    this.#units = new UnitCodes(house)
  }

  async send(outbound: Outbound, signal: AbortSignal): Promise<Taken> {
    const { connection, prepared, settings } = this.#place
    const [main, ...others] = await this.#files(outbound)
    const all: [PutFile, ...PutFile[]] = [
      await this.#read(outbound, main),
      ...(await Promise.all(others.map((file) => this.#read(outbound, file)))),
    ]
    // Whoever may have it has been asked about it.
    await prepared.clear(outbound.id)
    const last = { isBegun: false }
    try {
      await connection.use(signal, (files) =>
        putTogether(files, all, settings.config, async (handover) => {
          await prepared.add(outbound.id, handover)
          last.isBegun = true
        }),
      )
    } catch (thrown) {
      throw last.isBegun ? thrown : withoutDoubt(asYizhanError(thrown))
    }
    return { remoteId: main.name }
  }

  async probe(outbound: Outbound, signal: AbortSignal): Promise<{ readonly taken: boolean } & Taken> {
    const { connection, prepared, settings } = this.#place
    const { config } = settings
    const [main] = await this.#files(outbound)
    const path = this.#pathOf(outbound.message, main.name)
    const begun = await prepared.get(outbound.id)
    const { done, before } = begun ?? handoverOf(path, config)
    const taken = await connection.use(signal, async (files) => {
      if ((await files.stat(done)) !== undefined) {
        if (done === path) await this.#compare(files, path, await main.read())
        return true
      }
      for (const folder of config.folders.taken)
        if ((await files.stat(`${folder}/${main.name}`)) !== undefined) return true
      return begun !== undefined && (await files.stat(before)) === undefined
    })
    return taken ? { taken, remoteId: main.name } : { taken }
  }

  /** The connection is the place's. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  async #files({ id, unit, message }: Outbound): Promise<readonly [OfferedFile, ...OfferedFile[]]> {
    const { settings, caller, units } = this.#place
    if (unit === undefined) throw new YizhanError('INTERNAL', { detail: `${id} is for no unit` })
    const stem = units.length > 1 ? `${unit}_${message.id}` : message.id
    const { config } = settings
    const parts = { house: this.#house, inbox: this.#inbox, units: this.#units, unit, caller, config, client: config }
    const { files } = await makeOffer(parts, { row: id, message, createdAt: Date.parse(message.acceptedAt) }, stem)
    const [main, ...others] = files
    if (main === undefined) throw new YizhanError('INTERNAL', { detail: `${id} has no files` })
    return [main, ...others]
  }

  async #read({ message }: Outbound, file: OfferedFile): Promise<PutFile> {
    return { path: this.#pathOf(message, file.name), bytes: await file.read() }
  }

  #pathOf({ kind }: Message, name: string): string {
    const { folders } = this.#place.settings.config
    const isAbout = kind === 'receipt' || kind === 'return' || kind === 'outcome'
    return `${isAbout ? folders.receipts : folders.in}/${name}`
  }

  /** Its name is the message's, and it was whole when it got that: anything else is somebody else's doing. */
  async #compare(files: RemoteFiles, path: string, bytes: Buffer): Promise<void> {
    const size = (await files.stat(path))?.size
    // They may have taken it meanwhile.
    if (size === undefined) return
    const isSame = size === bytes.length && (size > MOST_COMPARED || (await files.read(path, size)).equals(bytes))
    if (!isSame)
      throw new YizhanError('STATUS_UNCLEAR', {
        field: this.#place.settings.id,
        detail: `${path}: ${size} 字节 / bytes`,
      })
  }
}
