import type { UnitDirectory } from '../directory/port.ts'
import { YizhanError } from '../errors/error.ts'
import { newMessageId } from '../message/ids.ts'
import type { DocumentMessage, FileRef, Message, Party, Recipient, Subject } from '../message/schema.ts'
import { prepareDecision } from './decision.ts'
import { findNamed, theOne } from './find.ts'
import type { DoorParts, Prepared } from './parts.ts'
import { takeFiles } from './files.ts'
import type { Account, ActDraft } from './port.ts'
import { keptAsWritten, type AsWritten } from './written.ts'

const EFFECTS = { receipt: 'sign', return: 'return', withdrawal: 'withdraw', reply: 'reply' } as const

/** A draft that acts on a document (sign, return, withdraw, reply) as a whole message. */
export async function prepareAct(
  parts: DoorParts,
  account: Account,
  from: { readonly id: string; readonly name: string },
  draft: ActDraft,
  asWritten: AsWritten,
): Promise<Prepared> {
  const document = await findDocument(parts, from.id, draft.about)
  const decision = await prepareDecision(parts, account, from, draft, document)
  if (decision !== undefined) return decision
  const station = parts.station()
  const { refs, bodies } = takeFiles(draft.files ?? [], station.limits.documentBytes)
  const now = parts.clock.now()
  const at = new Date(now).toISOString()
  const shared = {
    id: draft.id ?? newMessageId(station.name, now),
    trace: document.trace,
    parent: document.id,
    number: document.number,
    from: { unit: from.id, name: from.name } satisfies Party,
    recipients: recipientsOf(draft.kind, document, parts.directory(), now),
    urgency: draft.urgency ?? document.urgency,
    acceptedAt: at,
    origin: { system: account.system, account: account.id, externalId: draft.externalId },
    mustNotReach: document.mustNotReach,
    files: refs,
    ...(draft.unread === undefined ? {} : { unread: [...draft.unread] }),
    ...keptAsWritten(asWritten),
    about: subjectOf(document),
  }
  const message: Message = makeAct(draft, shared, at)
  return {
    message,
    bodies,
    effect: { type: EFFECTS[draft.kind], document: document.id, unit: from.id },
    key:
      draft.externalId !== undefined
        ? `id:${account.id}:${draft.externalId}`
        : draft.kind === 'reply'
          ? undefined
          : `act:${draft.kind}:${document.id}:${from.id}`,
    content: actContent(draft, document.id, from.id, refs),
  }
}

/**
 * Signing twice is the same act, whoever did it; a return or reply with another text is another. Under an id of the
 * sender's own everything counts, the person too.
 */
function actContent(draft: ActDraft, document: string, from: string, refs: readonly FileRef[]): unknown {
  const isNamed = draft.externalId !== undefined
  if (draft.kind === 'receipt' && !isNamed) return [draft.kind, document, from]
  return { ...draft, about: document, from, by: isNamed ? draft.by : undefined, files: refs }
}

/** What later messages say of a document. */
function subjectOf(document: DocumentMessage): Subject {
  return {
    id: document.id,
    number: document.number,
    title: document.document.title,
    from: document.from,
    direction: document.document.direction,
    externalId: document.origin.externalId,
    releaseLevel: document.document.releaseLevel,
  }
}

function makeAct(draft: ActDraft, shared: Omit<Message & { about: Subject }, 'schema' | 'kind'>, at: string): Message {
  const { by, text, reasonCode, result } = draft
  switch (draft.kind) {
    case 'receipt':
      return { ...shared, schema: 'receipt/1', kind: 'receipt', receipt: { state: 'signed', by, at } }
    case 'return':
      if (text === undefined || text.trim() === '')
        throw new YizhanError('FIELD_INVALID', { field: 'reason 退文原因', value: '', rule: '必填 / required' })
      return { ...shared, schema: 'return/1', kind: 'return', return: { reason: text, reasonCode, by, at } }
    case 'withdrawal':
      return { ...shared, schema: 'withdrawal/1', kind: 'withdrawal', withdrawal: { reason: text, by, at } }
    case 'reply':
      return { ...shared, schema: 'reply/1', kind: 'reply', reply: { text: text ?? '', result, by, at } }
  }
}

/**
 * A withdrawal goes to whoever got the document, everything else to its issuer. Of those who got it, one for whom
 * nobody receives any more does not keep the withdrawal from the others.
 */
function recipientsOf(
  kind: ActDraft['kind'],
  document: DocumentMessage,
  directory: UnitDirectory,
  at: number,
): Recipient[] {
  if (kind === 'withdrawal') {
    const still = document.recipients.filter(({ unit }) =>
      [unit, directory.receiverOf(unit, at).id].some((one) => directory.absenceOf(one, at) === undefined),
    )
    return still.length === 0 ? [...document.recipients] : still
  }
  return document.from.unit === undefined ? [] : [{ unit: document.from.unit, name: document.from.name, role: 'to' }]
}

/** By our id, a delivery id, the sender's own id, or the number; only what this unit sent or received. */
async function findDocument(parts: DoorParts, unit: string, about: string): Promise<DocumentMessage> {
  const id = about.split('/', 1)[0] ?? about
  const direct = await parts.ledger.journal.message(id)
  const candidates =
    direct !== undefined
      ? [direct]
      : await findNamed(parts.ledger.journal, { text: about, max: 50, kinds: ['document'] })
  const mine = (m: Message): m is DocumentMessage =>
    m.kind === 'document' && (m.from.unit === unit || m.recipients.some((r) => r.unit === unit))
  const found = theOne(candidates.filter(mine), about)
  if (found !== undefined) return found
  // The same where it is somebody else's: nobody is told which documents there are.
  throw new YizhanError('NOT_FOUND', { field: '公文 document', value: about })
}
