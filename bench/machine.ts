import { open, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { median, significant } from './statistics.ts'

/** What the figures were measured on. */
export interface Machine {
  readonly processors: number
  readonly model: string
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** milliseconds of one fdatasync after writing 4 KiB, median of many */
  readonly fdatasyncMs: number
  /** processes that wanted a processor when the bench began, others' included (proc(5), loadavg over a minute) */
  readonly loadBefore: number
}

const SYNCS = 200

export async function machine(folder: string): Promise<Machine> {
  return {
    processors: os.availableParallelism(),
    model: os.cpus()[0]?.model ?? '?',
    memoryGiB: significant(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    fdatasyncMs: await fdatasyncMs(folder),
    loadBefore: significant(os.loadavg()[0] ?? 0),
  }
}

async function fdatasyncMs(folder: string): Promise<number> {
  const path = join(folder, 'fdatasync')
  const file = await open(path, 'w')
  const block = Buffer.alloc(4_096)
  const times: number[] = []
  try {
    for (let i = 0; i < SYNCS; i++) {
      await file.write(block)
      const started = performance.now()
      await file.datasync()
      times.push(performance.now() - started)
    }
  } finally {
    await file.close()
  }
  await rm(path)
  return significant(median(times))
}
