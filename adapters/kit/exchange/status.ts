import type { House } from '../../../core/adapter/port.ts'
import { findNamed, theOne } from '../../../core/door/find.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { DocumentStatus } from '../../../core/ledger/port.ts'
import type { DocumentMessage, Message } from '../../../core/message/schema.ts'
import type { FormRecord } from '../../../core/mapping/profile/port.ts'
import type { Caller } from './caller.ts'
import { textIn } from './records.ts'
import { unitOf } from './units.ts'

/** How many messages of one number or id are looked at. */
const MOST_CANDIDATES = 50
/** What the schema has room for, UTF-16 units; an error may be longer. */
const MOST_REASON = 2_000

/**
 * How far every recipient of a document is: of the one that the field `id` of `values` names, as the unit that `unit`
 * names sees it. Only for who sent or received it: NOT_FOUND for all others.
 *
 * @param field what a caller knows `id` by
 */
export async function statusRecord(
  house: House,
  caller: Caller,
  values: FormRecord,
  field: string,
): Promise<FormRecord> {
  const unit = await unitOf(house, caller, textIn(values, 'unit'))
  const named = textIn(values, 'id') ?? ''
  const document = await findDocument(house, unit.id, named)
  const status = document === undefined ? undefined : await house.ledger.journal.status(document.id)
  if (document === undefined || status === undefined) throw new YizhanError('NOT_FOUND', { field, value: named })
  return {
    id: document.id,
    number: document.number,
    title: document.document.title,
    withdrawn: status.withdrawn,
    recipients: status.recipients.map((recipient) => recipientRecord(document, recipient)),
  }
}

function recipientRecord(
  document: DocumentMessage,
  { unit, role, state, at, by, reason }: DocumentStatus['recipients'][number],
): Record<string, string | undefined> {
  return {
    unit,
    name: document.recipients.find((one) => one.unit === unit)?.name,
    role,
    state,
    at: new Date(at).toISOString(),
    by,
    reason: reason?.slice(0, MOST_REASON),
  }
}

/** By our id, the copy's id, the sender's id or the number. */
async function findDocument(house: House, unit: string, named: string): Promise<DocumentMessage | undefined> {
  const direct = await house.ledger.journal.message(named.split('/', 1)[0] ?? named)
  const candidates =
    direct === undefined
      ? await findNamed(house.ledger.journal, { text: named, max: MOST_CANDIDATES, kinds: ['document'] })
      : [direct]
  const mine = candidates.filter(
    (message): message is DocumentMessage => message.kind === 'document' && concerns(message, unit),
  )
  return theOne(mine, named)
}

function concerns(message: Message, unit: string): boolean {
  return message.from.unit === unit || message.recipients.some((recipient) => recipient.unit === unit)
}
