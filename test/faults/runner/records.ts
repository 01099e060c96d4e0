import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Urgencies by rank, as the dialect writes them. */
export const URGENCIES = ['特提', '特急', '加急', '平急', '普通'] as const

/** What the client was told, one JSON a line. */
export interface ClientLine {
  readonly at: number
  /** `sent` before the first try, `acknowledged` once it was answered with 200 */
  readonly what: 'sent' | 'acknowledged'
  /** a withdrawal has the id of its document */
  readonly kind: 'document' | 'withdrawal'
  readonly id: string
  /** of URGENCIES */
  readonly rank: number
}

/** What happened at the receiver, one JSON a line. */
export type ReceiverLine =
  | {
      readonly at: number
      readonly what: 'taken' | 'refused'
      /** by which the receiver knows an item again */
      readonly item: string
      readonly kind: 'document' | 'withdrawal'
      /** the client's id of the document that it is or is about */
      readonly id: string
    }
  /** it takes again what it has refused until now */
  | { readonly at: number; readonly what: 'open' }

export const FILES = { client: 'client.jsonl', receiver: 'receiver.jsonl' } as const

/** The lines of a file so far; one that is still being written is left for later. */
export function linesOf<T>(folder: string, who: keyof typeof FILES): T[] {
  const path = join(folder, FILES[who])
  if (!existsSync(path)) return []
  const text = readFileSync(path, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
