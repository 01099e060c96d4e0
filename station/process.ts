import { asError, isDiskFull, YizhanError } from '../core/errors/error.ts'
import { pause } from '../core/util/pause.ts'
import { keepFilesPrivate } from '../core/util/private-files.ts'
import { HeldBack, reasonText, standBy } from './held-back.ts'
import type { StationOptions } from './options.ts'
import { startStation } from './station.ts'
import { removeStationFile, writeStationFile } from './station-file.ts'

/** How often it is looked whether a start is possible, milliseconds. */
const LOOK_MS = 2_000

/**
 * The station as this process: prints one line of JSON when it is ready, or when a person has to decide first; stops on
 * SIGTERM and SIGINT, and ends with 1 where it cannot start.
 *
 * @param options may throw what is wrong with the command line
 */
export function runStation(options: () => StationOptions): void {
  keepFilesPrivate()
  const starting = start(options)
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    const closing = starting.then((station) => station.close())
    closing.then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function start(wanted: () => StationOptions): Promise<{ close(): Promise<void> }> {
  try {
    const options = wanted()
    const started = await startStation(options).catch((error: unknown) => {
      if (error instanceof HeldBack) return hold(error, options)
      throw error
    })
    if (!('gone' in started)) return started
    // Without its ledger it could only refuse everybody: whoever started it starts it again, and nothing is lost.
    void started.gone.then((error) => {
      process.stderr.write(
        `台账线程已结束，站点退出 / the ledger's thread has ended, the station exits: ${error.stack ?? error.message}\n`,
      )
      process.exit(1)
    })
    const { http, editor, listeners } = started
    say({ ready: true, http, editor, listeners, pid: process.pid })
    return started
  } catch (error) {
    // What is wrong with the command line or the configuration says all by itself; of anything else the place matters.
    process.stderr.write(`${error instanceof YizhanError ? error.message : (asError(error).stack ?? String(error))}\n`)
    process.exit(1)
  }
}

async function hold(held: HeldBack, options: StationOptions): Promise<{ close(): Promise<void> }> {
  const { data, secrets } = options
  const { code, zh, en } = held.reason
  const standing = await standBy(held)
  const { near } = standing
  try {
    writeStationFile(data, near, secrets, standing.certificate)
  } catch (thrown) {
    // No room for it: the command line has to be told where this station is.
    if (!isDiskFull(thrown)) throw thrown
  }
  process.stderr.write(`${reasonText(held.reason)}\n`)
  say({ ready: false, http: near, pid: process.pid, error: { code, zh, en } })
  const leaving = {
    close: () => {
      removeStationFile(data)
      return standing.close()
    },
  }
  if (held.over === undefined) return leaving
  const ended = new AbortController()
  const later = again(options, held.over, leaving, ended.signal)
  return {
    async close() {
      ended.abort()
      await (await later).close()
    },
  }
}

/** Starts once what held it is over. */
async function again(
  options: StationOptions,
  over: () => Promise<boolean>,
  standing: { close(): Promise<void> },
  ended: AbortSignal,
): Promise<{ close(): Promise<void> }> {
  while (!(await over())) {
    await pause(LOOK_MS, ended)
    if (ended.aborted) return standing
  }
  await standing.close()
  return start(() => options)
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
