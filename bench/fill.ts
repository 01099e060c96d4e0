import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openLedger } from '../core/ledger/open.ts'
import { systemClock } from '../core/util/clock.ts'
import { Lives } from './life.ts'

export interface Filling {
  /** the station's data folder; no station may run on it */
  readonly data: string
  readonly messages: number
  readonly firstSerial: number
  readonly fileBytes: number
  readonly say: (line: string) => void
}

export interface Filled {
  readonly seconds: number
  /** all files of the folder, as they lie on disk, once the ledger is closed */
  readonly bytesOnDisk: number
}

/** Documents under way at once: more make no larger groups. */
const CALLERS = 256
const SAY_EVERY = 50_000
/** What a station has unless told. */
const HOP = { maxAttempts: 5, backoffMs: 1_000, maxBackoffMs: 300_000 }

/** Fills a bench station's ledger with finished messages, through its own port, as fast as it goes. */
export async function fill(filling: Filling): Promise<Filled> {
  const { data, messages, firstSerial, fileBytes } = filling
  await mkdir(data, { recursive: true })
  const witness = `${resolve(data)}.end`
  const opened = await openLedger({ folder: data, station: 'bench', clock: systemClock, hop: HOP, witness })
  const started = performance.now()
  try {
    const lives = new Lives(opened, { clock: systemClock, subscription: 'bench' })
    await lives.subscribe()
    let next = 0
    const live = async (): Promise<void> => {
      while (next < messages) {
        const n = next++
        await lives.live({ serial: firstSerial + n, fileBytes, recipients: 1 })
        if ((n + 1) % SAY_EVERY === 0) filling.say(`装入 fill  ${n + 1} of ${messages}`)
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, live))
  } finally {
    await opened.ledger.close()
  }
  return { seconds: (performance.now() - started) / 1_000, bytesOnDisk: await bytesOnDisk(data) }
}

async function bytesOnDisk(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(async (entry) => stat(join(entry.parentPath, entry.name))),
  )
  // stat(2): blocks are of 512 bytes whatever the file system's are
  return sizes.reduce((sum, { blocks }) => sum + blocks * 512, 0)
}
