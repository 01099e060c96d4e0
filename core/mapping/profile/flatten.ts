import { guidOf } from '../../message/ids.ts'
import { repairNote } from '../../message/repair.ts'
import { formatNumber, parseNumber } from '../../message/number.ts'
import { DOCUMENT_FIELD_NAMES, documentField, stackOf } from '../../message/document-fields.ts'
import { issuersOf } from '../../message/issuers.ts'
import type { DocumentMessage, FileRef, Message, Recipient, Subject } from '../../message/schema.ts'
import type { WriteContext } from '../port.ts'
import type { FormRecord, FormValue } from './port.ts'

type Values = Record<string, FormValue | undefined>

/**
 * A message as the fields that forms write (`fields.ts`). What the message does not have is absent.
 *
 * @param wants the fields that will be looked at: digests and parts of numbers are only made for those
 */
export function flatten(message: Message, context: WriteContext, wants: ReadonlySet<string>): FormRecord {
  const codeOf = (unit: string | undefined): string | undefined =>
    unit === undefined ? undefined : context.codeOf?.(unit)
  const { unit } = context
  const values: Values = {
    kind: message.kind,
    id: message.id,
    acceptedAt: message.acceptedAt,
    externalId: message.origin.externalId,
    from: message.from.unit ?? message.from.name,
    'from.name': message.from.name,
    'from.code': codeOf(message.from.unit),
    urgency: message.urgency,
    number: message.number,
    dualTrack: message.dualTrack,
    'delivery.id': context.deliveryId,
    files: message.files.map((file, at) => flattenFile(file, at, message.files, context)),
  }
  if (unit !== undefined) {
    const code = context.codeOf?.(unit.id) ?? unit.codes[0] ?? unit.id
    const role = message.recipients.find((recipient) => recipient.unit === unit.id)?.role
    const place = role === 'cc' ? 'cc' : 'to'
    Object.assign(values, {
      'unit.id': unit.id,
      'unit.name': unit.name,
      'unit.code': code,
      'unit.role': role,
      [`unit.${place}.code`]: code,
      [`unit.${place}.name`]: unit.name,
    })
  }
  flattenRecipients(values, 'to', message.recipients, codeOf)
  flattenRecipients(values, 'cc', message.recipients, codeOf)
  flattenBody(values, message, codeOf)
  if (message.kind === 'document' && message.textBody !== undefined && wants.has('document.text'))
    values['document.text'] = context.bodies?.get(message.textBody.digest)?.toString('utf8')
  if (message.kind === 'document') values['document.keywords'] = keywordsOf(message)
  if (wants.has('guid')) values['guid'] = guidOf(message.id)
  if (wants.has('delivery.guid')) values['delivery.guid'] = guidOf(context.deliveryId)
  if (wants.has('number.code') && typeof values['number'] === 'string') flattenNumber(values, values['number'])
  return values
}

/**
 * For dialects without a note (附注): there the keywords say that a person has mended the copy; a semicolon parts
 * keywords.
 */
function keywordsOf(message: DocumentMessage): string[] | undefined {
  const said = [...(message.document.topicWords ?? []), repairNote(message)?.replaceAll('；', '，') ?? []].flat()
  return said.length === 0 ? undefined : said
}

function flattenRecipients(
  values: Values,
  role: 'to' | 'cc',
  recipients: readonly Recipient[],
  codeOf: (unit: string) => string | undefined,
): void {
  const parties = recipients.filter((recipient) => recipient.role === role)
  if (parties.length === 0) return
  values[role] = parties.map(({ unit, name }) => ({ unit, 'unit.name': name, 'unit.code': codeOf(unit) }))
  values[`${role}.ids`] = parties.map((party) => party.unit)
  values[`${role}.names`] = parties.map((party) => party.name)
  values[`${role}.codes`] = parties.map((party) => codeOf(party.unit) ?? party.unit)
}

function flattenNumber(values: Values, number: string): void {
  const parts = parseNumber(number)
  if (parts === undefined) return
  const { code, year, serial, unit, part } = parts
  if (code !== undefined) values['number.code'] = code
  if (year !== undefined) values['number.year'] = String(year)
  // 83 as dialects have it; what is counted otherwise says so: 79期, 83号之一.
  values['number.serial'] =
    unit === '号' && part === undefined ? String(serial) : formatNumber({ serial, unit, part }).slice(1)
}

function flattenFile(file: FileRef, at: number, all: readonly FileRef[], context: WriteContext): FormRecord {
  const dot = file.name.lastIndexOf('.')
  return {
    'file.name': file.name,
    'file.role': file.role,
    'file.mediaType': file.mediaType,
    'file.size': file.size,
    'file.digest': file.digest,
    'file.extension':
      dot > 0
        ? file.name
            .slice(dot + 1)
            .toLowerCase()
            .slice(0, 20)
        : undefined,
    'file.index': all.slice(0, at).filter((other) => other.role === file.role).length + 1,
    'file.content': context.bodies?.get(file.digest),
    'file.link': context.urlOf?.(file),
    'file.beside': context.urlOf?.(file) ?? file.name,
  }
}

type CodeOf = (unit: string | undefined) => string | undefined

function flattenBody(values: Values, message: Message, codeOf: CodeOf): void {
  switch (message.kind) {
    case 'document':
      return flattenDocument(values, message, codeOf)
    case 'receipt':
      flattenAct(values, message.about, {
        by: message.receipt.by,
        at: message.receipt.at,
        state: message.receipt.state,
      })
      return notice(values, message.about, '回执', message.receipt.state === 'signed' ? '已签收' : '已收到')
    case 'return':
      flattenAct(values, message.about, {
        by: message.return.by,
        at: message.return.at,
        text: message.return.reason,
        reasonCode: message.return.reasonCode,
      })
      return notice(values, message.about, '退文', message.return.reason)
    case 'withdrawal':
      flattenAct(values, message.about, {
        by: message.withdrawal.by,
        at: message.withdrawal.at,
        text: message.withdrawal.reason,
      })
      return notice(values, message.about, '撤回', message.withdrawal.reason)
    case 'reply':
      flattenAct(values, message.about, {
        by: message.reply.by,
        at: message.reply.at,
        text: message.reply.text,
        result: message.reply.result,
      })
      return notice(values, message.about, '答复', message.reply.text)
    case 'outcome': {
      const { outcome } = message
      flattenAct(values, message.about, { at: outcome.at })
      Object.assign(values, {
        'outcome.state': outcome.state,
        'outcome.kind': outcome.messageKind,
        'outcome.system': outcome.system,
        'outcome.unit': outcome.unit,
        'outcome.remoteId': outcome.remoteId,
        'outcome.errorCode': outcome.error?.code,
        'outcome.error': outcome.error?.zh,
      })
      return notice(values, message.about, '投递结果', outcome.error?.zh ?? outcome.state)
    }
    case 'dead-letter':
    case 'channel':
    case 'petition':
    case 'notice':
    case 'sms-report':
    case 'sms-reply':
    case 'archive-batch':
    case 'archive-receipt':
    case 'directory-changes':
    case 'collection':
      // Nothing of these is written into legacy dialects; forms refuse their kinds.
      return
  }
}

function flattenDocument(values: Values, message: DocumentMessage, codeOf: CodeOf): void {
  const { document } = message
  for (const key of DOCUMENT_FIELD_NAMES) {
    if (key === 'issuers') continue
    const value = document[key]
    if (value !== undefined)
      values[`document.${key}`] =
        typeof value !== 'string' || documentField(key).stacked === undefined ? value : stackOf(value)
  }
  flattenIssuers(values, message, codeOf)
  values['headline'] = values['subject.title'] = document.title
  const mark = document.issuerMark
  if (mark === undefined) return
  const suffix = mark.length > 2 && mark.endsWith('文件') ? '文件' : ''
  values['document.issuerMark.name'] = stackOf(mark.slice(0, mark.length - suffix.length))
  if (suffix !== '') values['document.issuerMark.suffix'] = suffix
}

function flattenIssuers(values: Values, message: DocumentMessage, codeOf: CodeOf): void {
  const issuers = issuersOf(message)
  values['issuers'] = issuers.map(({ unit, name }, at) => ({
    'issuer.name': name,
    'issuer.code': codeOf(unit),
    'issuer.role': at === 0 ? 'lead' : 'joint',
  }))
  values['issuers.names'] = issuers.map(({ name }) => name)
  if (issuers.length > 1) values['issuers.joint'] = values['issuers.names']
}

function flattenAct(values: Values, about: Subject, act: Readonly<Record<string, string | undefined>>): void {
  Object.assign(values, act)
  values['about'] = about.id
  values['about.number'] = about.number
  values['about.title'] = values['subject.title'] = about.title
  values['about.from'] = about.from?.unit
  values['about.fromName'] = about.from?.name
  values['about.direction'] = about.direction
  values['about.externalId'] = about.externalId
  // A legacy system that knows only documents files the notice under the number of the document it is about.
  values['number'] ??= about.number
}

/** Dialects that know documents only get acts as small documents: their type, title and text. */
function notice(values: Values, about: Subject, type: string, text: string | undefined): void {
  values['notice.type'] = type
  values['headline'] = values['notice.title'] = `${type}：${about.title ?? about.number ?? '（无标题）'}`
  values['notice.text'] = text
}
