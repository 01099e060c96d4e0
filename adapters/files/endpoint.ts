import { join } from 'node:path'
import type { ServerChannel } from 'ssh2'
import type { House } from '../../core/adapter/port.ts'
import { internalError } from '../../core/events/internal.ts'
import { Inbox } from '../kit/exchange/inbox.ts'
import { UnitCodes } from '../kit/exchange/units.ts'
import { FilesSettings, type FilesConfig } from './config.ts'
import { OffersFolder } from './in/folder.ts'
import { Readings } from './in/readings.ts'
import { OutFolder } from './out/folder.ts'
import { Intake } from './out/intake.ts'
import { Spool } from './out/spool.ts'
import { AccountPace } from './pace.ts'
import { serveScp } from './scp/session.ts'
import { serveSftp, type SessionParts } from './sftp/session.ts'
import type { AskedService, Visitor } from './ssh/guest.ts'
import { hostKeys } from './ssh/host-keys.ts'
import { SshListener } from './ssh/listener.ts'
import { JoinedFolder } from './tree/joined-folder.ts'
import { Notes } from './tree/notes.ts'
import { NotesFolder } from './tree/notes-folder.ts'
import type { Folder } from './tree/port.ts'
import { RootFolder } from './tree/root.ts'

/** What an account's sessions share. */
interface Shared {
  readonly made: Set<string>
  readonly pace: AccountPace
}

/** One SFTP endpoint: its port, its spool, and what its accounts see. */
export class Endpoint {
  readonly #house: House
  readonly #settings: FilesSettings
  readonly #spool: Spool
  readonly #notes: Notes
  readonly #intake: Intake
  readonly #readings = new Readings()
  readonly #inbox: Inbox
  readonly #units: UnitCodes
  readonly #shared = new Map<string, Shared>()
  #listener: SshListener | undefined
  #listening: FilesConfig['listen'] | undefined

  constructor(house: House, id: string) {
    this.#house = house
    this.#settings = new FilesSettings(house, id)
    const folder = house.folder(id)
    this.#spool = new Spool(join(folder, 'spool'), house.clock)
    this.#notes = new Notes(join(folder, 'notes'), house.clock, () => this.#settings.config.notesMs)
    this.#intake = new Intake({ house, settings: this.#settings, spool: this.#spool, notes: this.#notes })
    this.#inbox = new Inbox(house)
    this.#units = new UnitCodes(house)
  }

  /** @throws YizhanError CONFIG_INVALID */
  check(): void {
    this.#settings.check()
  }

  /** Takes up what was given before the last end, and opens the port. */
  async start(): Promise<void> {
    await this.#spool.load()
    await this.#notes.load()
    this.#intake.start()
    await this.#listen()
  }

  /** The configuration has changed: on another port it is opened anew. */
  async follow(): Promise<void> {
    const { listen } = this.#settings
    // An account may have come back, or be agreed with otherwise.
    this.#intake.start()
    if (this.#listening === undefined || JSON.stringify(listen) === JSON.stringify(this.#listening)) return
    await this.#listener?.close()
    await this.#listen()
  }

  async close(): Promise<void> {
    await this.#listener?.close()
    await this.#intake.close()
  }

  async #listen(): Promise<void> {
    const { listen } = this.#settings
    const keys = await hostKeys(this.#house.folder(this.#settings.id))
    const listener = new SshListener({
      house: this.#house,
      system: this.#settings.id,
      keys,
      limits: () => this.#settings.config.limits,
      serve: (visitor, channel, asked, signal) => this.#serve(visitor, channel, asked, signal),
    })
    const port = await listener.listen(listen.host, listen.port)
    this.#listener = listener
    this.#listening = listen
    this.#house.emit.emit({
      code: 'files.listening',
      at: this.#house.clock.now(),
      system: this.#settings.id,
      detail: `${listen.host}:${port} ${keys.map(({ fingerprint }) => fingerprint).join(' ')}`,
    })
  }

  async #serve(visitor: Visitor, channel: ServerChannel, asked: AskedService, signal: AbortSignal): Promise<number> {
    const { pace } = this.#sharedOf(visitor.account.id)
    const parts: SessionParts = {
      root: this.#rootOf(visitor),
      names: this.#settings.client(visitor.account.id).names,
      limits: this.#settings.config.limits,
      pace: async (bytes) => {
        visitor.active()
        await pace.spend(bytes, signal)
        visitor.active()
      },
      internal: (thrown) =>
        this.#house.emit.emit(internalError(thrown, this.#house.clock.now(), { system: this.#settings.id })),
      signal,
    }
    if (!asked.sftp) return serveScp(channel, asked.command, parts)
    await serveSftp(channel, parts)
    return 0
  }

  #sharedOf(account: string): Shared {
    const known = this.#shared.get(account)
    if (known !== undefined) return known
    const made = {
      made: new Set<string>(),
      pace: new AccountPace(this.#house.clock, () => this.#settings.config.limits),
    }
    this.#shared.set(account, made)
    return made
  }

  #rootOf({ account, source }: Omit<Visitor, 'active'>): Folder {
    const [house, settings, notes] = [this.#house, this.#settings, this.#notes]
    const names = (): FilesConfig['names'] => settings.client(account.id).names
    const out = new OutFolder(
      {
        account: account.id,
        spool: this.#spool,
        limits: () => settings.config.limits,
        changed: () => this.#intake.look(account.id),
      },
      this.#sharedOf(account.id).made,
    )
    const offers = {
      ...{ house, settings, account, source },
      ...{ inbox: this.#inbox, units: this.#units, readings: this.#readings },
    }
    const receipts = new OffersFolder(offers, 'receipts', ['receipt', 'return', 'outcome'])
    return new RootFolder(
      new Map<string, Folder>([
        ['out', out],
        ['in', new OffersFolder(offers, 'in', ['document', 'withdrawal', 'reply'])],
        ['receipts', new JoinedFolder(new NotesFolder(notes, account.id, 'receipts', names), receipts)],
        ['errors', new NotesFolder(notes, account.id, 'errors', names)],
      ]),
    )
  }
}
