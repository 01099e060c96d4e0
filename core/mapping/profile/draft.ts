import type { ActDraft, DocumentDraft, OaDraft, DraftFile, DraftIssuer } from '../../door/port.ts'
import { DOCUMENT_FIELD_NAMES, documentField, stackOf, stacked } from '../../message/document-fields.ts'
import { normalizeNumber } from '../../message/number.ts'
import type { Urgency } from '../../message/urgency.ts'
import type { FormRecord, FormValue } from './port.ts'

/**
 * What was read, as a draft. Everything has been checked by the form's rules, so that values have their fields' types.
 * `note` tells of contradictions that were settled.
 */
export function draftOf(kind: OaDraft['kind'], record: FormRecord, note: (quirk: string) => void): OaDraft {
  return kind === 'document' ? documentDraft(record, note) : actDraft(kind, record)
}

function documentDraft(record: FormRecord, note: (quirk: string) => void): DocumentDraft {
  const document: Record<string, FormValue> = {}
  for (const key of DOCUMENT_FIELD_NAMES) {
    const value = record[`document.${key}`]
    if (value !== undefined) document[key] = documentField(key).stacked === undefined ? value : stackedOf(value)
  }
  const mark = markOf(record)
  if (mark !== undefined) document['issuerMark'] = mark
  const issuers = issuersOf(record)
  const [lead] = issuers
  const base = baseOf(record)
  return {
    kind: 'document',
    ...base,
    from: base.from ?? lead?.code ?? lead?.name,
    ...(issuers.length === 0 ? {} : { issuers }),
    number: numberOf(record, note),
    document: document as DocumentDraft['document'],
    to: partiesOf(record, 'to'),
    cc: partiesOf(record, 'cc'),
    copyNumber: fieldText(record, 'copyNumber'),
    secrecyPeriod: fieldText(record, 'secrecyPeriod'),
    dualTrack: record['dualTrack'] as boolean | undefined,
    files: filesOf(record) ?? [],
  }
}

function actDraft(kind: ActDraft['kind'], record: FormRecord): ActDraft {
  return {
    kind,
    ...baseOf(record),
    about: fieldText(record, 'about') ?? '',
    by: fieldText(record, 'by'),
    text: fieldText(record, 'text'),
    reasonCode: fieldText(record, 'reasonCode'),
    result: fieldText(record, 'result'),
    accused: record['accused'] as readonly string[] | undefined,
    transferTo: record['transferTo'] as readonly string[] | undefined,
    files: filesOf(record),
  }
}

function baseOf(record: FormRecord): Pick<OaDraft, 'from' | 'externalId' | 'urgency' | 'notClassified'> {
  return {
    from: fieldText(record, 'from') ?? fieldText(record, 'from.code') ?? fieldText(record, 'from.name'),
    externalId: fieldText(record, 'externalId'),
    urgency: record['urgency'] as Urgency | undefined,
    ...declarationOf(record),
  }
}

/** Either half of it is a declaration: the door says which is missing. */
function declarationOf(record: FormRecord): Pick<OaDraft, 'notClassified'> {
  const [name, reason] = [fieldText(record, 'notClassified.name'), fieldText(record, 'notClassified.reason')]
  return name === undefined && reason === undefined ? {} : { notClassified: { name, reason } }
}

/** The number as written; where a dialect gives it in parts and as a whole and they differ, the parts count. */
function numberOf(record: FormRecord, note: (quirk: string) => void): string | undefined {
  const whole = fieldText(record, 'number')
  const [code, year, serial] = [
    fieldText(record, 'number.code'),
    fieldText(record, 'number.year'),
    fieldText(record, 'number.serial'),
  ]
  if (serial === undefined) return whole ?? ([code, year].filter((part) => part !== undefined).join(' ') || undefined)
  const counted = /[号期次辑]/u.test(serial) ? serial : `${serial}号`
  const joined = `${code ?? ''}${year === undefined ? '第' : `〔${year}〕`}${counted}`.replace('第第', '第')
  if (whole === undefined) return joined
  const [one, other] = [normalizeNumber(joined), normalizeNumber(whole)]
  // Orders and announcements have fewer parts than there are fields for them: then the whole says more.
  if (one === undefined || code === undefined || year === undefined) return whole
  if (one !== other) {
    note('number-conflict')
    return joined
  }
  return whole
}

function stackedOf(value: FormValue): string {
  return typeof value === 'string' ? stacked(stackOf(value)) : stacked(value as readonly string[])
}

/** The names one below the other, what stands behind them all behind the last. */
function markOf(record: FormRecord): string | undefined {
  const names = record['document.issuerMark.name']
  return names === undefined ? undefined : `${stackedOf(names)}${fieldText(record, 'document.issuerMark.suffix') ?? ''}`
}

/** The lead first, wherever it stands. */
function issuersOf(record: FormRecord): DraftIssuer[] {
  const parts = (record['issuers'] as readonly FormRecord[] | undefined) ?? []
  const listed = parts.flatMap((part): (DraftIssuer & { readonly role: FormValue | undefined })[] => {
    const [name, code] = [fieldText(part, 'issuer.name'), fieldText(part, 'issuer.code')]
    return name === undefined && code === undefined ? [] : [{ name, code, role: part['issuer.role'] }]
  })
  if (listed.length === 0)
    return ((record['issuers.joint'] ?? record['issuers.names'] ?? []) as readonly string[]).map((name) => ({ name }))
  const leads = listed.filter(({ role }) => role === 'lead')
  const [lead] = leads.length === 1 ? leads : listed
  return listed
    .toSorted((one, other) => Number(other === lead) - Number(one === lead))
    .map(({ name, code }) => ({ name, code }))
}

/** Recipients by whatever the dialect names them: ids before codes before names. */
function partiesOf(record: FormRecord, role: 'to' | 'cc'): readonly string[] | undefined {
  const listed = (record[role] as readonly FormRecord[] | undefined)?.flatMap((party) => fieldText(party, 'unit') ?? [])
  const parties = listed?.length
    ? listed
    : (record[`${role}.ids`] ?? record[`${role}.codes`] ?? record[`${role}.names`])
  return parties as readonly string[] | undefined
}

function filesOf(record: FormRecord): DraftFile[] | undefined {
  const files = record['files'] as readonly FormRecord[] | undefined
  return files?.map((file) => ({
    name: fieldText(file, 'file.name') ?? '',
    role: (file['file.role'] as DraftFile['role'] | undefined) ?? 'annex',
    mediaType: fieldText(file, 'file.mediaType'),
    bytes: file['file.content'] as Buffer,
    declaredDigest: fieldText(file, 'file.digest'),
  }))
}

function fieldText(record: FormRecord, field: string): string | undefined {
  return record[field] as string | undefined
}
