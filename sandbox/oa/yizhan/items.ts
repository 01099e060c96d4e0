import { hash } from 'node:crypto'
import type { Incoming, KeptFile } from '../item.ts'
import { listAt, objectAt, textAt, type SoapObject, type SoapValue } from './values.ts'

/**
 * An `item` of the station's own dialect, as it was fetched or pushed, as something to keep. Digests are computed here.
 */
export function readItem(item: SoapObject, system: string, unit: string): Incoming {
  const id = textAt(item, 'id')
  if (id === undefined) throw new Error('item without id')
  const base = { system, unit, id }
  const kind = textAt(item, 'kind')
  switch (kind) {
    case 'document':
      return { ...base, kind, ...documentOf(objectAt(item, 'document')) }
    case 'receipt': {
      const act = objectAt(item, 'receipt')
      const state = textAt(act, 'receiptState')
      return { ...base, kind, ...actOf(act), state: state === 'taken' ? 'taken' : 'signed' }
    }
    case 'return':
      return { ...base, kind, ...actOf(objectAt(item, 'returnNotice'), 'reason') }
    case 'withdrawal':
      return { ...base, kind, ...actOf(objectAt(item, 'withdrawal'), 'reason') }
    case 'reply':
      return { ...base, kind, ...actOf(objectAt(item, 'reply'), 'replyText') }
    default:
      return { ...base, kind: 'notice', ...actOf(objectAt(item, 'outcome'), 'errorText') }
  }
}

function documentOf(document: SoapObject): Omit<Incoming, 'system' | 'unit' | 'id' | 'kind'> {
  const files = listAt(objectAt(document, 'files'), 'file').map(fileOf)
  return {
    number: textAt(document, 'issuedNumberOfDocument'),
    title: textAt(document, 'documentTitle'),
    documentType: textAt(document, 'documentType'),
    urgency: textAt(document, 'emergencyDegree'),
    from: textAt(document, 'fromName') ?? textAt(document, 'from'),
    issuers: listAt(document, 'issuer').map(String),
    files,
    digest: (files.find((file) => file.role === 'main') ?? files[0])?.digest,
  }
}

function fileOf(file: SoapValue): KeptFile {
  const bytes = Buffer.from(textAt(file, 'content') ?? '', 'base64')
  return {
    name: textAt(file, 'name') ?? '',
    role: textAt(file, 'role') === 'main' ? 'main' : 'annex',
    size: bytes.length,
    digest: hash('sha256', bytes, 'hex'),
  }
}

function actOf(act: SoapObject, text?: string): Omit<Incoming, 'system' | 'unit' | 'id' | 'kind'> {
  const about = objectAt(act, 'about')
  const number = textAt(about, 'issuedNumberOfDocument')
  return {
    number,
    from: textAt(act, 'fromName') ?? textAt(act, 'from'),
    ...(text === undefined ? {} : { text: textAt(act, text) }),
    about: {
      id: textAt(about, 'id'),
      externalId: textAt(about, 'submissionId'),
      number,
      title: textAt(about, 'documentTitle'),
    },
  }
}
