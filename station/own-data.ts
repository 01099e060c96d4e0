import { mkdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventSink } from '../core/events/event.ts'
import type { Clock } from '../core/util/clock.ts'
import { narrowRights, STATION_NAMES, type Narrowed } from '../core/util/private-files.ts'

/**
 * Makes the data folder, or takes from others what an earlier version, a copy or a restored backup left open to them.
 *
 * @param witness the file that holds the chain's end, wherever it lies
 */
export async function ownData(folder: string, witness: string): Promise<Narrowed> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return narrowRights(folder, STATION_NAMES, [witness])
}

/** Where a system's adapter keeps what is its own. */
export function ownFolder(data: string, system: string): string {
  const folder = join(data, 'systems', system)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

export function tellNarrowed({ narrowed, open }: Narrowed, sink: EventSink, clock: Clock): void {
  if (narrowed > 0)
    sink.emit({ code: 'data.narrowed', at: clock.now(), detail: `${narrowed} 个文件与目录 files and folders` })
  if (open.length > 0) sink.emit({ code: 'data.open', at: clock.now(), detail: open.slice(0, 20).join('; ') })
}
