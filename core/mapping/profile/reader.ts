import { textOf, type XmlElement } from '../xml/element.ts'
import { readContent, finishFile } from './read-file.ts'
import type { AttributePlan, ElementPlan, ValuePlan } from './plan.ts'
import type { Values } from './port.ts'
import { isStateSecret, marked } from './problems.ts'
import type { ReadRun } from './read-run.ts'
import { Broken, MOST_ITEMS, tooLong, tooMany } from './values.ts'

/** Reads an element into a record; tells whether anything was there. */
type Reader = (element: XmlElement, record: Values, run: ReadRun) => boolean

/** Fields that may say that a document is classified: then no value of it is quoted in errors. */
const classifying: ReadonlySet<string> = new Set([
  'copyNumber',
  'secrecyPeriod',
  'document.securityClass',
  'document.title',
])

/** What other dialects call those elements: where unknown elements are passed over, these still reach the door. */
const strayMarks: ReadonlyMap<string, string> = new Map([
  ...['份号', '公文份号', 'FENHAO', 'FH', 'serial_number_of_copies', 'serialNumberOfCopies'].map(
    (name) => [name, 'copyNumber'] as const,
  ),
  ...['密级', '秘密等级', 'MIJI', 'MJ', 'SECRET', 'security_class', 'securityClass'].map(
    (name) => [name, 'document.securityClass'] as const,
  ),
  ...['保密期限', 'BMQX', 'secrecy_period', 'secrecyPeriod'].map((name) => [name, 'secrecyPeriod'] as const),
])

const empty = '必填 / required'

/** Compiles the reader of a form's root. */
export function compileReader(plan: ElementPlan): Reader {
  const read = compileElement(plan)
  return (element, record, run) => {
    if (element.local !== plan.name || !sameNamespace(element, plan, run)) {
      run.fail(
        plan.name,
        element.local,
        `根元素须为 ${plan.name}${plan.namespace === '' ? '' : `（${plan.namespace}）`} / must be the root element`,
      )
      return false
    }
    return read(element, record, run)
  }
}

function compileElement(plan: ElementPlan): Reader {
  const attributes = plan.attributes.filter((attribute) => attribute.read !== undefined).map(compileAttribute)
  const known = new Set(plan.attributes.map((attribute) => attribute.name))
  const content = plan.value === undefined ? compileChildren(plan) : compileText(plan, plan.value)
  return (element, record, run) => {
    if (element.misfit !== undefined) return refuseMisfit(plan, element.text, element.misfit, run)
    if (plan.kind !== undefined) run.kind ??= plan.kind
    keepAttributes(element, known, plan.path, run)
    let some = content(element, record, run)
    for (const attribute of attributes) if (attribute(element, record, run)) some = true
    return some
  }
}

/** What stood there is no value of the kind that the description wants. It counts as being there. */
function refuseMisfit({ path, each, value }: ElementPlan, text: string, rule: string, run: ReadRun): boolean {
  if (value?.read !== undefined && value.read !== 'document.title' && classifying.has(value.read) && text !== '')
    run.problems.suspect()
  run.fail(each === undefined ? path : '', text === '' ? undefined : text, rule)
  return true
}

function compileAttribute(plan: AttributePlan): Reader {
  return (element, record, run) => {
    const text = element.attributes.get(plan.name)
    const some = text !== undefined && assign(plan, text, record, run, undefined)
    if (!some && plan.required) run.fail(plan.path, text, empty)
    return some
  }
}

function compileText(plan: ElementPlan, value: ValuePlan): Reader {
  if (value.type === 'content') {
    return (element, record, run) => {
      const bytes = readContent(element, value, run)
      if (value.read !== undefined) record[value.read] = bytes
      return true
    }
  }
  if (value.read === undefined) return () => true
  return (element, record, run) => {
    if (element.children.length > 0) {
      if (!run.tolerate.unknownElements)
        run.fail(value.path, element.children[0]?.local, '只能是文本，不得有子元素 / text only, no elements inside')
      else {
        run.note('element-in-text', value.path)
        for (const child of element.children) keepAll(child, join(value.path, child.local), run)
      }
    }
    return assign(value, textOf(element), record, run, plan.repeat)
  }
}

function compileChildren(plan: ElementPlan): Reader {
  const slots = plan.children.map((child, index) => ({
    child,
    index,
    read: child.each === undefined ? compileElement(child) : compileOccurrence(child),
  }))
  const byName = new Map(slots.map((slot) => [slot.child.name, slot]))
  const required = slots.filter((slot) => slot.child.required && slot.child.reads)
  const path = pathInside(plan)
  return (element, record, run) => {
    checkStray(element, plan, run)
    const seen = new Uint8Array(slots.length)
    const times = new Uint32Array(slots.length)
    let some = false
    for (const inner of element.children) {
      const slot = byName.get(inner.local)
      if (slot === undefined || !sameNamespace(inner, slot.child, run)) {
        if (run.tolerate.unknownElements) passOver(inner, path, run)
        else run.fail(join(path, inner.local), undefined, '方言中没有此元素 / the dialect has no such element')
        continue
      }
      const { child, index } = slot
      const time = (times[index] ?? 0) + 1
      times[index] = time
      if (time > MOST_ITEMS) {
        if (time === MOST_ITEMS + 1) run.fail(child.path, undefined, tooMany)
        continue
      }
      if (seen[index] === 1 && child.each === undefined && (child.repeat === undefined || child.repeat === 'first')) {
        if (child.reads) keepAll(inner, child.path, run)
        if (child.repeat === 'first') continue
        if (run.tolerate.repeatedElements) run.note('repeated-element', child.path)
        else run.fail(child.path, undefined, '只能出现一次 / at most once')
        continue
      }
      if (!child.reads) {
        seen[index] = 1
        continue
      }
      if (slot.read(inner, record, run)) {
        seen[index] = 1
        some = true
      }
    }
    for (const { child, index } of required) if (seen[index] !== 1) run.fail(child.path, undefined, empty)
    return some
  }
}

function passOver(element: XmlElement, path: string, run: ReadRun): void {
  run.note('unknown-element', join(path, element.local))
  keepAll(element, join(path, element.local), run)
  const field = strayMarks.get(element.local)
  const text = textOf(element).trim()
  if (field === undefined || text === '') return
  run.strayMarks[field] ??= text.slice(0, 100)
  if (tellsSecret(field, text)) run.problems.suspect()
}

function tellsSecret(field: string, text: string): boolean {
  return field === 'document.securityClass' ? isStateSecret(text) : field === 'document.title' ? marked(text) : true
}

/** Everything that an element says, at its path: its own text, its attributes and what is inside. */
function keepAll(element: XmlElement, path: string, run: ReadRun): void {
  run.keep(path, element.body === undefined ? element.text : `（${element.body.length} 字节 base64 bytes）`)
  keepAttributes(element, NONE, path, run)
  for (const child of element.children) keepAll(child, join(path, child.local), run)
}

const NONE: ReadonlySet<string> = new Set()
/**
 * What the standards put on any element (XML Schema instances, SOAP encoding, XML itself), and what says nothing of a
 * document.
 */
const COMMON: ReadonlySet<string> = new Set([
  'nil',
  'schemaLocation',
  'noNamespaceSchemaLocation',
  'encodingStyle',
  'space',
  'lang',
  'arrayType',
])

function keepAttributes(element: XmlElement, known: ReadonlySet<string>, path: string, run: ReadRun): void {
  for (const [name, value] of element.attributes)
    // Of xsi:type only the local name is left; its value names a type by its prefix.
    if (!known.has(name) && !COMMON.has(name) && !(name === 'type' && value.includes(':')))
      run.keep(join(path, `@${name}`), value)
}

/** One occurrence of a repeated part: its fields go into an item of their own, and its path has a number. */
function compileOccurrence(plan: ElementPlan): Reader {
  const list = plan.each ?? ''
  const read = compileElement(plan)
  const sizePath = valueOf(plan, 'file.size')?.path
  const isNamed = plan.value?.read === 'file.beside'
  return (element, record, run) => {
    if (list === 'files' && run.tolerate.placeholderFiles && isBlank(element, plan)) {
      run.note('placeholder-file', plan.path)
      return false
    }
    const items = (record[list] ??= []) as Values[]
    const item: Values = Object.fromEntries(plan.where)
    const outer = run.scope
    run.scope = `${outer}${plan.path}[${items.length + 1}]/`
    read(element, item, run)
    if (isNamed && item['file.beside'] === undefined && element.misfit === undefined) run.fail('', undefined, empty)
    if (list === 'files') finishFile(item, run, sizePath)
    run.scope = outer
    items.push(item)
    return true
  }
}

/** Puts a text into its field; tells whether it holds anything. */
function assign(plan: ValuePlan, text: string, record: Values, run: ReadRun, repeat: ElementPlan['repeat']): boolean {
  const field = plan.read as string
  const plain = text.trim()
  if (plain === '' || plan.nulls.has(plain)) {
    if (plan.nulls.get(plain) === true) run.note('null-value', plan.path)
    if (plan.table?.default === undefined) return false
    record[field] ??= plan.table.default
    return true
  }
  const value = plan.codec?.read(plan.trim ? plain : text, (quirk) => run.note(quirk, plan.path))
  if (value === undefined) return false
  if (value instanceof Broken) {
    // A security class that cannot even be read is no reason to quote it.
    if (classifying.has(field) && field !== 'document.title') run.problems.suspect()
    run.fail(plan.path, plain, value.rule)
    return true
  }
  if (classifying.has(field) && tellsSecret(field, plain)) run.problems.suspect()
  const before = record[field]
  // Not made anew with each item: that would take a time that grows with the square.
  if (repeat === 'list') ((record[field] ??= []) as string[]).push(value as string)
  else if (before === undefined) record[field] = value
  else if (repeat === 'join') {
    const joined = `${before as string}${plan.separator}${value as string}`
    if (plan.max !== undefined && joined.length > plan.max) run.fail(plan.path, joined, tooLong(plan.max))
    else record[field] = joined
  } else if (before !== value) {
    run.note('second-value', plan.path)
    run.keep(plan.path, plain)
  }
  return true
}

function checkStray(element: XmlElement, plan: ElementPlan, run: ReadRun): void {
  if (element.body === undefined && (element.text === '' || element.text.trim() === '')) return
  if (run.tolerate.unknownElements) {
    run.note('stray-text', plan.path)
    run.keep(plan.path, element.body === undefined ? element.text : `（${element.body.length} 字节 base64 bytes）`)
  } else run.fail(pathInside(plan) || plan.name, undefined, '此处不得有文本 / no text here')
}

function sameNamespace(element: XmlElement, plan: ElementPlan, run: ReadRun): boolean {
  if (element.uri === plan.namespace) return true
  if (
    element.uri === ''
      ? !run.tolerate.missingNamespace && !run.tolerate.foreignNamespace
      : !run.tolerate.foreignNamespace
  )
    return false
  run.note(element.uri === '' ? 'missing-namespace' : 'foreign-namespace')
  return true
}

/** Nothing in it but white space, whatever its constant attributes say. */
function isBlank(element: XmlElement, plan: ElementPlan): boolean {
  if (
    element.body !== undefined ||
    element.text.trim() !== '' ||
    element.children.some((child) => child.body !== undefined || child.text.trim() !== '' || child.children.length > 0)
  )
    return false
  return plan.attributes.every(
    (attribute) => attribute.read === undefined || (element.attributes.get(attribute.name) ?? '').trim() === '',
  )
}

function valueOf(plan: ElementPlan, field: string): ValuePlan | undefined {
  if (plan.value?.read === field) return plan.value
  return (
    plan.attributes.find((attribute) => attribute.read === field) ??
    plan.children.flatMap((child) => valueOf(child, field) ?? [])[0]
  )
}

function pathInside(plan: ElementPlan): string {
  return plan.base || plan.each !== undefined ? '' : plan.path
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}
