import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Folders of the sandbox itself: the attempts journal names what it attempted. */
const OURS: ReadonlySet<string> = new Set(['inboxes', 'sandbox'])

/**
 * Files below a folder in which a text can be found as it is, in UTF-16, or inside base64 at any of the three offsets.
 * What must not be kept must not lie in ledger, content store, log or temporary file either.
 */
export function tracesOf(marker: string, folder: string): string[] {
  const needles = [Buffer.from(marker), Buffer.from(marker, 'utf16le'), ...inBase64(Buffer.from(marker))]
  return filesBelow(folder)
    .filter((path) => {
      const bytes = unlessGone(() => readFileSync(path))
      return bytes !== undefined && needles.some((needle) => bytes.includes(needle))
    })
    .map((path) => relative(folder, path))
}

/** How the bytes look inside base64, whatever stands before and behind them. */
function inBase64(bytes: Buffer): Buffer[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The first and last characters depend on the neighbours.
    const start = offset === 0 ? 0 : offset + 1
    const whole = Math.floor(((offset + bytes.length) * 8) / 6)
    return Buffer.from(encoded.slice(start, whole), 'latin1')
  })
}

function filesBelow(folder: string, top = true): string[] {
  return (unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return top && OURS.has(entry.name) ? [] : filesBelow(path, false)
    return entry.isFile() ? [path] : []
  })
}

/**
 * Temporary files come and go while the station runs, also between the look into a folder and the look into the file.
 */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
