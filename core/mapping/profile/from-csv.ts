import type { CsvLine, CsvTable } from '../csv/read.ts'
import type { XmlElement } from '../xml/element.ts'
import { legalText } from '../xml/escape.ts'
import { isRepeated, type ElementPlan } from './plan.ts'
import { FieldProblems } from './problems.ts'
import { itemsIn } from './values.ts'

/** A form of which each column is an element that holds a text. */
export interface CsvColumns {
  readonly root: ElementPlan
  /** by the column's name: the elements from the one below the root to its own */
  readonly ways: ReadonlyMap<string, readonly ElementPlan[]>
}

/** The columns of a form; `complain` gets those that a line of texts cannot hold. */
export function columnsOf(root: ElementPlan, complain: (element: string, rule: string) => void): CsvColumns {
  const ways = new Map<string, readonly ElementPlan[]>()
  const walk = (plan: ElementPlan, above: readonly ElementPlan[]): void => {
    if (plan.attributes.some(({ constant }) => constant === undefined))
      complain(plan.name, 'CSV 没有属性 / CSV has no attributes')
    if (plan.value === undefined && plan.each !== undefined)
      complain(plan.name, 'CSV 的一格是一个文本 / a cell of CSV is one text')
    for (const child of plan.children) {
      const way = [...above, child]
      if (child.value === undefined) walk(child, way)
      else if (ways.has(child.name)) complain(child.name, '列不得重名 / two columns of one name')
      else ways.set(child.name, way)
      if (child.value?.type === 'content') complain(child.name, 'CSV 的一格不是文件内容 / no cell holds a file')
    }
  }
  walk(root, [])
  return { root, ways }
}

/** What the header lacks, and what it has beside the form's columns. */
export function checkHeader({ root, ways }: CsvColumns, { header }: CsvTable, isTolerant: boolean): FieldProblems {
  const problems = new FieldProblems()
  const names = new Set(header)
  const isRequired = (way: readonly ElementPlan[]): boolean => way.every(({ required, reads }) => required && reads)
  for (const [name, way] of ways)
    if (!names.has(name) && isRequired(way)) problems.add(name, undefined, '须有此列 / the column is required')
  if (!isTolerant)
    for (const name of header)
      if (name !== '' && !ways.has(name))
        problems.add(name, undefined, `方言中没有此列 / the dialect has no such column: ${[...ways.keys()].join('、')}`)
  if (header.length === 0) problems.add(root.name, undefined, '没有表头 / no header')
  return problems
}

/** A line as the element that the same dialect sends in XML; an empty cell is no element. */
export function lineElement(
  { root, ways }: CsvColumns,
  header: readonly string[],
  { line, cells }: CsvLine,
): XmlElement {
  const top = new Inner(root, line)
  for (const [at, name] of header.entries()) {
    const cell = cells[at] ?? ''
    if (cell.trim() === '') continue
    const way = ways.get(name)
    const plan = way?.at(-1)
    if (way === undefined || plan === undefined) {
      top.put([], { ...bare(name, root.namespace, line), text: legalText(cell) })
      continue
    }
    for (const element of occurrences(plan, cell, line)) top.put(way, element)
  }
  return top.element()
}

function occurrences(plan: ElementPlan, cell: string, line: number): XmlElement[] {
  const made = (text: string): XmlElement => ({ ...bare(plan.name, plan.namespace, line), text })
  if (legalText(cell) !== cell) return [{ ...made(legalText(cell)), misfit: '不得含控制字符 / no control characters' }]
  if (!isRepeated(plan)) return [made(cell)]
  // White space alone separates nothing; what stands empty between two separators, the reading refuses.
  return itemsIn(cell, plan.value?.separator ?? ';').map(made)
}

/** An element that is being filled, and those in it. */
class Inner {
  readonly #plan: ElementPlan
  readonly #line: number
  readonly #children: (XmlElement | Inner)[] = []
  readonly #inner = new Map<ElementPlan, Inner>()

  constructor(plan: ElementPlan, line: number) {
    this.#plan = plan
    this.#line = line
  }

  put([next, ...way]: readonly ElementPlan[], element: XmlElement): void {
    if (next === undefined || way.length === 0) {
      this.#children.push(element)
      return
    }
    let inner = this.#inner.get(next)
    if (inner === undefined) {
      inner = new Inner(next, this.#line)
      this.#inner.set(next, inner)
      this.#children.push(inner)
    }
    inner.put(way, element)
  }

  element(): XmlElement {
    const children = this.#children.map((child) => (child instanceof Inner ? child.element() : child))
    return { ...bare(this.#plan.name, this.#plan.namespace, this.#line), children }
  }
}

function bare(local: string, uri: string, line: number): XmlElement {
  return { local, uri, attributes: new Map(), children: [], text: '', body: undefined, line }
}
