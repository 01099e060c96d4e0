import type { LruBytes } from '../../content/lru.ts'
import type { NewBody } from '../../content/port.ts'
import type { Message } from '../../message/schema.ts'
import type { Clock } from '../../util/clock.ts'
import type { Arena } from '../arena.ts'
import type { AcceptCommand } from '../rules/accept.ts'
import type { Commands } from '../rules/index.ts'
import type { Acceptance, AcceptEntry, AcceptResult, RawRecord } from '../port.ts'
import type { Raw } from '../rules/stores.ts'
import { routeFacts, toStored } from '../stored.ts'
import type { ThreadCaller } from '../thread.ts'
import type { RecentMessages } from './recent-messages.ts'

export function createAcceptance(
  writer: ThreadCaller<Commands>,
  recent: LruBytes,
  messages: RecentMessages,
  clock: Clock,
): Acceptance {
  return {
    async accept(entry: AcceptEntry): Promise<AcceptResult> {
      const answer = await writer.call('accept', toCommand(entry, writer.arena, clock.now()))
      if (answer.status !== 'accepted') return answer
      // what was accepted is delivered seconds later: keep it at hand
      recent.addAll(entry.bodies)
      messages.add(entry.message)
      return { ...answer, id: entry.message.id, hops: answer.hops.map((hop) => ({ ...hop, message: entry.message })) }
    },
    book: (events) => writer.call('book', { events: [...events] }),
    rememberRefusal: (system, externalId, event) =>
      writer.call('refuse', { system, externalId, event, now: clock.now() }),
  }
}

function toCommand(entry: AcceptEntry, arena: Arena, now: number): AcceptCommand {
  const { message, effect } = entry
  return {
    message: toStored(message),
    facts:
      entry.channel === undefined
        ? routeFacts(message)
        : { ...routeFacts(message), source: 'channel', channel: entry.channel },
    account: message.origin.account,
    recipients: effect?.type === 'issue' ? message.recipients.map(({ unit, role }) => ({ unit, role })) : [],
    bodies: toBodies(entry.bodies, arena),
    raw: entry.raw === undefined ? undefined : toRaw(entry.raw, arena),
    key: entry.idempotencyKey,
    fingerprint: entry.fingerprint,
    claimsNumber: entry.claimsNumber,
    effect,
    notes: entry.notes,
    act: actFacts(message),
    dead: entry.dead,
    revisions: entry.revisions,
    preclaim: entry.preclaim,
    now,
  }
}

export function toBodies(bodies: readonly NewBody[], arena: Arena): NewBody[] {
  return bodies.map(({ digest, bytes }) => ({ digest, bytes: arena.place(bytes) }))
}

function toRaw(raw: RawRecord, arena: Arena): Raw {
  const literal = raw.pieces.flatMap((piece) => ('bytes' in piece ? [piece.bytes] : []))
  const bytes = literal.length === 1 && literal[0] !== undefined ? literal[0] : Buffer.concat(literal)
  return {
    contentType: raw.contentType,
    pieces: JSON.stringify(raw.pieces.map(kept)),
    bytes: arena.place(bytes),
  }
}

/**
 * How a piece is written down: the length of a literal one, the digest behind base64, or what names the digest of
 * bytes.
 */
function kept(piece: RawRecord['pieces'][number]): number | string | { readonly bytesOf: string } {
  if ('bytes' in piece) return piece.bytes.byteLength
  return 'base64Of' in piece ? piece.base64Of : { bytesOf: piece.bytesOf }
}

function actFacts(message: Message): AcceptCommand['act'] {
  switch (message.kind) {
    case 'receipt':
      return { by: message.receipt.by ?? null, reason: null }
    case 'return':
      return { by: message.return.by ?? null, reason: message.return.reason }
    case 'withdrawal':
      return { by: message.withdrawal.by ?? null, reason: message.withdrawal.reason ?? null }
    case 'reply':
      return { by: message.reply.by ?? null, reason: null }
    case 'petition':
      return { by: message.review?.decision?.by ?? null, reason: null }
    default:
      return { by: null, reason: null }
  }
}
