import { derivedId } from '../../message/ids.ts'
import type { OutcomeMessage } from '../../message/schema.ts'
import type { Books } from './books.ts'
import { numberFor, senderOf, subjectFor, unitParty } from './made.ts'
import { eventAddress, isToItself } from '../address.ts'
import type { DeliveryError, OutcomeState } from '../port.ts'
import { openHop } from './open-hop.ts'
import { parseMessage } from '../../message/json.ts'
import { toStored, type StoredMessage } from '../stored.ts'
import type { DeliveryRow } from '../schema.ts'
import { beganAs } from './story.ts'
import type { Turn } from './turn.ts'

/** Tells the subscriptions that want to know what became of a delivery; where none does, no message is made. */
export async function tell(
  books: Books,
  turn: Turn,
  row: DeliveryRow,
  message: StoredMessage,
  state: OutcomeState,
  facts: { readonly remoteId?: string | undefined; readonly error?: DeliveryError | undefined } = {},
): Promise<void> {
  if (isToItself(row.system)) return
  const wanted = books.subscriptions.matching({
    source: 'outcome',
    kind: 'outcome',
    system: row.system,
    direction: message.direction ?? undefined,
    began: await beganAs(books, message),
    state,
    messageKind: message.kind,
  })
  if (wanted.length === 0) return
  const stored = toStored(await outcomeMessage(books, turn, row, message, state, facts))
  if (!(await books.messages.insert(stored, turn.now, { profile: null, directory: null, flows: row.flows_revision })))
    return
  for (const subscription of wanted) await openHop(books, turn, stored, subscription, null)
}

async function outcomeMessage(
  books: Books,
  turn: Turn,
  row: DeliveryRow,
  stored: StoredMessage,
  state: OutcomeState,
  facts: { readonly remoteId?: string | undefined; readonly error?: DeliveryError | undefined },
): Promise<OutcomeMessage> {
  const message = parseMessage(stored.body)
  const { unit, place } = eventAddress(row)
  const at = new Date(turn.now).toISOString()
  return {
    schema: 'outcome/1',
    kind: 'outcome',
    id: derivedId(message.id, `outcome ${row.id} ${state} ${row.fence} ${turn.now}`),
    trace: message.trace,
    parent: message.id,
    number: numberFor(message),
    from: unit === undefined ? { name: place ?? turn.names[row.system] ?? row.system } : unitParty(message, unit),
    recipients: senderOf(message),
    urgency: message.urgency,
    acceptedAt: at,
    origin: { system: row.system },
    ...(message.mustNotReach === undefined ? {} : { mustNotReach: message.mustNotReach }),
    files: [],
    about: await subjectFor(books, message),
    outcome: {
      state,
      delivery: row.id,
      messageKind: message.kind,
      system: row.system,
      at,
      ...(unit === undefined ? {} : { unit }),
      ...(facts.remoteId === undefined ? {} : { remoteId: facts.remoteId }),
      ...(facts.error === undefined ? {} : { error: facts.error }),
    },
  }
}
