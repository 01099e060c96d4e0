import type { Journal } from '../ledger/port.ts'
import type { Message } from '../message/schema.ts'
import { normalizeNumber } from '../message/number.ts'

/** Messages that a text names, newest first: by our id, by the sender's own id, or by the number however it is written. */
export async function findNamed(
  journal: Pick<Journal, 'find'>,
  request: Parameters<Journal['find']>[0],
): Promise<readonly Message[]> {
  const found = await journal.find(request)
  const number = found.length > 0 ? undefined : normalizeNumber(request.text)
  return number === undefined || number === request.text ? found : journal.find({ ...request, text: number })
}
