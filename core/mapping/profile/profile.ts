import { YizhanError } from '../../errors/error.ts'
import type { OaDraft } from '../../door/port.ts'
import type { Message, Unread } from '../../message/schema.ts'
import type { ReadOptions, WriteContext } from '../port.ts'
import type { Steps } from '../../util/turns.ts'
import type { XmlElement } from '../xml/element.ts'
import { draftOf } from './draft.ts'
import { flatten } from './flatten.ts'
import { csvSteps } from '../csv/read.ts'
import { checkHeader, columnsOf, lineElement, type CsvColumns } from './from-csv.ts'
import { JsonElements, undescribed } from './from-json.ts'
import { jsonSteps } from '../json/read.ts'
import type { JsonNode } from '../json/node.ts'
import { JsonOut } from './json-out.ts'
import { parseTolerantly } from './parse.ts'
import type { ElementPlan, FormPlan } from './plan.ts'
import type { CompiledProfile, FileLink, FormRecord, Parsed, ParsedCsv, ParsedJson, ParsedRow, Values } from './port.ts'
import { ReadRun } from './read-run.ts'
import { compileReader } from './reader.ts'
import type { ProfileSource, Quirks, Syntax } from './schema.ts'
import { compileWriter, fieldsWritten, WriteRun, type Writer } from './writer.ts'
import { XmlOut } from './xml-out.ts'

interface Form {
  readonly plan: FormPlan
  readonly read: ReturnType<typeof compileReader> | undefined
  readonly write: Writer | undefined
  readonly written: ReadonlySet<string>
}

const draftKinds: ReadonlySet<string> = new Set(['document', 'receipt', 'return', 'withdrawal', 'reply'])
const actKinds: ReadonlySet<string> = new Set(['receipt', 'return', 'withdrawal', 'reply', 'outcome'])
const itemKinds: ReadonlySet<string> = new Set(['document', ...actKinds])

/** The forms that a CSV list may have: the named one, or those of drafts. */
export function listForms(plans: readonly FormPlan[], list: string | undefined): readonly FormPlan[] {
  return plans.filter(({ kind, reads, name }) => reads && draftKinds.has(kind) && (list ?? name) === name)
}

/** A profile at work: one reader and one writer for each form, made once. */
export class RunningProfile implements CompiledProfile {
  readonly id: string
  readonly revision: string
  readonly forms: readonly string[]
  readonly quirks: readonly string[]
  readonly syntaxes: readonly Syntax[]
  readonly #tolerate: Quirks
  readonly soap: CompiledProfile['soap']
  readonly #forms: ReadonlyMap<string, Form>
  readonly #csv: { readonly form: string; readonly columns: CsvColumns } | undefined

  constructor(
    { profile: id, quirks, syntax, list, soap, namespace }: ProfileSource,
    revision: string,
    plans: readonly FormPlan[],
  ) {
    this.id = id
    this.syntaxes = syntax
    this.soap = soap && { ...soap, namespace }
    this.revision = revision
    this.forms = plans.map((plan) => plan.name)
    this.quirks = Object.entries(quirks).flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((item) => `${name} ${item}`) : value ? [name] : [],
    )
    this.#tolerate = quirks
    this.#forms = new Map(
      plans.map((plan) => [
        plan.name,
        {
          plan,
          read: plan.reads ? compileReader(plan.root) : undefined,
          write: plan.writes ? compileWriter(plan.root) : undefined,
          written: fieldsWritten(plan.root),
        },
      ]),
    )
    const [listed] = syntax.includes('csv') ? listForms(plans, list) : []
    this.#csv = listed && { form: listed.name, columns: columnsOf(listed.root, () => undefined) }
  }

  parse(source: string | Buffer): Steps<Parsed> {
    return parseTolerantly(source, this.#tolerate)
  }

  *parseJson(source: Buffer, form?: string): Steps<ParsedJson> {
    if (!this.syntaxes.includes('json')) throw this.#without('json')
    const node = yield* jsonSteps(source)
    const found = form === undefined ? this.#formIn(node) : { plan: this.#form(form).plan, node }
    if (found === undefined) return { element: undescribed('', '', node)[0] as XmlElement, quirks: [], form: undefined }
    const elements = new JsonElements(this.#tolerate.nullMembers)
    const element = yield* elements.element(found.plan.root, found.node)
    return { element, quirks: elements.quirks, form: found.plan.name }
  }

  *parseCsv(source: Buffer): Steps<ParsedCsv> {
    if (this.#csv === undefined) throw this.#without('csv')
    const { form, columns } = this.#csv
    const table = yield* csvSteps(source)
    checkHeader(columns, table, this.#tolerate.unknownElements).throwIfAny(`${this.id} ${form}`)
    const { header, head } = table
    const rows = table.rows.map((line): ParsedRow => ({
      ...line,
      get element() {
        return lineElement(columns, header, line)
      },
    }))
    return { form, header, head, rows }
  }

  /** The draft in a value of which nothing else says what it is: its only member is the root, or there is one form. */
  #formIn(node: JsonNode): { readonly plan: FormPlan; readonly node: JsonNode } | undefined {
    const plans = [...this.#forms.values()].flatMap(({ plan, read }) =>
      read !== undefined && draftKinds.has(plan.kind) ? [plan] : [],
    )
    const [name, inner] = node.kind === 'object' && node.members.size === 1 ? ([...node.members][0] ?? []) : []
    const plan = plans.find(({ root }) => root.name === name)
    if (plan !== undefined && inner !== undefined) return { plan, node: inner }
    const [only, other] = plans
    return only === undefined || other !== undefined ? undefined : { plan: only, node }
  }

  read(
    form: string,
    element: XmlElement,
    options: ReadOptions = {},
  ): { readonly draft: OaDraft; readonly quirks: readonly string[]; readonly unread: readonly Unread[] } {
    const run = new ReadRun(this.#tolerate, options.attached)
    const { plan, record } = this.#read(form, element, run)
    if (plan.kind === 'record') throw this.#misuse(form, 'readRecord')
    const kind = plan.kind === 'item' ? run.kind : plan.kind
    if (kind === undefined || !draftKinds.has(kind)) {
      run.fail(
        plan.root.name,
        kind,
        '须含公文、回执、退文、撤回或答复 / must hold a document, receipt, return, withdrawal or reply',
      )
    }
    run.problems.throwIfAny(`${this.id} ${form}`)
    const draft = draftOf(kind as OaDraft['kind'], record, (quirk) => run.note(quirk))
    return { draft, quirks: run.quirks, unread: run.unread }
  }

  readRecord(form: string, element: XmlElement): { readonly values: FormRecord; readonly quirks: readonly string[] } {
    const run = new ReadRun(this.#tolerate, undefined)
    const { plan, record } = this.#read(form, element, run)
    run.problems.throwIfAny(`${this.id} ${form}`)
    if (plan.kind === 'item' && run.kind !== undefined) record['kind'] ??= run.kind
    return { values: record, quirks: run.quirks }
  }

  formOf(element: XmlElement): string | undefined {
    for (const { plan, read } of this.#forms.values())
      if (read !== undefined && draftKinds.has(plan.kind) && plan.root.name === element.local) return plan.name
    return undefined
  }

  links(form: string, element: XmlElement): readonly FileLink[] {
    const links: FileLink[] = []
    this.#read(form, element, new ReadRun(this.#tolerate, undefined, links))
    return links
  }

  write(form: string, message: Message, context: WriteContext): Buffer[] {
    const { plan, write, written } = this.#form(form)
    if (write === undefined || plan.kind === 'record')
      throw this.#misuse(form, plan.kind === 'record' ? 'writeRecord' : 'read')
    const fits =
      plan.kind === 'item'
        ? itemKinds.has(message.kind)
        : plan.kind === 'act'
          ? actKinds.has(message.kind)
          : plan.kind === message.kind
    const run = new WriteRun(message.kind)
    if (!fits)
      run.fail(
        plan.root.name,
        message.kind,
        `表单 ${form} 不承载此类消息 / form ${form} does not carry this kind of message`,
      )
    run.problems.throwIfAny(`${this.id} ${form}`)
    return this.#write(form, write, flatten(message, context, written), run, context)
  }

  writeList(
    form: string,
    values: FormRecord,
    items: Parameters<CompiledProfile['writeList']>[2],
    syntax?: 'json',
  ): Buffer[] {
    const { written } = this.#form(form)
    const rows = items.map(({ message, context }) => flatten(message, context, written))
    return this.writeRecord(form, { ...values, items: rows }, syntax)
  }

  root(form: string): ElementPlan {
    return this.#form(form).plan.root
  }

  writeRecord(form: string, values: FormRecord, syntax?: 'json'): Buffer[] {
    const { plan, write } = this.#form(form)
    if (write === undefined || plan.kind !== 'record') throw this.#misuse(form, 'write')
    return this.#write(form, write, values, new WriteRun(undefined), { syntax })
  }

  #write(
    form: string,
    write: Writer,
    values: FormRecord,
    run: WriteRun,
    { syntax, attach }: Pick<WriteContext, 'syntax' | 'attach'>,
  ): Buffer[] {
    const out = syntax === 'json' ? new JsonOut(attach) : new XmlOut(attach)
    write(values, out, run)
    run.problems.throwIfAny(`${this.id} ${form}`)
    return out.finish()
  }

  #read(form: string, element: XmlElement, run: ReadRun): { plan: FormPlan; record: Values } {
    const { plan, read } = this.#form(form)
    if (read === undefined) throw this.#misuse(form, 'write')
    const record: Values = {}
    read(element, record, run)
    if (plan.kind === 'document' || plan.kind === 'item')
      for (const [field, text] of Object.entries(run.strayMarks)) record[field] ??= text
    return { plan, record }
  }

  #form(name: string): Form {
    const form = this.#forms.get(name)
    if (form === undefined)
      throw new YizhanError('INTERNAL', { detail: `profile ${this.id} has no form ${name} (${this.forms.join(', ')})` })
    return form
  }

  #without(syntax: Syntax): YizhanError {
    return new YizhanError('INTERNAL', { detail: `profile ${this.id} has no ${syntax}: ${this.syntaxes.join(', ')}` })
  }

  #misuse(form: string, instead: string): YizhanError {
    return new YizhanError('INTERNAL', { detail: `form ${form} of profile ${this.id} is for ${instead}` })
  }
}
