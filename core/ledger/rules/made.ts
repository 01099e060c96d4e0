import type { Message, Party, Recipient, Subject } from '../../message/schema.ts'
import type { Books } from './books.ts'
import { parseMessage } from '../../message/json.ts'

/** What outcomes and dead letters say of the message that they are about. */

/** Subject fields of the document that a message belongs to. */
export async function subjectFor(books: Books, message: Message): Promise<Subject> {
  if (!('about' in message)) return ownSubject(message)
  const document = await books.messages.get(message.about.id)
  return document?.kind === 'document' ? ownSubject(parseMessage(document.body)) : message.about
}

/** The number as what is made of a message may have it: a petition's is the code that opens it to whoever holds it. */
export function numberFor({ kind, number }: Pick<Message, 'kind' | 'number'>): string | undefined {
  return kind === 'petition' ? undefined : number
}

function ownSubject(message: Message): Subject {
  return {
    id: message.id,
    number: numberFor(message),
    from: message.from,
    externalId: message.origin.externalId,
    ...(message.kind === 'document' ? { title: message.document.title, direction: message.document.direction } : {}),
  }
}

/** Whoever sent it, as recipients: so that a flow can send something back. */
export function senderOf(message: Message): Recipient[] {
  return message.from.unit === undefined ? [] : [{ unit: message.from.unit, name: message.from.name, role: 'to' }]
}

/** What stands for the name of a unit that a message does not name: people read it, and an id is nothing for them. */
const NAMELESS = '收文单位'

/** A unit that the message was delivered to, with the name that the message gives it. */
export function unitParty(message: Message, unit: string): Party {
  return { unit, name: message.recipients.find((r) => r.unit === unit)?.name ?? NAMELESS }
}
