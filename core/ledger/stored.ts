import { jsonOf } from '../message/json.ts'
import { subjectId, type Message } from '../message/schema.ts'
import { urgencyRank } from '../message/urgency.ts'
import type { OutcomeState, SubscriptionFilter } from './port.ts'

/** A message as the ledger keeps it: its JSON and what the hot path asks of it, so that nothing is parsed there. */
export interface StoredMessage {
  readonly id: string
  readonly trace: string
  readonly parent: string | null
  readonly kind: string
  readonly schema: string
  readonly number: string | null
  readonly external_id: string | null
  readonly system: string
  readonly from_unit: string | null
  readonly subject: string | null
  readonly direction: string | null
  readonly rank: number
  readonly must_not_reach: string | null
  readonly body: string
}

export function toStored(message: Message): StoredMessage {
  const subject = subjectId(message)
  return {
    id: message.id,
    trace: message.trace,
    parent: message.parent ?? null,
    kind: message.kind,
    schema: message.schema,
    number: message.number ?? null,
    external_id: message.origin.externalId ?? null,
    system: message.origin.system,
    from_unit: message.from.unit ?? null,
    subject: subject === message.id ? null : subject,
    direction: directionOf(message) ?? null,
    rank: urgencyRank(message.urgency),
    must_not_reach:
      message.mustNotReach === undefined || message.mustNotReach.length === 0
        ? null
        : JSON.stringify(message.mustNotReach),
    body: jsonOf(message),
  }
}

/** The number as events and logs may have it: a petition's is the code that opens it to whoever holds it. */
export function loggedNumber({ kind, number }: Pick<StoredMessage, 'kind' | 'number'>): string | undefined {
  return kind === 'petition' ? undefined : (number ?? undefined)
}

/** What subscriptions are matched against. */
export interface RouteFacts {
  readonly source: SubscriptionFilter['source']
  readonly system: string
  readonly kind: Message['kind']
  readonly direction?: string | undefined
  readonly state?: OutcomeState | undefined
  readonly messageKind?: string | undefined
  readonly channel?: string | undefined
  /** kind of the message that its story began with; filled in by the ledger */
  readonly began?: string | undefined
}

export function routeFacts(message: Message): RouteFacts {
  const facts = { system: message.origin.system, kind: message.kind, direction: directionOf(message) }
  switch (message.kind) {
    case 'outcome':
      return { ...facts, source: 'outcome', state: message.outcome.state, messageKind: message.outcome.messageKind }
    case 'dead-letter':
      return { ...facts, source: 'dead-letter' }
    case 'channel':
      return { ...facts, source: 'channel', channel: message.channel.name }
    case 'petition':
      return { ...facts, source: 'portal' }
    case 'sms-report':
    case 'sms-reply':
      return { ...facts, source: 'sms' }
    case 'archive-receipt':
      return { ...facts, source: 'archive' }
    case 'directory-changes':
      return { ...facts, source: 'directory' }
    default:
      return { ...facts, source: 'oa' }
  }
}

/** Direction of the document, or of the document that the message is about. */
function directionOf(message: Message): 'issue' | 'report' | 'peer' | undefined {
  if (message.kind === 'document') return message.document.direction
  return 'about' in message ? message.about.direction : undefined
}
