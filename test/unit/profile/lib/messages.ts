import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { ActDraft } from '../../../../core/door/port.ts'
import { formatNumber } from '../../../../core/message/number.ts'
import {
  documentMessage,
  message as anyMessage,
  type DocumentBody,
  type DocumentMessage,
  type FileRef,
  type Message,
  type Subject,
} from '../../../../core/message/schema.ts'
import { URGENCIES, type Urgency } from '../../../../core/message/urgency.ts'
import type { WriteContext } from '../../../../core/mapping/port.ts'

/** A message, the bytes of its files, and the copy that is written. */
export interface Copy {
  readonly message: Message
  readonly context: WriteContext
}

// eslint-disable-next-line no-control-regex
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Text as nasty as XML 1.0 allows, without white space around it, which is not part of a value. */
function nastyText(max: number): fc.Arbitrary<string> {
  const unit = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '&',
        '<',
        '>',
        '"',
        "'",
        ']]>',
        '&amp;',
        '<!--',
        '\n',
        '\t',
        '\r\n',
        '　',
        ' ',
        '﻿',
        '；',
        ';',
        '、',
      ),
    },
    { weight: 4, arbitrary: fc.constantFrom('公', '文', '𠮷', '〔', '〕', '㐀', '😀') },
  )
  return fc
    .array(unit, { minLength: 1, maxLength: 12 })
    .map((units) => units.join('').slice(0, max).trim())
    .filter((text) => text !== '' && !illegal.test(text) && text.isWellFormed() && !nothing.has(text))
}

/** Words that mean “nothing” in some dialect. */
const nothing: ReadonlySet<string> = new Set(['null', 'NULL', '无', '空', '普通', '非密', '0'])

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const instant = fc
  .date({ min: new Date('2001-01-01T00:00:00Z'), max: new Date('2098-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const date = instant.map((text) => text.slice(0, 10))
const number = fc
  .tuple(
    fc.constantFrom('周政办', '周财〔预', '豫政明电', 'A市', '周政办字').map((code) => code.replace('〔', '')),
    fc.integer({ min: 1949, max: 2099 }),
    fc.integer({ min: 1, max: 9999 }),
  )
  .map(([code, year, serial]) => formatNumber({ code, year, serial, unit: '号' }))
const urgency: fc.Arbitrary<Urgency> = fc.constantFrom(...URGENCIES)
const documentType = fc.constantFrom('通知', '报告', '请示', '函', '命令（令）', '会议纪要', '方案')
const id = fc.stringMatching(/^zk-[a-z0-9]{4,12}$/)
const party = fc.constantFrom(
  { unit: 'caizhengju', name: '市财政局' },
  { unit: 'zhengfuban', name: '市政府办公室' },
  { unit: 'xihua', name: '西华县政府' },
)
const fileName = nastyText(40)
  .map((text) => text.replace(/[/\\\s\u007f]/gu, '_'))
  .filter((name) => name !== '.' && name !== '..')

interface Body {
  readonly file: FileRef
  readonly bytes: Buffer
}
const body: fc.Arbitrary<Body> = fc
  .tuple(
    fileName,
    fc.constantFrom('main' as const, 'annex' as const),
    fc.constantFrom('application/pdf', 'application/msword', 'text/plain'),
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 3000, max: 9000 }).map((size) => new Uint8Array(size).fill(size & 0xff)),
    ),
  )
  .map(([name, role, mediaType, data]) => {
    const bytes = Buffer.from(data)
    return {
      bytes,
      file: {
        name,
        role,
        mediaType,
        size: bytes.length,
        digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      },
    }
  })
/** Main files first, as dialects with two lists write them; names differ, as addresses derive from them. */
const bodies = fc
  .uniqueArray(body, { maxLength: 3, selector: ({ file }) => file.name })
  .map((all) => [...all.filter(({ file }) => file.role === 'main'), ...all.filter(({ file }) => file.role === 'annex')])

const envelope = fc.record({
  id,
  trace: id,
  from: party,
  urgency,
  acceptedAt: instant,
  recipients: fc.constantFrom(
    [],
    [{ unit: 'jiaoyuju', name: '市教育局', role: 'to' as const }],
    [
      { unit: 'luyi', name: '鹿邑县政府', role: 'to' as const },
      { unit: 'jiaoyuju', name: '市教育局', role: 'cc' as const },
    ],
  ),
  origin: fc.record({ system: fc.constant('oa-x'), externalId: fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/) }),
})

/** One value a line; a name of an issuer holds no semicolon, which separates them in dialect B. */
const stack = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(
      line.map((text) => text.replace(/[\s、]+/gu, ' ').trim()).filter((text) => text !== '' && !nothing.has(text)),
      { minLength: 1, maxLength: 4 },
    )
    .map((lines) => lines.join('\n'))
const issuerName = nastyText(20).filter((text) => !/[;；]/.test(text))
const issuer = fc.record({ name: issuerName, unit: fc.option(id, { nil: undefined }) }).map((one) => tidy(one))

const document = fc.record({
  direction: fc.constantFrom('issue' as const, 'report' as const, 'peer' as const),
  title: nastyText(60),
  identifier: optional(nastyText(30)),
  documentType: optional(documentType),
  issuers: optional(fc.array(issuer, { minLength: 2, maxLength: 4 })),
  issuerMark: optional(fc.tuple(stack(nastyText(20)), fc.constantFrom('', '文件')).map((parts) => parts.join(''))),
  signer: optional(stack(nastyText(20))),
  mainRecipients: optional(nastyText(60)),
  copyRecipients: optional(nastyText(60)),
  attachmentNote: optional(nastyText(40)),
  signature: optional(stack(nastyText(40))),
  date: optional(date),
  annotation: optional(nastyText(40)),
  printer: optional(nastyText(30)),
  printDate: optional(date),
  copies: optional(fc.integer({ min: 1, max: 500 })),
  releaseLevel: optional(nastyText(20)),
  topicWords: optional(
    fc.array(
      nastyText(10).filter((word) => !/[;；]/.test(word)),
      { minLength: 1, maxLength: 3 },
    ),
  ),
  securityClass: optional(fc.constantFrom('公开', '内部', '工作秘密')),
  text: optional(nastyText(200)),
} satisfies Readonly<Record<keyof DocumentBody, fc.Arbitrary<unknown>>>)

/** What the receiver's side of a copy looks like. */
function contextOf(message: Message, all: readonly Body[]): WriteContext {
  return {
    deliveryId: `${message.id}/jiaoyuju`,
    unit: { id: 'jiaoyuju', name: '市教育局', codes: ['ZK-003'] },
    codeOf: (unit) => `C-${unit}`,
    bodies: new Map(all.map(({ file, bytes }) => [file.digest, bytes])),
    urlOf: (file) => `http://127.0.0.1/files/${encodeURIComponent(file.name)}`,
  }
}

/** Leaves out what is undefined: canonical messages have absent fields, never undefined ones. */
function tidy<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T
}

/** Any document with up to three files. */
export const documentCopy: fc.Arbitrary<Copy & { message: DocumentMessage }> = fc
  .record({ envelope, document, number: optional(number), dualTrack: optional(fc.boolean()), bodies })
  .map(({ envelope: around, document: content, number: given, dualTrack, bodies: all }) => {
    const message = documentMessage.parse(
      tidy({
        schema: 'document/1',
        kind: 'document',
        ...around,
        number: given,
        dualTrack,
        document: tidy(content),
        files: all.map(({ file }) => file),
      }),
    )
    return { message, context: contextOf(message, all) }
  })

const subject: fc.Arbitrary<Subject> = fc
  .record({
    id,
    number: optional(number),
    title: optional(nastyText(40)),
    from: optional(party),
    direction: fc.constantFrom('issue' as const, 'report' as const),
    externalId: optional(id),
  })
  .map(tidy)
const by = optional(nastyText(20))

/** Any receipt, return, withdrawal or reply. */
export function actCopy(kind: ActDraft['kind']): fc.Arbitrary<Copy> {
  const parts = fc.record({
    envelope,
    about: subject,
    by,
    at: instant,
    text: nastyText(100),
    maybe: optional(nastyText(50)),
    code: optional(fc.constantFrom('other', 'missing-seal')),
    result: optional(nastyText(20)),
    bodies,
  })
  return parts.map((part) => {
    const all = kind === 'reply' ? part.bodies : []
    const content = {
      receipt: { receipt: tidy({ state: 'signed' as const, by: part.by, at: part.at }) },
      return: { return: tidy({ reason: part.text, reasonCode: part.code, by: part.by, at: part.at }) },
      withdrawal: { withdrawal: tidy({ reason: part.maybe, by: part.by, at: part.at }) },
      reply: { reply: tidy({ text: part.text, result: part.result, by: part.by, at: part.at }) },
    }[kind]
    const message = anyMessage.parse({
      schema: `${kind}/1`,
      kind,
      ...part.envelope,
      about: part.about,
      ...content,
      files: all.map(({ file }) => file),
    })
    return { message, context: contextOf(message, all) }
  })
}
