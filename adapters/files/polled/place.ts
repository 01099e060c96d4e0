import type { House } from '../../../core/adapter/port.ts'
import type { Account } from '../../../core/door/port.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { KeptConnection } from '../../kit/remote/kept-connection.ts'
import { LocalFolder } from '../../kit/remote/local-folder.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'
import { sftpSecrets } from '../../kit/sftp/config.ts'
import { openSftp } from '../../kit/sftp/open.ts'
import { FilesSettings, type FilesConfig } from '../config.ts'
import { PreparedPuts } from './prepared.ts'
import { SeenFiles } from './seen.ts'

/** A connection that nobody has used for so long is closed: rounds are further apart than deliveries. */
const IDLE_MS = 10_000

/** One server or folder of others: where it is, and what we remember of it. */
export class PolledPlace {
  readonly settings: FilesSettings
  readonly connection: KeptConnection
  readonly seen: SeenFiles
  readonly prepared: PreparedPuts
  readonly #house: House

  constructor(house: House, id: string) {
    this.#house = house
    this.settings = new FilesSettings(house, id)
    const folder = house.folder(id)
    this.seen = new SeenFiles(folder)
    this.prepared = new PreparedPuts(folder)
    this.connection = new KeptConnection(
      (signal) => openPlace(id, this.settings.config, (name) => house.secret(name), signal),
      IDLE_MS,
    )
  }

  /** In whose name the door is asked: whoever puts files there speaks for all units that are bound to it. */
  get caller(): Caller {
    const { system } = this.settings
    const account: Account = { id: `system:${system.id}`, system: system.id, units: this.units }
    return { account, system }
  }

  get units(): readonly string[] {
    const { id } = this.settings
    return [...new Set(this.#house.city().units.flatMap((unit) => (unit.system === id ? [unit.id] : [])))]
  }
}

/** What of a place is used. */
export type PolledPlaceParts = Pick<PolledPlace, 'settings' | 'connection' | 'seen' | 'prepared' | 'caller' | 'units'>

/** Rejects as `openSftp`. @param secretOf gives a secret by its name */
export async function openPlace(
  system: string,
  { server, folder, names }: Pick<FilesConfig, 'server' | 'folder' | 'names'>,
  secretOf: (name: string) => string,
  signal: AbortSignal,
): Promise<RemoteFiles> {
  if (server !== undefined)
    return openSftp(system, { ...server, names }, sftpSecrets(system, server.login, secretOf), signal)
  return new LocalFolder(system, { path: '/', operationTimeoutMs: 0, ...folder, names }, signal)
}
