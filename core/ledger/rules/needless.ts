import { parseMessage } from '../../message/json.ts'
import type { RecipientState } from '../../message/recipient-state.ts'
import type { Books } from './books.ts'
import type { StoredMessage } from '../stored.ts'

/**
 * A notice (提醒) that is for those in some state about a document, and none of its units is in one any more, or the
 * document was withdrawn. What the ledger cannot judge is needed: a notice about something else, a unit that is no
 * recipient.
 */
export async function isNeedless(books: Books, stored: StoredMessage): Promise<boolean> {
  if (stored.kind !== 'notice') return false
  const message = parseMessage(stored.body)
  if (message.kind !== 'notice' || message.notice.onlyWhile === undefined) return false
  const { onlyWhile } = message.notice
  const document = await books.documents.get(message.about.id)
  if (document === undefined) return false
  if (document.withdrawn_by !== null) return true
  const states: RecipientState[] = []
  for (const { unit } of message.recipients) {
    const recipient = await books.documents.recipient(document.message, unit)
    if (recipient !== undefined) states.push(recipient.state)
  }
  return states.length > 0 && !states.some((state) => onlyWhile.includes(state))
}
