import type { ActDraft, DocumentDraft, Draft, DraftFile } from '../../../../core/door/port.ts'
import { DOCUMENT_FIELD_NAMES } from '../../../../core/message/document-fields.ts'
import { guidOf } from '../../../../core/message/ids.ts'
import { issuersOf } from '../../../../core/message/issuers.ts'
import type { DocumentBody, DocumentMessage, Message } from '../../../../core/message/schema.ts'
import type { Urgency } from '../../../../core/message/urgency.ts'
import type { Copy } from './messages.ts'

/** What a dialect keeps of a document; the rest it cannot carry. */
export interface Keeps {
  readonly document: readonly (keyof DocumentBody)[]
  /** names of a joint document’s, names and codes, or names of one alone too */
  readonly issuers: 'joint' | 'codes' | 'names'
  readonly urgency: Readonly<Partial<Record<Urgency, Urgency>>>
  readonly file: readonly ('mediaType' | 'digest')[]
  readonly dualTrack: boolean
  readonly from: 'unit' | 'code'
  readonly externalId: 'sender' | 'delivery' | 'guid'
  readonly recipients: 'units' | 'copy' | 'none'
}

export const yizhanKeeps: Keeps = {
  document: DOCUMENT_FIELD_NAMES.filter((name) => name !== 'issuers'),
  issuers: 'joint',
  urgency: {},
  file: ['mediaType', 'digest'],
  dualTrack: true,
  from: 'unit',
  externalId: 'sender',
  recipients: 'units',
}
export const epointKeeps: Keeps = {
  document: [
    'documentType',
    'title',
    'issuerMark',
    'signer',
    'mainRecipients',
    'copyRecipients',
    'signature',
    'date',
    'annotation',
    'printer',
    'printDate',
    'copies',
    'topicWords',
    'securityClass',
  ],
  issuers: 'codes',
  urgency: { flash: 'extra-urgent', prompt: 'urgent' },
  file: ['mediaType'],
  dualTrack: false,
  from: 'code',
  externalId: 'delivery',
  recipients: 'none',
}
export const docxgKeeps: Keeps = {
  document: ['documentType', 'title', 'signer', 'printer', 'printDate', 'copies', 'topicWords'],
  issuers: 'names',
  urgency: { flash: 'extra-urgent' },
  file: [],
  dualTrack: false,
  from: 'code',
  externalId: 'guid',
  recipients: 'copy',
}

/** The draft that reading must give back for a document written in a dialect that keeps so much. */
export function documentDraftOf(
  { message, context }: Copy & { readonly message: DocumentMessage },
  keeps: Keeps,
): DocumentDraft {
  const document = Object.fromEntries(
    keeps.document.flatMap((key) => (message.document[key] === undefined ? [] : [[key, message.document[key]]])),
  )
  return {
    kind: 'document',
    from: keeps.from === 'unit' ? message.from.unit : `C-${message.from.unit ?? ''}`,
    externalId: { sender: message.origin.externalId, delivery: context.deliveryId, guid: guidOf(context.deliveryId) }[
      keeps.externalId
    ],
    urgency: keeps.urgency[message.urgency] ?? message.urgency,
    number: message.number,
    document: document as DocumentDraft['document'],
    ...issuersFor(message, keeps),
    to: units(message, 'to', keeps),
    cc: units(message, 'cc', keeps),
    dualTrack: keeps.dualTrack ? message.dualTrack : undefined,
    files: filesOf({ message, context }, keeps),
  }
}

function issuersFor(message: DocumentMessage, keeps: Keeps): Pick<DocumentDraft, 'issuers'> {
  const issuers = issuersOf(message)
  if (keeps.issuers === 'joint' && issuers.length === 1) return {}
  return {
    issuers: issuers.map(({ unit, name }) => ({
      name,
      ...(keeps.issuers === 'codes' ? { code: unit === undefined ? undefined : `C-${unit}` } : {}),
    })),
  }
}

function units(message: Message, role: 'to' | 'cc', keeps: Keeps): readonly string[] | undefined {
  if (keeps.recipients === 'none') return undefined
  // A dialect that distributes by itself gets only the unit that this copy is for.
  if (keeps.recipients === 'copy')
    return (message.recipients.find((recipient) => recipient.unit === 'jiaoyuju')?.role ?? 'to') === role
      ? ['C-jiaoyuju']
      : undefined
  const named = message.recipients.filter((recipient) => recipient.role === role).map((recipient) => recipient.unit)
  return named.length === 0 ? undefined : named
}

function filesOf({ message, context }: Copy, keeps: Pick<Keeps, 'file'>): DraftFile[] {
  return message.files.map((file) => ({
    name: file.name,
    role: file.role,
    bytes: context.bodies?.get(file.digest) as Buffer,
    ...(keeps.file.includes('mediaType') ? { mediaType: file.mediaType } : {}),
    ...(keeps.file.includes('digest') ? { declaredDigest: file.digest } : {}),
  }))
}

/** The draft of an act; `from` and `externalId` are the dialect's affair. */
export function actDraftOf({ message, context }: Copy, fixed: Pick<ActDraft, 'from' | 'externalId'>): Draft {
  const base = { kind: message.kind as ActDraft['kind'], about: 'about' in message ? message.about.id : '', ...fixed }
  switch (message.kind) {
    case 'receipt':
      return { ...base, by: message.receipt.by }
    case 'return':
      return { ...base, by: message.return.by, text: message.return.reason, reasonCode: message.return.reasonCode }
    case 'withdrawal':
      return { ...base, by: message.withdrawal.by, text: message.withdrawal.reason }
    case 'reply':
      return {
        ...base,
        by: message.reply.by,
        text: message.reply.text,
        result: message.reply.result,
        files: message.files.length === 0 ? undefined : filesOf({ message, context }, yizhanKeeps),
      }
    default:
      throw new Error(message.kind)
  }
}
