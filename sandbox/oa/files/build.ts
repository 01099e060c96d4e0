import { join } from 'node:path'
import { SftpHost } from '../../archive/sftp-host.ts'
import type { CountedUnit } from '../../counting/units.ts'
import { freePort } from '../../net/ports.ts'
import { loginOf, secretOf, type CityOptions, type SystemEntry } from '../city-files.ts'
import type { Inboxes } from '../inboxes.ts'
import type { Plant } from '../port.ts'
import { DiskFolders, ServedFolders, type Folders } from './folders.ts'
import { FilesPlant } from './plant.ts'
import { FilesOa } from './unit.ts'

/** What the configuration cannot know beforehand: where the folders are. */
export interface BuiltFiles {
  readonly plants: readonly Plant[]
  readonly settings: Readonly<Record<string, unknown>>
}

const USERNAME = 'yizhan'

/**
 * Units that know only files: those that come to the station's endpoint, or one whose own server or folder the station
 * goes to, as the system's settings say.
 */
export async function buildFiles(
  options: CityOptions,
  inboxes: Inboxes,
  system: SystemEntry,
  units: readonly CountedUnit[],
): Promise<BuiltFiles> {
  const { settings = {} } = system
  const plant = (unit: CountedUnit, folders: Folders, host?: SftpHost): Plant =>
    new FilesPlant(new FilesOa(unit.id, system.id, folders, inboxes), unit.name, folders, host)
  if (settings['listen'] !== undefined) {
    const port = await freePort(0)
    const plants = units.map((unit) => {
      const { name: username, password } = loginOf(options.files, options.secrets, unit)
      return plant(unit, new ServedFolders({ port: () => port, username, password }))
    })
    return { plants, settings: { listen: { port } } }
  }
  const root = join(options.memory, system.id)
  const folders = new DiskFolders(root)
  await folders.make()
  if (settings['server'] === undefined)
    return { plants: units.map((unit) => plant(unit, folders)), settings: { folder: { path: root } } }
  const host = new SftpHost({
    root,
    keyFile: join(options.memory, `${system.id}.key`),
    username: USERNAME,
    password: secretOf(options.secrets, `${system.id}.password`),
    renamed: () => undefined,
  })
  await host.switchOn()
  return {
    plants: units.map((unit) => plant(unit, folders, host)),
    settings: { server: { host: '127.0.0.1', port: host.port, username: USERNAME, hostKeys: [host.fingerprint] } },
  }
}
