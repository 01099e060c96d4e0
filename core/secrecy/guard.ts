import type { StationConfig } from '../config/schema.ts'
import type { ActDraft, DocumentDraft, Draft, PetitionDecision, PetitionDraft } from '../door/port.ts'
import {
  DOCUMENT_FIELD_NAMES,
  documentField,
  stackOf,
  type DocumentField,
  type DocumentFieldName,
} from '../message/document-fields.ts'
import type { DocumentBody, Message } from '../message/schema.ts'
import { classRule } from './class.ts'
import { mark, type Finding, type Look } from './finding.ts'
import { lookAtJson } from './json.ts'
import { guardForm } from './letters.ts'
import { lookAtLine } from './line.ts'
import type { FileReader } from './reading/port.ts'
import { saysNothing } from './nothing.ts'
import { lookAtText } from './text.ts'

export type SecrecyRules = StationConfig['classified']

export interface NamedBytes {
  readonly name: string
  readonly bytes: Buffer
}

/** What the guard says of something. */
export interface Judgement {
  /** the first mark, else the first doubt */
  readonly finding?: Finding | undefined
  /** files that could not be read, or not wholly: name and reason */
  readonly unread: readonly string[]
}

/**
 * Nothing classified enters (Law on Guarding State Secrets, 2024, Art. 31). The guard looks where a paper carries its
 * marks; what it says names fields and rules, never what stands there.
 */
export class Guard {
  /** in force now */
  readonly rules: () => SecrecyRules
  readonly #files: FileReader
  #made: Looks | undefined

  constructor(rules: () => SecrecyRules, files: FileReader) {
    this.rules = rules
    this.#files = files
  }

  /** A draft with its files, before anything else is done with it. */
  async draft(draft: Draft): Promise<Judgement> {
    const looks = this.#looks()
    const text = looks.first([...linesOfDraft(draft, looks), ...unreadOf(draft, looks)])
    if (text?.seen === 'mark') return { finding: text, unread: [] }
    const files = await this.files(draft.files ?? [])
    return { finding: files.finding?.seen === 'mark' ? files.finding : (text ?? files.finding), unread: files.unread }
  }

  /** A whole message, its files aside: of a channel, of a flow, repaired by somebody. */
  message(message: Message): Finding | undefined {
    const looks = this.#looks()
    const names = message.files.map(({ name }, at): Finding | undefined =>
      looks.line(stem(name), `files.${at}.name`, true),
    )
    return looks.first([
      ...linesOfMessage(message, looks),
      ...linesOfEnvelope(message, looks),
      ...unreadOf(message, looks),
      ...names,
    ])
  }

  /** What the petition office decides, by whatever way it says so. */
  decision({ by, accused, to, note }: PetitionDecision): Finding | undefined {
    const looks = this.#looks()
    return looks.first([
      looks.line(by, '核定人'),
      ...[...accused, ...to].map((name) => looks.line(name, '被反映单位、责任单位')),
      ...linesOfNote(note, looks),
    ])
  }

  /** Any JSON value that somebody brings, such as a payload. */
  json(value: unknown, where: string): Finding | undefined {
    return lookAtJson(value, where, this.#looks().classOf)
  }

  /** Names and texts of files. */
  async files(files: readonly NamedBytes[]): Promise<Judgement> {
    const looks = this.#looks()
    const named = looks.first(files.map(({ name }, at) => looks.line(stem(name), fileField(at), true)))
    if (named?.seen === 'mark') return { finding: named, unread: [] }
    const inside = await this.#read(files, looks)
    const marked = inside.find(({ finding }) => finding?.seen === 'mark')?.finding
    if (marked !== undefined) return { finding: marked, unread: [] }
    return {
      finding: named ?? inside.find(({ finding }) => finding !== undefined)?.finding,
      unread: inside.flatMap(({ unread }) => unread),
    }
  }

  /**
   * Several side by side, none after a mark was found; what is not read when the message's time is up cannot be read.
   */
  async #read(files: readonly NamedBytes[], looks: Looks): Promise<readonly Judgement[]> {
    const until = performance.now() + this.rules().readAllMs
    const judgements: Judgement[] = []
    const waiting = files.entries()
    let isMarked = false
    const readOn = async (): Promise<void> => {
      for (const [at, { name, bytes }] of waiting) {
        if (isMarked) return
        const reading = await this.#files.read(name, bytes, until)
        const finding = looks.first([
          ...reading.texts.map((text) => looks.text(text, `${fileField(at)}内文字`)),
          ...reading.names.map((inner) => looks.line(stem(inner), `${fileField(at)}内名称`, true)),
        ])
        if (finding?.seen === 'mark') isMarked = true
        judgements[at] = { finding, unread: reading.unread.map((why) => `${name}：${why}`) }
      }
    }
    await Promise.all(Array.from({ length: this.#files.width }, readOn))
    return judgements.flat()
  }

  /** Made once for the rules in force: their words are brought into form, which costs more than a look. */
  #looks(): Looks {
    const rules = this.rules()
    if (this.#made?.rules !== rules) this.#made = new Looks(rules)
    return this.#made
  }
}

const fileField = (at: number): string => `第${at + 1}个文件`

/** The name without the path and extension. */
function stem(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  const dot = base.lastIndexOf('.')
  return dot > 0 && base.length - dot <= 6 ? base.slice(0, dot) : base
}

/** The rules in force, each with its field. */
class Looks {
  readonly rules: SecrecyRules
  readonly classOf: (text: string) => Look | undefined
  /** words that a city has added, in form */
  readonly #marks: readonly string[]

  constructor(rules: SecrecyRules) {
    this.rules = rules
    this.classOf = classRule(rules.unclassified)
    this.#marks = rules.marks.map(unspaced)
  }

  /** @param mayDoubt whether a doubtful word counts here */
  line(text: string | undefined, field: string, mayDoubt = false): Finding | undefined {
    const look = text === undefined ? undefined : (this.#own(text) ?? lookAtLine(text))
    return look === undefined || (look.seen === 'doubt' && !mayDoubt) ? undefined : { ...look, field }
  }

  text(text: string | undefined, field: string): Finding | undefined {
    const look = text === undefined ? undefined : lookAtText(text, this.classOf)
    return look === undefined ? undefined : { ...look, field }
  }

  class(text: string | undefined): Finding | undefined {
    const look = text === undefined ? undefined : this.classOf(text)
    return look === undefined ? undefined : { ...look, field: '密级' }
  }

  /** The first mark, else the first doubt. */
  first(findings: readonly (Finding | undefined)[]): Finding | undefined {
    return findings.find((finding) => finding?.seen === 'mark') ?? findings.find((finding) => finding !== undefined)
  }

  /** Words that a city has added. */
  #own(text: string): Look | undefined {
    if (this.#marks.length === 0) return undefined
    const form = unspaced(text)
    return this.#marks.some((word) => form.includes(word))
      ? mark('站点另列的密级标志 / a mark that the station adds')
      : undefined
  }
}

const unspaced = (text: string): string => guardForm(text).replace(/\s/gu, '')

type Found = readonly (Finding | undefined)[]

/** What a dialect does not describe is kept with the message. */
function unreadOf({ unread = [] }: Pick<Draft, 'unread'>, looks: Looks): Found {
  return unread.flatMap(({ text }) => [looks.line(text, '方言未定义的内容'), looks.text(text, '方言未定义的内容')])
}

function linesOfDraft(draft: Draft, looks: Looks): Found {
  switch (draft.kind) {
    case 'document':
      return linesOfDocument(draft, looks)
    case 'petition':
      return linesOfPetition(draft.petition, looks)
    default:
      return linesOfAct(draft, looks)
  }
}

function linesOfDocument(
  draft: Pick<DocumentDraft, 'document' | 'issuers' | 'number' | 'copyNumber' | 'secrecyPeriod'>,
  looks: Looks,
): Found {
  const { document, number, copyNumber, secrecyPeriod } = draft
  const fields = (guard: DocumentField['guard']): Found =>
    DOCUMENT_FIELD_NAMES.filter((name) => documentField(name).guard === guard).flatMap((name) =>
      linesOfField(name, (document as Partial<DocumentBody>)[name], looks),
    )
  return [
    ...fields('class'),
    looks.rules.refuseCopyNumber && copyNumber !== undefined && !saysNothing(copyNumber)
      ? { ...mark('份号仅用于涉密公文 / only classified papers have one'), field: '份号' }
      : undefined,
    secrecyPeriod !== undefined && !saysNothing(secrecyPeriod)
      ? { ...mark('保密期限仅用于涉密公文 / only classified papers have one'), field: '保密期限' }
      : undefined,
    ...fields('title'),
    looks.line(number, '发文字号'),
    ...(draft.issuers ?? []).map(({ name }) => looks.line(name, '发文机关')),
    ...fields('line'),
    ...fields('text'),
  ]
}

/** Of several values each is a line of its own. */
function linesOfField(name: DocumentFieldName, value: unknown, looks: Looks): Found {
  const { zh, guard, stacked } = documentField(name)
  if (value === undefined) return []
  const lines = [value].flat().flatMap((one: unknown) => {
    const text = typeof one === 'object' && one !== null && 'name' in one ? String(one.name) : String(one)
    return stacked === undefined ? [text] : stackOf(text)
  })
  switch (guard) {
    case 'class':
      return lines.map((line) => looks.class(line))
    case 'text':
      return lines.map((line) => looks.text(line, '正文'))
    case 'title':
    case 'line':
      return lines.map((line) => looks.line(line, zh, guard === 'title'))
    case 'none':
      return []
  }
}

type ActTexts = Pick<ActDraft, 'text' | 'result' | 'reasonCode' | 'by' | 'accused' | 'transferTo'>

function linesOfAct(draft: ActTexts, looks: Looks): Found {
  return [
    looks.text(draft.text, '理由或答复内容'),
    looks.line(draft.result, '办理结果'),
    looks.line(draft.reasonCode, '原因代码'),
    looks.line(draft.by, '经办人'),
    ...[...(draft.accused ?? []), ...(draft.transferTo ?? [])].map((name) => looks.line(name, '被反映单位、责任单位')),
  ]
}

function linesOfPetition(petition: PetitionDraft['petition'], looks: Looks): Found {
  return [
    looks.line(petition.title, '标题', true),
    looks.text(petition.text, '内容'),
    looks.line(petition.accused, '被反映对象'),
    looks.line(petition.place.name, '问题属地'),
    looks.line(petition.petitioner.name, '姓名'),
    looks.line(petition.petitioner.address, '住址'),
  ]
}

/** What a flow may write in every kind of message: the number, the sender, the title of what it is about. */
function linesOfEnvelope(message: Message, looks: Looks): Found {
  const about = 'about' in message ? message.about : undefined
  return [
    looks.line(message.number, '发文字号'),
    looks.line(message.from.name, '发文单位'),
    looks.line(about?.number, '所涉公文的文号'),
    looks.line(about?.title, '所涉公文的标题', true),
  ]
}

function linesOfNote(note: string | undefined, looks: Looks): Found {
  return [looks.line(note, '核定说明'), looks.text(note, '核定说明')]
}

/** What a message says beside its envelope. */
function linesOfMessage(message: Message, looks: Looks): Found {
  switch (message.kind) {
    case 'document':
      return linesOfDocument(message, looks)
    case 'petition':
      return [
        ...linesOfPetition(message.petition, looks),
        looks.line(message.review?.decision?.by, '核定人'),
        ...linesOfNote(message.review?.decision?.note, looks),
      ]
    case 'return':
      return linesOfAct({ ...message.return, text: message.return.reason }, looks)
    case 'withdrawal':
      return linesOfAct({ ...message.withdrawal, text: message.withdrawal.reason }, looks)
    case 'reply':
      return linesOfAct(message.reply, looks)
    case 'receipt':
      return linesOfAct({ by: message.receipt.by }, looks)
    case 'notice':
      return [looks.line(message.notice.subject, '主题'), looks.text(message.notice.text, '内容')]
    case 'sms-reply':
      return [looks.text(message.reply.text, '内容')]
    case 'channel':
      return [
        lookAtJson(message.channel.payload, 'payload', looks.classOf),
        lookAtJson(message.channel.headers, 'headers', looks.classOf),
      ]
    case 'archive-receipt':
      return [lookAtJson(message.archiveReceipt, 'archiveReceipt', looks.classOf)]
    case 'archive-batch':
      return [lookAtJson(message.batch, 'batch', looks.classOf)]
    case 'collection':
      return message.collection.entries.flatMap((entry) => linesOfAct(entry, looks))
    // The house's own words; a directory's names and an operator's codes are no papers.
    case 'outcome':
    case 'dead-letter':
    case 'directory-changes':
    case 'sms-report':
      return []
  }
}
