import { deliveryId } from '../../message/ids.ts'
import type { Books } from './books.ts'
import type { AcceptResult, DocumentEffect } from '../port.ts'
import type { DocumentRow, RecipientRow } from '../schema.ts'

export type Refusal = Extract<AcceptResult, { status: 'refused' }>['code']
type Act = Exclude<DocumentEffect, { type: 'issue' | 'answered' | 'collected' }>

/** What the message of an act says of it. */
export interface ActFacts {
  readonly by: string | null
  readonly reason: string | null
}

export type ActResult =
  | { readonly outcome: 'refused'; readonly code: Refusal; readonly existing?: string }
  /** done before, by this message */
  | { readonly outcome: 'repeated'; readonly by: string }
  | { readonly outcome: 'new'; write(): Promise<void> }

/** What an act does to its document: checked now, written by `write` in the same transaction. */
export async function actOn(books: Books, act: Act, message: string, facts: ActFacts, now: number): Promise<ActResult> {
  const document = await books.documents.get(act.document)
  if (document === undefined) return { outcome: 'refused', code: 'NOT_FOUND' }
  if (act.type === 'withdraw') return await withdraw(books, act, document, message, facts, now)
  const recipient = await books.documents.recipient(act.document, act.unit)
  if (recipient === undefined) return { outcome: 'refused', code: 'NOT_YOURS' }
  switch (act.type) {
    case 'sign':
      return sign(books, document, recipient, message, facts, now)
    case 'return':
      return giveBack(books, document, recipient, message, facts, now)
    case 'reply':
      return reply(books, recipient, facts, now)
  }
}

function sign(
  books: Books,
  document: DocumentRow,
  recipient: RecipientRow,
  message: string,
  facts: ActFacts,
  now: number,
): ActResult {
  if (document.withdrawn_by !== null) return { outcome: 'refused', code: 'WITHDRAWN', existing: document.withdrawn_by }
  if (recipient.returned_by !== null) return { outcome: 'refused', code: 'RETURNED', existing: recipient.returned_by }
  if (recipient.signed_by !== null) return { outcome: 'repeated', by: recipient.signed_by }
  return {
    outcome: 'new',
    write: async () => {
      await books.documents.act({ ...recipient, ...facts, state: 'signed', at: now, signed_by: message })
      await books.deliveries.acted(deliveryId(document.message, recipient.unit))
    },
  }
}

function giveBack(
  books: Books,
  document: DocumentRow,
  recipient: RecipientRow,
  message: string,
  facts: ActFacts,
  now: number,
): ActResult {
  if (document.withdrawn_by !== null) return { outcome: 'refused', code: 'WITHDRAWN', existing: document.withdrawn_by }
  if (recipient.signed_by !== null) return { outcome: 'refused', code: 'ALREADY_SIGNED', existing: recipient.signed_by }
  if (recipient.returned_by !== null) return { outcome: 'repeated', by: recipient.returned_by }
  return {
    outcome: 'new',
    write: async () => {
      await books.documents.act({ ...recipient, ...facts, state: 'returned', at: now, returned_by: message })
      await books.deliveries.acted(deliveryId(document.message, recipient.unit))
      await setFree(books, document)
    },
  }
}

async function withdraw(
  books: Books,
  act: Act,
  document: DocumentRow,
  message: string,
  facts: ActFacts,
  now: number,
): Promise<ActResult> {
  if (document.issuer !== act.unit) return { outcome: 'refused', code: 'NOT_YOURS' }
  if (document.withdrawn_by !== null) return { outcome: 'repeated', by: document.withdrawn_by }
  if (await books.documents.anySigned(document.message)) return { outcome: 'refused', code: 'ALREADY_SIGNED' }
  return {
    outcome: 'new',
    write: async () => {
      await books.documents.withdraw(document.message, message, now, facts.by, facts.reason)
      for (const unit of await books.documents.unitsOf(document.message))
        await books.deliveries.acted(deliveryId(document.message, unit))
      await setFree(books, document)
    },
  }
}

/** A reply to what was withdrawn or returned is kept as a message, but those states say more. */
function reply(books: Books, recipient: RecipientRow, facts: ActFacts, now: number): ActResult {
  return {
    outcome: 'new',
    write: async () => {
      if (recipient.state !== 'withdrawn' && recipient.state !== 'returned')
        await books.documents.act({ ...recipient, ...facts, state: 'replied', at: now })
    },
  }
}

/** The document is no longer live: its number, and its content as a key, may be used again. */
async function setFree(books: Books, document: DocumentRow): Promise<void> {
  if (document.number !== null && document.issuer !== null)
    await books.documents.freeNumber(document.issuer, document.number, document.message)
  if (document.fingerprint === null) return
  const { system } = await books.messages.need(document.message)
  await books.acceptances.forgetFingerprint(system, document.fingerprint, document.message)
}
