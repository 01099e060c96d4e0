import { hash } from 'node:crypto'
import { digestOnce } from '../../core/content/digest.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { encodingOf, labelSaysNothing } from '../../core/mapping/encoding/label.ts'
import { decodeText } from '../../core/mapping/encoding/text.ts'
import { decodeBase64 } from '../../core/mapping/xml/base64.ts'
import { parseForeignJson } from '../../core/util/json.ts'
import type { PortalConfig } from './config.ts'
import { readForm } from './form/read.ts'
import { baseName, fileNameSchema, petitionSchema, submissionSchema, type Petition } from './petition.ts'
import type { PetitionFile } from './port.ts'
import { checkedFields } from './rules.ts'

export interface ReadSubmission {
  readonly petition: Petition & { readonly files: readonly PetitionFile[] }
  readonly fingerprint: string
}

type Limits = Pick<PortalConfig, 'limits' | 'fileTypes'>

/**
 * A petition out of a whole request body, JSON or multipart/form-data. Rejects with an error that names field, value
 * (contact data masked) and rule; the same petition gives the same fingerprint in either form.
 */
export async function readSubmission(contentType: string, bytes: Buffer, config: Limits): Promise<ReadSubmission> {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json') return finish(fromJson(contentType, bytes), config)
  if (type === 'multipart/form-data') return finish(fromForm(contentType, bytes, config), config)
  throw new YizhanError('MEDIA_TYPE_UNSUPPORTED', {
    field: 'Content-Type',
    value: type.slice(0, 80),
    rule: 'application/json、multipart/form-data',
  })
}

/** `sha256:` and 64 hex digits over what was filed, the portal's own id aside. */
function fingerprintOf(petition: Petition, files: readonly PetitionFile[]): string {
  const { purpose, title, text, place, category, petitioner, accused, publish } = petition
  const { name, phone, idNumber, email, address } = petitioner
  const filed = [
    ...[
      purpose,
      title,
      text,
      place.code,
      place.name,
      category,
      name,
      phone,
      idNumber,
      email,
      address,
      accused,
      publish,
    ],
    files.map((file) => [file.name, digestOnce(file.bytes)]),
  ].map((part) => part ?? null)
  return `sha256:${hash('sha256', JSON.stringify(filed), 'hex')}`
}

interface Parts {
  readonly petition: Petition
  readonly files: readonly { readonly name: string; readonly mediaType: string | undefined; readonly bytes: Buffer }[]
}

function finish({ petition, files }: Parts, { limits, fileTypes }: Limits): ReadSubmission {
  if (files.length > limits.files)
    throw new YizhanError('TOO_LARGE', { field: 'files', value: String(files.length), rule: String(limits.files) })
  const total = files.reduce((sum, file) => sum + file.bytes.length, 0)
  if (total > limits.fileBytes)
    throw new YizhanError('TOO_LARGE', { field: 'files', value: `${total} bytes`, rule: `${limits.fileBytes} bytes` })
  const taken = files.map(({ name, mediaType, bytes }, index) => {
    const dot = name.lastIndexOf('.')
    const extension = dot < 0 ? '' : name.slice(dot + 1).toLowerCase()
    if (!fileTypes.includes(extension))
      throw new YizhanError('FIELD_INVALID', {
        field: `files.${index}.name`,
        value: `.${extension.slice(0, 20)}`,
        rule: fileTypes.join(', '),
      })
    if (bytes.length === 0)
      throw new YizhanError('FIELD_INVALID', {
        field: `files.${index}`,
        value: '0 bytes',
        rule: '不得为空 / not empty',
      })
    return { name, mediaType: mediaType ?? 'application/octet-stream', bytes }
  })
  return { petition: { ...petition, files: taken }, fingerprint: fingerprintOf(petition, taken) }
}

function fromJson(contentType: string, bytes: Buffer): Parts {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]
  if (charset !== undefined && !labelSaysNothing(charset) && encodingOf(charset) !== 'utf-8')
    throw new YizhanError('ENCODING_UNKNOWN', { field: 'Content-Type', value: charset.slice(0, 40), rule: 'UTF-8' })
  const { files, ...petition } = checkedFields(submissionSchema, parseForeignJson(decodeText(bytes, 'utf-8')))
  return {
    petition,
    files: files.map(({ name, mediaType, content }, index) => ({ name, mediaType, bytes: decoded(content, index) })),
  }
}

function decoded(content: string, index: number): Buffer {
  try {
    return decodeBase64(content)
  } catch (cause) {
    if (!(cause instanceof YizhanError)) throw cause
    throw new YizhanError(cause.code, { ...cause.facts, field: `files.${index}.content` }, { cause })
  }
}

type Group = 'petitioner' | 'place' | 'notClassified'

/** A form that says nothing of it declares nothing. */
const declared = (group: Record<string, unknown>): Record<string, unknown> | undefined =>
  Object.keys(group).length === 0 ? undefined : group

/** The fields of a form, each where it belongs; `files` are the parts with a file name, whatever they are called. */
const PLACES: Readonly<Record<string, readonly [group: Group | undefined, key: string]>> = {
  ...Object.fromEntries(
    ['externalId', 'purpose', 'title', 'text', 'category', 'accused', 'publish'].map((key) => [key, [undefined, key]]),
  ),
  ...Object.fromEntries(
    ['name', 'phone', 'idNumber', 'email', 'address'].map((key) => [`petitioner.${key}`, ['petitioner', key]]),
  ),
  ...Object.fromEntries(['code', 'name'].map((key) => [`place.${key}`, ['place', key]])),
  ...Object.fromEntries(['name', 'reason'].map((key) => [`notClassified.${key}`, ['notClassified', key]])),
}
/** What browsers add by themselves (HTML Living Standard, 4.10.22.4). */
const IGNORED = new Set(['_charset_'])
const OPTIONAL_EMPTY = new Set([
  'externalId',
  'accused',
  'petitioner.idNumber',
  'petitioner.email',
  'petitioner.address',
  'place.code',
  'place.name',
  'notClassified.name',
  'notClassified.reason',
])
const YES_NO: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  1: true,
  0: false,
  on: true,
  是: true,
  否: false,
}

/** How a form may say whether the petition may be published. */
export const FORM_PUBLISH: readonly string[] = Object.keys(YES_NO)

function fromForm(contentType: string, bytes: Buffer, { limits }: Limits): Parts {
  const form = readForm(contentType, bytes, { files: limits.files, fileBytes: limits.fileBytes })
  const groups: Record<Group, Record<string, unknown>> = { petitioner: {}, place: {}, notClassified: {} }
  const top: Record<string, unknown> = {}
  const seen = new Set<string>()
  for (const [name, value] of form.fields) {
    // An empty file field without a media type looks like a field.
    if (IGNORED.has(name) || (name === 'files' && value === '')) continue
    if (value.includes('\ufffd'))
      throw new YizhanError('ENCODING_INVALID', { field: name.slice(0, 40), value: 'U+FFFD', rule: 'UTF-8' })
    if (!Object.hasOwn(PLACES, name) || seen.has(name))
      throw new YizhanError('FIELD_INVALID', {
        field: name.slice(0, 40),
        rule: seen.has(name) ? '只能出现一次 / once only' : '没有这个字段 / no such field',
      })
    seen.add(name)
    if (value === '' && OPTIONAL_EMPTY.has(name)) continue
    const [group, key] = PLACES[name] ?? [undefined, name]
    const into = group === undefined ? top : groups[group]
    into[key] = key === 'publish' && Object.hasOwn(YES_NO, value) ? YES_NO[value] : value
  }
  for (const part of [...form.files.map((file) => file.part), ...form.leftEmpty]) refuseFieldAsFile(part)
  const petition = checkedFields(petitionSchema, { ...top, ...groups, notClassified: declared(groups.notClassified) })
  return {
    petition,
    files: form.files.map(({ name, mediaType, bytes }, index) => ({ name: fileName(name, index), mediaType, bytes })),
  }
}

/** A field that came as a file would be an attachment, and what it says would be lost: the accused field above all. */
function refuseFieldAsFile(part: string): void {
  const field = Object.keys(PLACES).find((name) => name.toLowerCase() === part.trim().toLowerCase())
  if (field === undefined) return
  throw new YizhanError('FIELD_INVALID', {
    field,
    rule: '是字段，不能作为文件提交（部分头中不得有 filename）/ a field, not a file: its part must have no filename',
  })
}

function fileName(name: string, index: number): string {
  const result = fileNameSchema.safeParse(name)
  if (result.success) return result.data
  throw new YizhanError('FIELD_INVALID', {
    field: `files.${index}.name`,
    value: JSON.stringify(baseName(name).slice(0, 40)),
    rule: '文件名 1 至 200 字，不含控制字符 / a file name of 1 to 200 characters without control characters',
  })
}
