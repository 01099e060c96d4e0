import { derivedId } from '../../message/ids.ts'
import type { DeadLetterMessage } from '../../message/schema.ts'
import type { Books } from './books.ts'
import { numberFor, senderOf, subjectFor, unitParty } from './made.ts'
import type { HopFailure } from '../port.ts'
import { openHop } from './open-hop.ts'
import { parseMessage } from '../../message/json.ts'
import { loggedNumber, toStored, type StoredMessage } from '../stored.ts'
import { beganAs } from './story.ts'
import type { Turn } from './turn.ts'

/** What died, as its dead-letter message tells it. */
export interface Died {
  /** hop or delivery id */
  readonly id: string
  readonly what: 'hop' | 'delivery'
  readonly message: StoredMessage
  readonly subscription?: string | undefined
  readonly system?: string | undefined
  readonly unit?: string | undefined
  /** where it goes that is no unit, in words */
  readonly place?: string | undefined
  /** fencing token of the claim that ended so: each death has a message of its own */
  readonly claim: number
  /** how many were counted */
  readonly attempts: number
  readonly error: HopFailure
}

/** Books a dead letter and tells the subscriptions that want to know; never about a dead-letter message itself. */
export async function bury(books: Books, turn: Turn, died: Died): Promise<void> {
  const { message } = died
  books.chain.book(turn, {
    code: 'dead-letter.added',
    at: turn.now,
    message: message.id,
    kind: message.kind,
    number: loggedNumber(message),
    trace: message.trace,
    system: died.system ?? message.system,
    unit: died.unit,
    place: died.place ?? died.subscription,
    row: died.id,
    attempt: died.attempts,
    error: died.error.code,
    detail: detailOf(died.error),
  })
  if (message.kind === 'dead-letter') return
  const system = died.system ?? message.system
  const wanted = books.subscriptions.matching({
    source: 'dead-letter',
    kind: 'dead-letter',
    system,
    direction: message.direction ?? undefined,
    began: await beganAs(books, message),
  })
  if (wanted.length === 0) return
  const stored = toStored(await deadLetterMessage(books, turn, died, system))
  if (!(await books.messages.insert(stored, turn.now, { profile: null, directory: null, flows: null }))) return
  for (const subscription of wanted) await openHop(books, turn, stored, subscription, null)
}

/** A failure in one line: tab and node, if one failed, and what it said. */
export function detailOf(failure: HopFailure): string {
  return [failure.tab, failure.nodeName ?? failure.node, failure.message].filter(Boolean).join(': ')
}

async function deadLetterMessage(books: Books, turn: Turn, died: Died, system: string): Promise<DeadLetterMessage> {
  const message = parseMessage(died.message.body)
  const { code, message: text, node, nodeName, nodeType, tab } = died.error
  return {
    schema: 'dead-letter/1',
    kind: 'dead-letter',
    id: derivedId(message.id, `dead-letter ${died.id} ${died.claim} ${turn.now}`),
    trace: message.trace,
    parent: message.id,
    number: numberFor(message),
    from: died.unit === undefined ? message.from : unitParty(message, died.unit),
    recipients: senderOf(message),
    urgency: message.urgency,
    acceptedAt: new Date(turn.now).toISOString(),
    origin: { system },
    ...(message.mustNotReach === undefined ? {} : { mustNotReach: message.mustNotReach }),
    files: [],
    about: await subjectFor(books, message),
    deadLetter: {
      id: died.id,
      what: died.what,
      attempts: died.attempts,
      at: new Date(turn.now).toISOString(),
      ...(died.subscription === undefined ? {} : { subscription: died.subscription }),
      ...(died.system === undefined ? {} : { system: died.system }),
      error: {
        code,
        message: text,
        ...(node === undefined ? {} : { node }),
        ...(nodeName === undefined ? {} : { nodeName }),
        ...(nodeType === undefined ? {} : { nodeType }),
        ...(tab === undefined ? {} : { tab }),
      },
    },
  }
}
