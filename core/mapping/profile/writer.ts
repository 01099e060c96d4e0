import type { Out } from './out.ts'
import type { AttributePlan, ElementPlan, ValuePlan } from './plan.ts'
import type { FormRecord, FormValue } from './port.ts'
import { FieldProblems } from './problems.ts'
import { Broken, type PlainValue } from './values.ts'

/** What one writing gathers, and which kind of message is written. */
export class WriteRun {
  readonly problems = new FieldProblems()
  readonly kind: string | undefined
  scope = ''

  constructor(kind: string | undefined) {
    this.kind = kind
  }

  fail(path: string, value: string | undefined, rule: string): void {
    this.problems.add(`${this.scope}${path}`, value, rule)
  }
}

/** Writes an element from a record. */
export type Writer = (record: FormRecord, out: Out, run: WriteRun) => void

interface Part {
  /** whether the record has anything for it */
  readonly has: (record: FormRecord, run: WriteRun) => boolean
  readonly write: Writer
}

/** Every field that a form writes: what nobody writes need not be computed. */
export function fieldsWritten(plan: ElementPlan): Set<string> {
  const fields = new Set(
    [
      plan.value?.write,
      ...plan.attributes.map((attribute) => attribute.write),
      ...plan.children.flatMap((child) => [...fieldsWritten(child)]),
    ].filter((field) => field !== undefined),
  )
  return plan.writes ? fields : new Set()
}

/** Compiles the writer of a form's root: it is written even when it is empty. */
export function compileWriter(plan: ElementPlan): Writer {
  const { write } = compileElement(plan)
  return write
}

function compileElement(plan: ElementPlan): Part {
  const { value } = plan
  const attributes = plan.attributes.map(compileAttribute)
  const children = plan.children.filter((child) => child.writes).map(compileChild)
  const text = value === undefined ? undefined : compileText(value)
  return {
    has: (record, run) =>
      (value?.write !== undefined && isThere(record[value.write])) ||
      attributes.some((attribute) => attribute.has(record, run)) ||
      children.some((child) => child.has(record, run)),
    write(record, out, run) {
      out.open(plan)
      for (const attribute of attributes) attribute.write(record, out, run)
      text?.(record, out, run)
      for (const child of children) child.write(record, out, run)
      out.close()
    },
  }
}

/** A child is written when the record has something for it, or when it must stand there anyway. */
function compileChild(plan: ElementPlan): Part {
  if (plan.each !== undefined) return compileOccurrences(plan, plan.each)
  if (plan.repeat === 'list') return compileList(plan)
  const element = compileElement(plan)
  const always = plan.keep || plan.required || plan.value?.default !== undefined || plan.value?.constant !== undefined
  const { kind } = plan
  const fits = (run: WriteRun): boolean => kind === undefined || kind === run.kind
  return {
    has: (record, run) => fits(run) && element.has(record, run),
    write(record, out, run) {
      if (fits(run) && (always || element.has(record, run))) element.write(record, out, run)
    },
  }
}

function compileOccurrences(plan: ElementPlan, list: string): Part {
  const element = compileElement(plan)
  const items = (record: FormRecord): FormRecord[] =>
    ((record[list] ?? []) as readonly FormRecord[]).filter((item) =>
      plan.where.every(([field, value]) => item[field] === value),
    )
  return {
    has: (record) => items(record).length > 0,
    write(record, out, run) {
      const found = items(record)
      if (found.length === 0 && plan.required) run.fail(plan.path, undefined, '必填 / required')
      const outer = run.scope
      for (const [at, item] of found.entries()) {
        run.scope = `${outer}${plan.path}[${at + 1}]/`
        element.write(item, out, run)
      }
      run.scope = outer
    },
  }
}

/** A list field of which each item has an element. */
function compileList(plan: ElementPlan): Part {
  const field = plan.value?.write ?? ''
  const { value } = plan
  const attributes = plan.attributes.map(compileAttribute)
  const items = (record: FormRecord): readonly string[] => (record[field] ?? []) as readonly string[]
  return {
    has: (record) => items(record).length > 0,
    write(record, out, run) {
      if (items(record).length === 0 && plan.required) run.fail(plan.path, undefined, '必填 / required')
      for (const item of items(record)) {
        out.open(plan)
        for (const attribute of attributes) attribute.write(record, out, run)
        const text = value === undefined ? undefined : encoded(value, item, run)
        if (value !== undefined && text !== undefined) out.text(value, text)
        out.close()
      }
    },
  }
}

function compileAttribute(plan: AttributePlan): Part {
  return {
    has: (record) => plan.write !== undefined && isThere(record[plan.write]),
    write(record, out, run) {
      const text = textFor(plan, record, run)
      if (text !== undefined) out.attribute(plan, text)
    },
  }
}

function compileText(plan: ValuePlan): Writer {
  if (plan.type === 'content') {
    return (record, out, run) => {
      const bytes = plan.write === undefined ? undefined : record[plan.write]
      if (Buffer.isBuffer(bytes)) out.content(bytes)
      else run.fail(plan.path, undefined, '没有文件内容 / the file’s bytes are missing')
    }
  }
  return (record, out, run) => {
    const text = textFor(plan, record, run)
    if (text !== undefined) out.text(plan, text)
  }
}

function textFor(plan: ValuePlan, record: FormRecord, run: WriteRun): string | undefined {
  if (plan.constant !== undefined) return plan.constant
  const value = plan.write === undefined ? undefined : record[plan.write]
  if (!isThere(value)) {
    if (plan.default === undefined && plan.required) run.fail(plan.path, undefined, '必填 / required')
    return plan.default
  }
  return encoded(plan, value as PlainValue, run)
}

function encoded(plan: ValuePlan, value: PlainValue, run: WriteRun): string | undefined {
  const text = plan.codec?.write(value) ?? new Broken('不是文本 / no text')
  if (typeof text === 'string') return text
  run.fail(plan.path, String(value), text.rule)
  return undefined
}

function isThere(value: FormValue | undefined): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
}
