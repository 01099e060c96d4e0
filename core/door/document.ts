import { directionOf } from '../message/document-type.ts'
import { newMessageId } from '../message/ids.ts'
import { normalizeNumber, numberInFull } from '../message/number.ts'
import { documentMessage, type DocumentMessage } from '../message/schema.ts'
import { YizhanError } from '../errors/error.ts'
import { fitting } from '../errors/fitting.ts'
import { contentOf } from './content.ts'
import type { DoorParts, Prepared } from './parts.ts'
import { takeFiles, takeText } from './files.ts'
import { ownName, resolveIssuers } from './issuers.ts'
import { dayOf } from '../directory/bindings.ts'
import { absentError, present } from '../directory/presence.ts'
import { receivers } from '../directory/receivers.ts'
import type { Account, DocumentDraft } from './port.ts'
import { resolveRecipients } from './recipients.ts'
import { keptAsWritten, type AsWritten } from './written.ts'

/** A draft of a document as a whole message, or the rule that it breaks. */
export async function prepareDocument(
  parts: DoorParts,
  account: Account,
  from: { readonly id: string; readonly name: string },
  draft: DocumentDraft,
  asWritten: AsWritten,
): Promise<Prepared> {
  const station = parts.station()
  const text = takeText(draft.document.text)
  const textBody = text.body && { size: text.bytes, digest: text.body.digest }
  const { refs, bodies } = takeFiles(draft.files, station.limits.documentBytes, text.bytes)
  const number = draft.number === undefined ? undefined : normalOf(draft.number)
  const now = parts.clock.now()
  const directory = parts.directory()
  const issuers = resolveIssuers(draft.issuers, directory, from)
  const { addressed, grouped } = resolveRecipients(draft, directory, from.id)
  const { recipients, absent } = present(receivers(addressed, directory, now, from.id), directory, now, grouped)
  const [gone] = absent
  // What was accepted when somebody received is the same submission on the next day too.
  if (gone !== undefined && !(await isKnown(parts, account, draft.externalId)))
    throw absentError(gone, directory, now, gone.role === 'to' ? '主送机关' : '抄送机关')
  if (recipients.length + absent.length === 0)
    throw new YizhanError('NO_RECIPIENT', {
      field: '主送机关',
      rule: '至少一个当日收文的单位 / at least one unit that receives today',
    })
  const name = issuers === undefined ? ownName(draft.issuers, directory, from) : undefined
  const id = draft.id ?? newMessageId(station.name, now)
  const candidate: DocumentMessage = {
    schema: 'document/1',
    kind: 'document',
    id,
    trace: id,
    number,
    from: { unit: from.id, name: from.name },
    recipients,
    urgency: draft.urgency ?? 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: account.system, account: account.id, externalId: draft.externalId },
    dualTrack: draft.dualTrack,
    files: refs,
    ...(draft.unread === undefined ? {} : { unread: [...draft.unread] }),
    ...keptAsWritten({
      ...asWritten,
      ...(draft.number === undefined || draft.number === number ? {} : { number: draft.number }),
      ...(name === undefined ? {} : { 'from.name': name }),
    }),
    textBody,
    document: {
      ...draft.document,
      ...(issuers === undefined ? {} : { issuers }),
      text: text.inline,
      direction: draft.document.direction ?? directionOf(draft.document.documentType),
    },
  }
  const message = fitting(documentMessage, candidate)
  return {
    message,
    bodies: text.body === undefined ? bodies : [...bodies, text.body],
    key: draft.externalId === undefined ? undefined : `id:${account.id}:${draft.externalId}`,
    // As addressed: the same submission is the same on the next day too, when a recipient has merged.
    content: contentOf(message, { recipients: addressed.map((r) => `${r.unit}/${r.role}`) }),
    effect: { type: 'issue' },
    claimsNumber:
      number === undefined
        ? undefined
        : {
            issuer: from.id,
            number: numberInFull(number, message.document.documentType, message.document.date ?? dayOf(now)),
          },
  }
}

const NUMBER_RULE = '机关代字〔年份〕序号号、第N号、YYYY年第N号、第N期、〔YYYY〕N号，均可加“之一”'

/**
 * Whether the account has submitted something under this id before: then the ledger tells a repetition from a mistake.
 */
async function isKnown({ ledger }: DoorParts, account: Account, externalId: string | undefined): Promise<boolean> {
  const found =
    externalId === undefined ? [] : await ledger.journal.find({ text: externalId, max: 50, kinds: ['document'] })
  return found.some(
    ({ origin }) =>
      origin.system === account.system && origin.account === account.id && origin.externalId === externalId,
  )
}

function normalOf(written: string): string {
  const number = normalizeNumber(written)
  if (number === undefined)
    throw new YizhanError('NUMBER_INVALID', { field: '发文字号', value: written, rule: NUMBER_RULE })
  return number
}
