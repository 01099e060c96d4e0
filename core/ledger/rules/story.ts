import type { Books } from './books.ts'
import type { StoredMessage } from '../stored.ts'

/**
 * The document that a message is, or is about. One that a flow changed is still that document to whoever gets it: its
 * withdrawal comes behind.
 */
export async function storyOf(books: Books, message: StoredMessage): Promise<string> {
  let id = message.subject ?? message.id
  // Flows are programs of others: parents that go in a circle end at the first that was met before.
  const met = new Set([id])
  for (
    let at = message.subject === null ? message : await books.messages.get(id);
    at?.kind === 'document' && at.parent !== null;
  ) {
    const parent = await books.messages.get(at.parent)
    if (parent?.kind !== 'document' || met.has(parent.id)) break
    at = parent
    id = parent.id
    met.add(id)
  }
  return id
}

/** The kind of the message that a message's story began with; undefined where the ledger does not have that. */
export async function beganAs(
  books: Books,
  message: Pick<StoredMessage, 'id' | 'trace' | 'kind'>,
): Promise<string | undefined> {
  return message.trace === message.id ? message.kind : (await books.messages.get(message.trace))?.kind
}
