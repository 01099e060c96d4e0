import { readFileSync } from 'node:fs'
import { childOf, childrenOf, type XmlElement } from '../../../../core/mapping/xml/element.ts'
import { readXml } from '../../../../core/mapping/xml/read.ts'

/** An element as a schema declares it. */
export interface Declared {
  readonly name: string
  readonly required: boolean
  readonly many: boolean
  /** one of several in a choice */
  readonly choice: boolean
  /** name of the XML Schema type that it comes down to, such as `date` */
  readonly base: string
  readonly maxLength: number | undefined
  readonly maxInclusive: number | undefined
  readonly values: readonly string[]
  readonly children: readonly Declared[]
  readonly annotated: boolean
}

/** The global elements of a schema, as far as this project's schemas go: sequences, choices, named types. */
export function readSchema(path: string): ReadonlyMap<string, Declared> {
  const schema = readXml(readFileSync(path))
  const types = new Map(
    [...childrenOf(schema, 'complexType'), ...childrenOf(schema, 'simpleType')].map((type) => [
      type.attributes.get('name') ?? '',
      type,
    ]),
  )
  return new Map(
    childrenOf(schema, 'element').map((element) => [
      element.attributes.get('name') ?? '',
      declared(element, types, false),
    ]),
  )
}

function declared(element: XmlElement, types: ReadonlyMap<string, XmlElement>, choice: boolean): Declared {
  const named = element.attributes.get('type') ?? ''
  const type = named.startsWith('y:') ? types.get(named.slice(2)) : childOf(element, 'complexType')
  if (named.startsWith('y:') && type === undefined) throw new Error(`no type ${named}`)
  const restriction = type === undefined ? undefined : childOf(type, 'restriction')
  const facet = (name: string): number | undefined => {
    const value = restriction === undefined ? undefined : childOf(restriction, name)?.attributes.get('value')
    return value === undefined ? undefined : Number(value)
  }
  return {
    name: element.attributes.get('name') ?? '',
    required: element.attributes.get('minOccurs') !== '0',
    many: element.attributes.get('maxOccurs') === 'unbounded',
    choice,
    base: (restriction?.attributes.get('base') ?? named).replace('xs:', ''),
    maxLength: facet('maxLength'),
    maxInclusive: facet('maxInclusive'),
    values:
      restriction === undefined
        ? []
        : childrenOf(restriction, 'enumeration').map((value) => value.attributes.get('value') ?? ''),
    children: type === undefined ? [] : particles(type, types, false),
    annotated:
      childrenOf(childOf(element, 'annotation') ?? element, 'documentation')
        .map((text) => text.attributes.get('lang'))
        .join() === 'zh-CN,en',
  }
}

function particles(parent: XmlElement, types: ReadonlyMap<string, XmlElement>, choice: boolean): Declared[] {
  return parent.children.flatMap((child) => {
    if (child.local === 'sequence' || child.local === 'choice') return particles(child, types, child.local === 'choice')
    return child.local === 'element' ? [declared(child, types, choice)] : []
  })
}
