import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { isDiskFull, YizhanError } from '../core/errors/error.ts'

/** In the data folder, while a station runs there: where the command line finds it. */
const STATION_FILE = 'station.json'
/** A disk that was full is tried again so often, milliseconds. */
const AGAIN_MS = 1_000

const stationFile = z.looseObject({
  /** where it listens, as this machine reaches it */
  http: z.url({ protocol: /^https?$/ }),
  pid: z.int().positive(),
  /** PEM of the certificate that it shows, by which the command line knows it; absent: it serves without TLS */
  certificate: z.string().min(1).optional(),
  /** where the station has people: by it a command is its reader's own person's; another at each start */
  local: z.string().min(1).optional(),
  /** the secrets file that it was started with, absolute; absent where the environment has them */
  secrets: z.string().min(1).optional(),
})
export type StationFile = z.infer<typeof stationFile>

export function stationFileIn(data: string): string {
  return join(data, STATION_FILE)
}

/** Replaced as a whole: whoever reads it while a station starts finds the one before, or this. */
export function writeStationFile(
  data: string,
  http: string,
  secrets: string | undefined,
  certificate?: string,
  local?: string,
): void {
  const path = stationFileIn(data)
  const named = secrets ?? process.env['YIZHAN_SECRETS_FILE']
  const file: StationFile = {
    http,
    ...(certificate === undefined ? {} : { certificate }),
    pid: process.pid,
    ...(local === undefined ? {} : { local }),
    ...(named === undefined || named === '' ? {} : { secrets: resolve(named) }),
  }
  writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/**
 * The same for a station that runs, which does not end because nobody finds it: on a full disk it is written once there
 * is room.
 */
export class PlacedStationFile {
  readonly #data: string
  readonly #full: (thrown: unknown) => void
  #timer: NodeJS.Timeout | undefined

  /** @param full is told, once, where it has to wait */
  constructor(data: string, full: (thrown: unknown) => void) {
    this.#data = data
    this.#full = full
  }

  write(http: string, secrets: string | undefined, certificate?: string, local?: string): void {
    clearTimeout(this.#timer)
    const place = (isFirst: boolean): void => {
      try {
        writeStationFile(this.#data, http, secrets, certificate, local)
      } catch (thrown) {
        if (isFirst && !isDiskFull(thrown)) throw thrown
        if (isFirst) this.#full(thrown)
        this.#timer = setTimeout(() => place(false), AGAIN_MS).unref()
      }
    }
    place(true)
  }

  remove(): void {
    clearTimeout(this.#timer)
    removeStationFile(this.#data)
  }
}

/** Takes it away when the station ends. One data folder has one station: its ledger is locked. */
export function removeStationFile(data: string): void {
  rmSync(stationFileIn(data), { force: true })
}

/**
 * Undefined where no station has run, or the last one has ended as it should.
 *
 * @throws YizhanError STATION_UNREACHABLE for a file that cannot be read or was not written by a station
 */
export function readStationFile(data: string): StationFile | undefined {
  const path = stationFileIn(data)
  try {
    return stationFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new YizhanError(
      'STATION_UNREACHABLE',
      {
        field: path,
        detail:
          code === undefined ? '不是站点写的文件 / not written by a station' : `无法读取 / cannot be read: ${message}`,
      },
      { cause: error },
    )
  }
}

/** The address under which this machine reaches what listens on `host`. */
export function localUrl(host: string, port: number, scheme = 'http'): string {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${near.includes(':') ? `[${near}]` : near}:${port}`
}
