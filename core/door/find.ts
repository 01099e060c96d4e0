import { dayOf } from '../directory/bindings.ts'
import type { Journal } from '../ledger/port.ts'
import { YizhanError } from '../errors/error.ts'
import type { DocumentMessage, Message } from '../message/schema.ts'
import { normalizeNumber, numberInFull } from '../message/number.ts'

/**
 * Messages that a text names, newest first: by our id, by the sender's own id, or by the number however it is written.
 */
export async function findNamed(
  journal: Pick<Journal, 'find'>,
  request: Parameters<Journal['find']>[0],
): Promise<readonly Message[]> {
  const found = await journal.find(request)
  const number = found.length > 0 ? undefined : normalizeNumber(request.text)
  return number === undefined || number === request.text ? found : journal.find({ ...request, text: number })
}

/**
 * The newest of the documents that a text names. What was issued anew under the same number stands for what it
 * replaces; numbers without code or year, and submission ids of two senders, may be of two documents: NUMBER_AMBIGUOUS.
 */
export function theOne(documents: readonly DocumentMessage[], named: string): DocumentMessage | undefined {
  const [found] = documents
  if (found === undefined) return undefined
  const others = documents.filter((other) => other.trace !== found.trace && identityOf(other) !== identityOf(found))
  if (others.length > 0)
    throw new YizhanError('NUMBER_AMBIGUOUS', {
      field: '公文 document',
      value: named,
      rule: [found, ...others]
        .slice(0, 5)
        .map((one) => one.id)
        .join('、'),
    })
  return found
}

/** Whose number it is, in full; of a document without one its own id. */
function identityOf({ id, number, from, document, acceptedAt }: DocumentMessage): string {
  if (number === undefined) return id
  const day = document.date ?? dayOf(Date.parse(acceptedAt))
  return `${from.unit ?? from.name} ${numberInFull(number, document.documentType, day)}`
}
