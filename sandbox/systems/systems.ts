import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { Bureau } from '../archive/bureau.ts'
import { SandboxDirectory } from '../directory/directory.ts'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import { MailBoxes } from '../mail/boxes.ts'
import { SandboxMailServer } from '../mail/server.ts'
import { secretOf, type CityFiles } from '../oa/city-files.ts'
import { PortalSite } from '../portal/site.ts'
import type { Merge } from '../launch/config.ts'
import type { Secrets } from '../secrets.ts'
import { SmsCentre } from '../sms/centre.ts'
import { archiveModes, directoryModes, mailModes, portalModes, smsModes, type Mode, type Put } from './modes.ts'
import { CMPP, LOGINS, SYSTEMS, type SystemName } from './names.ts'

export interface SystemsOptions {
  readonly files: CityFiles
  readonly secrets: Secrets
  /** what they receive is written here: `DIR/<system>/…` */
  readonly inboxes: string
  /** whatever else they remember */
  readonly memory: string
  /** the station's base URL, as it is now; no slash at the end */
  readonly station: () => string
  /** the city's office writes a merge into the station's configuration */
  readonly merged?: (merge: Merge) => Promise<void>
}

/** Something that somebody wrote on a phone, from the sandbox's page or in a scenario. */
export interface Written {
  readonly phone: string
  /** the SP's number with its extension */
  readonly to: string
  readonly text: string
  readonly at: string
}

/** A carrier waits a minute before it sends again what was not confirmed; here a day passes in one. */
const RESEND_MS = 3_000

/**
 * The city's systems beside the OAs: portal, SMS centre with its phones, mail server, archive bureau, directory. Each
 * listens on a loopback port of its own, which stays.
 */
export class CitySystems extends EventEmitter<{ switched: [SystemName, Mode]; wrote: [Written]; changed: [string] }> {
  readonly sms: SmsCentre
  readonly mail: SandboxMailServer
  readonly boxes: MailBoxes
  readonly bureau: Bureau
  readonly directory: SandboxDirectory
  readonly portal: PortalSite
  readonly #put: Readonly<Record<SystemName, Put>>
  readonly #modes = new Map<SystemName, Mode>()
  readonly #written: Written[]
  readonly #writtenLog: JsonLog<Written>
  readonly #merged: SystemsOptions['merged']

  private constructor({ files, secrets, inboxes, memory, station, merged }: SystemsOptions) {
    super()
    this.#merged = merged
    const secret = (name: string): string => secretOf(secrets, name)
    this.sms = new SmsCentre({
      folder: join(memory, 'sms'),
      phones: join(inboxes, 'sms'),
      account: CMPP.account,
      secret: secret('sms.password'),
      version: 3,
      resendMs: RESEND_MS,
    })
    this.boxes = new MailBoxes(join(inboxes, 'mail'))
    this.mail = new SandboxMailServer({
      boxes: this.boxes,
      login: { username: LOGINS.mail, password: secret('mail.password') },
    })
    this.bureau = new Bureau({
      folder: join(memory, 'archive'),
      shelves: join(inboxes, 'archive'),
      username: LOGINS.archive,
      password: secret('archive.password'),
    })
    this.directory = new SandboxDirectory({
      units: files.units,
      folder: join(memory, 'directory'),
      servicePassword: secret('directory.password'),
      password: secret('directory.people'),
    })
    this.portal = new PortalSite({
      folder: join(inboxes, 'portal'),
      memory: join(memory, 'portal'),
      station,
      account: LOGINS.portal,
      password: secret('account.portal'),
      callbackSecret: secret('portal.callback'),
    })
    this.#put = {
      portal: portalModes(this.portal),
      sms: smsModes(this.sms),
      mail: mailModes(this.mail),
      archive: archiveModes(this.bureau),
      directory: directoryModes(this.directory),
    }
    const path = join(memory, 'sms', 'written.jsonl')
    this.#written = readJsonLog<Written>(path)
    this.#writtenLog = new JsonLog(path)
  }

  static async open(options: SystemsOptions): Promise<CitySystems> {
    const systems = new CitySystems(options)
    await Promise.all([
      systems.sms.switchOn(),
      systems.mail.switchOn(),
      systems.bureau.start(),
      systems.directory.start(),
      systems.portal.switchOn(),
    ])
    for (const name of SYSTEMS) systems.#modes.set(name, 'on')
    return systems
  }

  mode(name: SystemName): Mode {
    return this.#modes.get(name) ?? 'off'
  }

  async switch(name: SystemName, mode: Mode): Promise<void> {
    await this.#put[name](mode)
    this.#modes.set(name, mode)
    this.emit('switched', name, mode)
  }

  /** What was written on phones, in order. */
  get written(): readonly Written[] {
    return this.#written
  }

  /** Somebody answers on a phone: to whoever wrote last, or to the city's number. */
  async write(phone: string, text: string): Promise<void> {
    const to = this.sms.received(phone).at(-1)?.from ?? CMPP.accessNumber
    const written: Written = { phone, to, text, at: new Date().toISOString() }
    await this.#writtenLog.add(written)
    this.#written.push(written)
    await this.sms.reply(phone, to, text)
    this.emit('wrote', written)
  }

  /** Something happens to the directory's tree. @param what in words, for whoever watches */
  async change(what: string, action: (directory: SandboxDirectory) => Promise<void>): Promise<void> {
    await action(this.directory)
    this.emit('changed', what)
  }

  /**
   * A unit merges into another: in the directory now, and for the station from that day on. @param from YYYY-MM-DD, in
   * Shanghai
   */
  async merge(unit: string, into: string, from: string): Promise<void> {
    const nameOf = (id: string): string => this.directory.tree.units.find((one) => one.id === id)?.name ?? id
    const what = `${nameOf(unit)} 并入 merged into ${nameOf(into)}（${from} 起 from then）`
    await this.#merged?.({ unit, into, from })
    await this.change(what, (directory) => directory.merge(unit, into))
  }

  async close(): Promise<void> {
    await Promise.all([
      this.sms.close(),
      this.mail.switchOff(),
      this.bureau.close(),
      this.directory.close(),
      this.portal.close(),
    ])
    await Promise.all([this.boxes.close(), this.#writtenLog.close()])
  }
}
