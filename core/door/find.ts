import type { Journal } from '../ledger/port.ts'
import type { Message } from '../message/schema.ts'
import { normalizeNumber } from '../message/number.ts'

/** Documents that a text names, newest first, at most `max`: by id, by the sender's own id, or by the number however it is written. */
export async function documentsNamed(journal: Pick<Journal, 'find'>, text: string, max: number): Promise<readonly Message[]> {
  const found = await journal.find({ text, max, kinds: ['document'] })
  const number = found.length > 0 ? undefined : normalizeNumber(text)
  return number === undefined || number === text ? found : journal.find({ text: number, max, kinds: ['document'] })
}
