import type { JsonNode, JsonScalar } from '../json/node.ts'
import type { Steps } from '../../util/turns.ts'
import type { XmlElement } from '../xml/element.ts'
import { isRepeated, TEXT_MEMBER, wrappedIn, type ElementPlan, type ValuePlan } from './plan.ts'
import { MOST_ITEMS } from './values.ts'

/** Of what is refused, no more is shown than errors tell. */
const SHOWN = 200
/** So many values are turned in one step. */
const STEP = 1000
/** The element by which XML names bytes that stand beside it (XOP 1.0, 2.1). */
const XOP = 'http://www.w3.org/2004/08/xop/include'
/** What XML cannot carry (XML 1.0, 2.2): no text of a message has it. */
// eslint-disable-next-line no-control-regex
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/**
 * A JSON value as the element that the same dialect sends in XML: members are elements or attributes, an array is the
 * occurrences of one. A value of another type than the description wants becomes an element that says so (`misfit`); a
 * member that the description does not have becomes an element that it does not have.
 */
export class JsonElements {
  readonly #nullMembers: boolean
  readonly #quirks = new Set<string>()
  #count = 0

  /** @param nullMembers a member that is null is taken as absent, and told as a quirk */
  constructor(nullMembers: boolean) {
    this.#nullMembers = nullMembers
  }

  get quirks(): readonly string[] {
    return [...this.#quirks]
  }

  *element(plan: ElementPlan, node: JsonNode): Steps<XmlElement> {
    if (++this.#count % STEP === 0) yield
    if (plan.value === undefined) return yield* this.#structure(plan, node)
    if (plan.attributes.length > 0 && node.kind === 'object') return yield* this.#textWithAttributes(plan, node.members)
    return this.#value(plan, plan.value, node)
  }

  *#structure(plan: ElementPlan, node: JsonNode): Steps<XmlElement> {
    const wrapped = wrappedIn(plan)
    if (wrapped !== undefined) {
      if (node.kind !== 'array') return misfit(plan, node, '须为数组 / must be an array')
      return made(plan, node, { children: yield* this.#occurrences(wrapped, node) })
    }
    if (node.kind !== 'object') return misfit(plan, node, '须为对象 / must be an object')
    const children: XmlElement[] = []
    const attributes = new Map<string, string>()
    for (const [name, member] of node.members) {
      if (++this.#count % STEP === 0) yield
      const attribute = plan.attributes.find((one) => one.name === name)
      if (attribute !== undefined) {
        const text = this.#attribute(attribute, member)
        if (text !== undefined) attributes.set(name, text)
        else if (member.kind !== 'null') return misfit(plan, member, `${name} ${rules[attribute.json.as]}`)
        else if (!this.#mayBeNull(name)) return misfit(plan, member, `${name} ${NOT_NULL}`)
        continue
      }
      const child = plan.children.find((one) => one.name === name)
      for (const element of yield* this.#child(plan, child, name, member)) children.push(element)
    }
    return made(plan, node, { attributes, children })
  }

  *#child(around: ElementPlan, plan: ElementPlan | undefined, name: string, node: JsonNode): Steps<XmlElement[]> {
    if (plan?.reads !== true) return undescribed(name, (plan ?? around).namespace, node)
    if (node.kind === 'null') {
      const isWritten = plan.keep && plan.value !== undefined && plan.value.json.as !== 'string'
      return isWritten || this.#mayBeNull(name) ? [] : [misfit(plan, node, NOT_NULL)]
    }
    if (!isRepeated(plan)) return [yield* this.element(plan, node)]
    return node.kind === 'array'
      ? yield* this.#occurrences(plan, node)
      : [misfit(plan, node, '须为数组 / must be an array')]
  }

  *#occurrences(plan: ElementPlan, { items }: Extract<JsonNode, { kind: 'array' }>): Steps<XmlElement[]> {
    const elements: XmlElement[] = []
    // One more than is read, so that the reader says that there are too many.
    for (const item of items.slice(0, MOST_ITEMS + 1)) elements.push(yield* this.element(plan, item))
    return elements
  }

  *#textWithAttributes(plan: ElementPlan, members: ReadonlyMap<string, JsonNode>): Steps<XmlElement> {
    const { value, ...rest } = plan
    const text = members.get(TEXT_MEMBER)
    const others = new Map([...members].filter(([name]) => name !== TEXT_MEMBER))
    const around = yield* this.#structure({ ...rest, value: undefined }, { kind: 'object', members: others, line: 0 })
    if (text === undefined || value === undefined || around.misfit !== undefined) return around
    const inner = this.#value(plan, value, text)
    return { ...inner, attributes: around.attributes, children: [...inner.children, ...around.children] }
  }

  #attribute(plan: ValuePlan, node: JsonNode): string | undefined {
    // A constant is not looked at.
    if (plan.read === undefined) return 'text' in node ? node.text : ''
    return textIn(plan, node)
  }

  /** The text of a value, where it has the type that the description wants. */
  #value(plan: ElementPlan, value: ValuePlan, node: JsonNode): XmlElement {
    if (node.kind === 'null') return misfit(plan, node, NOT_NULL)
    if (value.type === 'content') return this.#content(plan, node)
    const text = textIn(value, node)
    if (text === undefined) return misfit(plan, node, rules[value.json.as])
    const { body } = node as JsonScalar
    if (body === undefined && ILLEGAL.test(text)) return misfit(plan, undefined, CONTROL)
    return made(plan, node, body === undefined ? { text } : { body })
  }

  /** Base64, or the name of what stands beside it. */
  #content(plan: ElementPlan, node: JsonNode): XmlElement {
    if (node.kind === 'string') return made(plan, node, { text: node.text, body: node.body })
    const href = node.kind === 'object' && node.members.size === 1 ? node.members.get('href') : undefined
    if (href?.kind !== 'string') return misfit(plan, undefined, CONTENT)
    const include = bare('Include', XOP, node.line)
    return made(plan, node, { children: [{ ...include, attributes: new Map([['href', textOf(href)]]) }] })
  }

  #mayBeNull(name: string): boolean {
    if (this.#nullMembers) this.#quirks.add(`null-member ${name}`)
    return this.#nullMembers
  }
}

const NOT_NULL = '不得为 null，没有就不写 / not null: leave it out'
const CONTROL = '不得含控制字符 / no control characters'
const CONTENT =
  'Base64 字符串，或指明另附文件的 {"href": 名称} / a string of base64, or {"href": name} for what stands beside it'
const rules = {
  string: '须为字符串 / must be a string',
  number: '须为数值 / must be a number',
  boolean: '须为 true 或 false / must be true or false',
} as const

/** What the description does not have, with all that is in it, for people to see. */
export function undescribed(name: string, uri: string, node: JsonNode): XmlElement[] {
  switch (node.kind) {
    case 'array':
      return node.items.length === 0
        ? [bare(name, uri, node.line)]
        : node.items.flatMap((item) => undescribed(name, uri, item))
    case 'object': {
      const children = [...node.members].flatMap(([inner, value]) => undescribed(inner, uri, value))
      return [{ ...bare(name, uri, node.line), children }]
    }
    case 'null':
      return [bare(name, uri, node.line)]
    default:
      return [{ ...bare(name, uri, node.line), text: node.text, body: node.body }]
  }
}

function textIn(plan: ValuePlan, node: JsonNode): string | undefined {
  if (node.kind !== plan.json.as) return undefined
  if (node.kind === 'boolean') return node.text === 'true' ? plan.json.yes : plan.json.no
  return textOf(node)
}

function textOf(node: JsonScalar): string {
  return node.body === undefined ? node.text : node.body.toString('latin1')
}

function bare(local: string, uri: string, line: number): XmlElement {
  return { local, uri, attributes: NONE, children: [], text: '', body: undefined, line }
}

const NONE: ReadonlyMap<string, string> = new Map()

function made(plan: ElementPlan, node: JsonNode, parts: Partial<XmlElement>): XmlElement {
  return { ...bare(plan.name, plan.namespace, node.line), ...parts }
}

/** @param node undefined where what stands there may be content of a file */
function misfit(plan: ElementPlan, node: JsonNode | undefined, rule: string): XmlElement {
  const shown = node !== undefined && 'text' in node ? textOf(node).slice(0, SHOWN) : ''
  return { ...bare(plan.name, plan.namespace, node?.line ?? 0), text: shown, misfit: rule }
}
