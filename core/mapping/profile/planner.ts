import { codecOf } from './values.ts'
import { plainTable, type CodeTable } from './codes.ts'
import { LISTS, type FieldInfo, type ValueType } from './fields.ts'
import { fieldsOf } from './form-fields.ts'
import { jsonText } from './json-text.ts'
import type { AttributePlan, ElementPlan, FormPlan, JsonPlan, ValuePlan } from './plan.ts'
import type { AttributeNode, ElementNode, FormNode, ProfileSource } from './schema.ts'

/** Says that a profile breaks a rule: key path in the file, value, rule. */
export type Complain = (path: readonly PropertyKey[], value: unknown, rule: string) => void

type Place = readonly PropertyKey[]

/** What a node inherits from those around it. */
interface Around {
  readonly namespace: string | undefined
  readonly path: string
  readonly fields: Readonly<Record<string, FieldInfo>> | undefined
  readonly reads: boolean
  readonly writes: boolean
  readonly fragments: readonly string[]
}

/** Resolves fragments, fields and tables of a form, complaining of everything that does not fit. */
export class Planner {
  readonly #profile: ProfileSource
  readonly #tables: ReadonlyMap<string, CodeTable>
  readonly #complain: Complain

  constructor(profile: ProfileSource, tables: ReadonlyMap<string, CodeTable>, complain: Complain) {
    this.#profile = profile
    this.#tables = tables
    this.#complain = complain
  }

  form(name: string, form: FormNode): FormPlan | undefined {
    const reads = form.only !== 'write'
    const writes = form.only !== 'read'
    const place = ['forms', name]
    if (form.kind === 'act' && reads)
      this.#complain([...place, 'only'], form.only, 'kind act 只能写（only: write） / is for writing only')
    const fields = form.kind === 'record' ? undefined : fieldsOf(form.kind)
    const root = this.#element(
      form.root,
      [...place, 'root'],
      { namespace: undefined, path: '', fields, reads, writes, fragments: [] },
      true,
    )
    if (root === undefined) return undefined
    if (reads && form.kind !== 'record') {
      const parts =
        form.kind === 'item' ? kindsIn(root).map((part) => [part.kind, part] as const) : [[form.kind, root] as const]
      for (const [kind, part] of parts)
        this.#checkEssential(part, kind === 'document' ? 'document.title' : 'about', place)
    }
    return { name, kind: form.kind, reads, writes, root }
  }

  /** What no draft can do without. */
  #checkEssential(part: ElementPlan, field: string, place: Place): void {
    if (!hasRequired(part, field))
      this.#complain(
        place,
        part.name,
        `须有必填的 ${field}，其外层元素也须必填 / needs ${field}, required, inside elements that are required`,
      )
  }

  #element(given: ElementNode, place: Place, around: Around, isRoot: boolean): ElementPlan | undefined {
    const resolved = this.#resolve(given, place, around.fragments)
    if (resolved === undefined) return undefined
    const { node, fragments } = resolved
    const at = resolved.place
    const name = node.element
    if (name === undefined) {
      this.#complain(at, undefined, '须有 element 或 use / needs element or use')
      return undefined
    }
    this.#checkName(name, [...at, 'element'])
    const namespace = node.namespace ?? around.namespace ?? this.#profile.namespace
    const path = join(around.path, name)
    const reads = around.reads && node.only !== 'write'
    const writes = around.writes && node.only !== 'read'
    const fields = node.each === undefined ? around.fields : this.#listFields(node, at, around.fields)
    const inside: Around = {
      namespace,
      path: isRoot || node.base || node.each !== undefined ? '' : path,
      fields,
      reads,
      writes,
      fragments,
    }
    const valuePath = node.each === undefined ? path : ''
    const value = hasValue(node) ? this.#value(node, at, valuePath, inside, node.repeat) : undefined
    const inner = node.children ?? []
    if (value !== undefined && inner.length > 0)
      this.#complain(at, name, '有文本的元素不得有子元素 / an element with a text has no children')
    if (node.repeat !== undefined && (value === undefined || node.each !== undefined))
      this.#complain([...at, 'repeat'], node.repeat, 'repeat 只用于文本元素 / is for elements with a text')
    const attributePath = node.each === undefined ? `${path}/` : ''
    const attributes = node.attributes.flatMap((attribute, index) =>
      this.#attribute(attribute, [...at, 'attributes', index], attributePath, inside),
    )
    const children = inner.flatMap(
      (child, index) => this.#element(child, [...at, 'children', index], inside, false) ?? [],
    )
    this.#distinct(children, attributes, [...at, 'children'])
    const plan: ElementPlan = {
      name,
      namespace,
      declares: namespace !== (around.namespace ?? ''),
      path,
      base: isRoot || node.base,
      value,
      attributes,
      children,
      repeat: node.repeat,
      each: node.each,
      where: Object.entries(node.where ?? {}),
      kind: node.kind,
      required: node.required,
      keep: node.keep,
      reads:
        reads &&
        (value?.read !== undefined ||
          attributes.some((attribute) => attribute.read !== undefined) ||
          children.some((child) => child.reads) ||
          node.required ||
          node.kind !== undefined),
      writes,
    }
    if (node.each === 'files' && fields !== undefined && reads) this.#checkFile(plan, at)
    return plan
  }

  /** What `read-file.ts` relies on. */
  #checkFile(plan: ElementPlan, place: Place): void {
    if (plan.value?.read === 'file.beside' || hasRequired(plan, 'file.beside')) return
    if (!hasRequired(plan, 'file.name'))
      this.#complain(place, plan.name, '读取文件须有必填的 file.name / files that are read need file.name, required')
    if (plan.value?.read !== 'file.content' && !hasRequired(plan, 'file.content') && !hasRequired(plan, 'file.link'))
      this.#complain(
        place,
        plan.name,
        '读取文件须有必填的 file.content 或 file.link / files that are read need file.content or file.link, required',
      )
  }

  /** The fragment that a node names, with the node's own marks. */
  #resolve(
    node: ElementNode,
    place: Place,
    stack: readonly string[],
  ): { node: ElementNode; place: Place; fragments: readonly string[] } | undefined {
    if (node.use === undefined) return { node, place, fragments: stack }
    const fragment = this.#profile.fragments[node.use]
    if (fragment === undefined || stack.includes(node.use)) {
      this.#complain(
        [...place, 'use'],
        node.use,
        fragment === undefined
          ? 'fragments 中没有此片段 / no such fragment'
          : '片段不得包含自身 / a fragment must not contain itself',
      )
      return undefined
    }
    const own = Object.fromEntries(
      Object.entries({
        element: node.element,
        only: node.only,
        kind: node.kind,
        required: node.required || undefined,
        keep: node.keep || undefined,
        base: node.base || undefined,
      }).filter(([, value]) => value !== undefined),
    )
    return this.#resolve({ ...fragment, ...own }, ['fragments', node.use], [...stack, node.use])
  }

  #listFields(node: ElementNode, place: Place, outer: Around['fields']): Around['fields'] {
    if (outer === undefined) return undefined
    const fields = LISTS[node.each ?? '']
    if (fields === undefined)
      this.#complain([...place, 'each'], node.each, `须为 / one of: ${Object.keys(LISTS).join(', ')}`)
    for (const field of Object.keys(node.where ?? {}))
      if (fields?.[field] === undefined)
        this.#complain(
          [...place, 'where', field],
          field,
          `没有此字段 / no such field: ${Object.keys(fields ?? {}).join(', ')}`,
        )
    return fields ?? {}
  }

  #attribute(node: AttributeNode, place: Place, path: string, around: Around): AttributePlan[] {
    this.#checkName(node.attribute, [...place, 'attribute'])
    const value = this.#value(node, place, `${path}@${node.attribute}`, around, undefined)
    return value === undefined ? [] : [{ ...value, name: node.attribute }]
  }

  #value(
    node: AttributeNode | ElementNode,
    place: Place,
    path: string,
    around: Around,
    repeat: ElementNode['repeat'],
  ): ValuePlan | undefined {
    const read = around.reads && node.constant === undefined ? (node.read ?? node.field) : undefined
    const write = around.writes && node.constant === undefined ? (node.write ?? node.field) : undefined
    const info = this.#info(read, 'read', place, around.fields) ?? this.#info(write, 'write', place, around.fields)
    if (read !== undefined) this.#info(write, 'write', place, around.fields)
    const type =
      repeat === 'list' && node.type === undefined
        ? 'text'
        : (node.type ?? info?.type ?? (node.table === undefined ? 'text' : 'code'))
    if (info !== undefined && type !== info.type && info.also?.includes(type) !== true)
      this.#complain(
        [...place, 'type'],
        type,
        `此字段的类型可为 / types of this field: ${[info.type, ...(info.also ?? [])].join(', ')}`,
      )
    if (info?.type === 'list' && type !== 'list' && repeat !== 'list')
      this.#complain(
        place,
        node.field,
        '列表字段须用 type: list 或 repeat: list / a list field needs type list or repeat list',
      )
    if (info?.max !== undefined && node.max !== undefined && node.max > info.max)
      this.#complain([...place, 'max'], node.max, `不得超过规范上限 / not beyond the canonical limit ${info.max}`)
    const max = node.max ?? info?.max
    const table = this.#table(node, place, info, type)
    const separator = node.separator ?? (repeat === 'join' ? '、' : ';')
    const codec =
      type === 'content'
        ? undefined
        : codecOf({
            type,
            max,
            table,
            accept: node.accept ?? [],
            format: node.format,
            separator,
            trailingSeparator: this.#profile.quirks.trailingSeparator,
            trueAs: node.trueAs ?? ['true', '1'],
            falseAs: node.falseAs ?? ['false', '0'],
          })
    if (typeof codec === 'string') {
      this.#complain(place, node.field, codec)
      return undefined
    }
    return {
      path,
      read,
      write,
      type,
      codec,
      table,
      nulls: new Map([
        ...this.#profile.nulls.map((text) => [text, true] as const),
        ...(node.nulls ?? []).map((text) => [text, false] as const),
      ]),
      trim: node.trim,
      required: node.required,
      max,
      default: node.default,
      constant: node.constant,
      separator,
      json: this.#json(node, place, type),
    }
  }

  /** How the value stands in JSON, where the dialect has that at all. */
  #json(node: AttributeNode | ElementNode, place: Place, type: ValueType): JsonPlan {
    const usual = type === 'integer' ? 'number' : type === 'boolean' ? 'boolean' : 'string'
    const as = node.json ?? usual
    const fits = as === 'string' || as === usual || (as === 'number' && (type === 'text' || type === 'code'))
    if (!fits) this.#complain([...place, 'json'], as, `${type} 在 JSON 中不能是 ${as} / cannot stand in JSON as that`)
    const plan = { as, yes: node.trueAs?.[0] ?? 'true', no: node.falseAs?.[0] ?? 'false' }
    for (const key of ['constant', 'default'] as const)
      if (this.#isJson && node[key] !== undefined && jsonText(plan, node[key]) === undefined)
        this.#complain([...place, key], node[key], `在 JSON 中须为 ${as} / must be that in JSON`)
    return plan
  }

  get #isJson(): boolean {
    return this.#profile.syntax.includes('json')
  }

  #checkName(name: string, place: Place): void {
    if (this.#profile.syntax.includes('xml') && !/^[\p{L}_][\p{L}\p{N}_.\-·]*$/u.test(name))
      this.#complain(place, name, '不是 XML 名称（syntax 含 xml）/ no XML name, and the syntax is xml')
  }

  #info(
    field: string | undefined,
    way: 'read' | 'write',
    place: Place,
    fields: Around['fields'],
  ): FieldInfo | undefined {
    if (field === undefined || fields === undefined) return undefined
    const info = fields[field]
    if (info === undefined)
      this.#complain(place, field, `没有此字段 / no such field: ${Object.keys(fields).join(', ')}`)
    else if (info.way !== 'both' && info.way !== way)
      this.#complain(
        place,
        field,
        info.way === 'read' ? '此字段只能读 / this field is only read' : '此字段只能写 / this field is only written',
      )
    return info
  }

  #table(
    node: AttributeNode | ElementNode,
    place: Place,
    info: FieldInfo | undefined,
    type: ValueType,
  ): CodeTable | undefined {
    if (node.table === undefined)
      return type === 'code' && info?.values !== undefined ? plainTable(info.values) : undefined
    const table = this.#tables.get(node.table)
    if (table === undefined)
      this.#complain(
        [...place, 'table'],
        node.table,
        `config/codes/ 中没有此代码表 / no such code table (${[...this.#tables.keys()].join(', ')})`,
      )
    if (type !== 'code')
      this.#complain([...place, 'table'], node.table, '只有 type: code 使用代码表 / only type code has a table')
    const foreign = table?.values.filter((value) => info?.values !== undefined && !info.values.includes(value)) ?? []
    if (foreign.length > 0)
      this.#complain(
        [...place, 'table'],
        foreign.join(', '),
        `不是此字段的取值 / not among the field’s values: ${info?.values?.join(', ') ?? ''}`,
      )
    return table
  }

  #distinct(children: readonly ElementPlan[], attributes: readonly AttributePlan[], place: Place): void {
    // JSON has members for both.
    const names = [...children, ...(this.#isJson ? attributes : [])].map((one) => one.name)
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice !== undefined) this.#complain(place, twice, '同级元素不得重名 / siblings have different names')
  }
}

/** Whether a node has a text of its own. */
function hasValue(node: ElementNode): boolean {
  return (
    node.field !== undefined ||
    node.read !== undefined ||
    node.write !== undefined ||
    node.constant !== undefined ||
    node.type !== undefined
  )
}

/** Whether reading the element cannot end without the field: everything on the way to it is required too. */
function hasRequired(element: ElementPlan, field: string): boolean {
  return (
    element.value?.read === field ||
    element.attributes.some((attribute) => attribute.read === field && attribute.required) ||
    element.children.some((child) => child.required && hasRequired(child, field))
  )
}

/** The parts of an item that tell its kind. */
function kindsIn(element: ElementPlan): ElementPlan[] {
  return element.children.flatMap((child) => (child.kind === undefined ? kindsIn(child) : [child]))
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}
