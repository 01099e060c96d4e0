import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { YizhanError } from '../../core/errors/error.ts'

/** A station's own folder, as `yizhan init` lays it out; everything of a station but the program. */
export interface StationFolder {
  readonly root: string
  readonly config: string
  readonly flows: string
  /** ledger, contents, logs; mode 0700 */
  readonly data: string
  /** JSON, mode 0600 */
  readonly secrets: string
  /** systemd unit, example of a reverse proxy */
  readonly deploy: string
}

export function stationFolder(path: string): StationFolder {
  const root = resolve(path)
  return {
    root,
    config: join(root, 'config'),
    flows: join(root, 'flows'),
    data: join(root, 'data'),
    secrets: join(root, 'secrets.json'),
    deploy: join(root, 'deploy'),
  }
}

/** @throws YizhanError STATION_FOLDER_MISSING for a folder that `yizhan init` has not made */
export function existingStation(path: string): StationFolder {
  const folder = stationFolder(path)
  const place = join(folder.config, 'station.yaml')
  if (!existsSync(place)) throw new YizhanError('STATION_FOLDER_MISSING', { field: folder.root, value: place })
  return folder
}
