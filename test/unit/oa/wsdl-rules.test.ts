import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { readXml } from '../../../core/mapping/xml/read.ts'
import { describedCity, EXAMPLE_FOLDER } from './lib/described.ts'
import { TestHouse } from './lib/house.ts'
import { isReserved } from './lib/reserved-words.ts'

/**
 * What the descriptions that we serve may not contain, since a generator somewhere stumbles over it: wsimport over
 * operations that are words of Java, CXF over a name with two types, .NET and JAX-WS over parts that are in request and
 * response, everybody over a class called Error.
 */

const SERVED = [
  '/oa/yizhan?wsdl',
  '/oa/yizhan?inbox',
  '/oa/epoint/ArchiveExchange.asmx?wsdl',
  '/oa/soap/jiaohuan?wsdl',
] as const

interface Description {
  readonly wsdl: XmlElement
  /** the schemas that it holds or names */
  readonly schemas: readonly XmlElement[]
}

let t: TestHouse
const descriptions = new Map<string, Description>()
beforeAll(async () => {
  t = await TestHouse.open(describedCity(), EXAMPLE_FOLDER)
  for (const path of SERVED) descriptions.set(path, await describeAt(`${t.url}${path}`))
})
afterAll(() => t.close())

async function describeAt(url: string): Promise<Description> {
  const wsdl = readXml(Buffer.from(await (await fetch(url)).arrayBuffer()))
  const inline = all(wsdl, 'schema')
  const named = all(wsdl, 'import').flatMap((one) => one.attributes.get('schemaLocation') ?? [])
  // Served by the house under test, whatever address the description was made for.
  const imported = await Promise.all(
    named.map(async (at) => readXml(Buffer.from(await (await fetch(new URL(at))).arrayBuffer()))),
  )
  return { wsdl, schemas: [...inline, ...imported] }
}

/** Every element below of that name. */
function all(element: XmlElement, local: string): XmlElement[] {
  return element.children.flatMap((child) => [...(child.local === local ? [child] : []), ...all(child, local)])
}

const nameOf = (element: XmlElement): string => element.attributes.get('name') ?? ''

/** Every element that is declared, with what its type is: a name, or the declaration itself. */
function declared({ schemas }: Description): { readonly name: string; readonly type: string }[] {
  return schemas
    .flatMap((schema) => all(schema, 'element'))
    .map((element) => ({
      name: nameOf(element),
      type: element.attributes.get('type') ?? `the type of ${nameOf(element)}`,
    }))
}

/** What a wrapper element holds, by the global element's name. */
function partsOf({ schemas }: Description, wrapper: string): string[] {
  const global = schemas.flatMap((schema) => schema.children)
  const element = global.find((one) => one.local === 'element' && nameOf(one) === wrapper)
  if (element === undefined) throw new Error(`no element ${wrapper}`)
  const type = element.attributes.get('type')?.replace(/^.*:/, '')
  const holder =
    type === undefined ? element : global.find((one) => one.local === 'complexType' && nameOf(one) === type)
  return all(holder ?? element, 'element').map(nameOf)
}

describe.each(SERVED)('%s', (path) => {
  const description = (): Description => {
    const found = descriptions.get(path)
    if (found === undefined) throw new Error(`nothing was read from ${path}`)
    return found
  }
  const operations = (): XmlElement[] =>
    description()
      .wsdl.children.filter((child) => child.local === 'portType')
      .flatMap((port) => all(port, 'operation'))
  /** local name of the element of an operation's input or output */
  const elementOf = (operation: XmlElement, direction: 'input' | 'output'): string => {
    const message = all(operation, direction)[0]?.attributes.get('message')?.replace(/^.*:/, '')
    const found = description().wsdl.children.find((one) => one.local === 'message' && nameOf(one) === message)
    return (found?.children[0]?.attributes.get('element') ?? '').replace(/^.*:/, '')
  }

  it('has operations', () => {
    expect(operations().length).toBeGreaterThan(1)
    for (const operation of operations()) expect(elementOf(operation, 'input')).toBe(nameOf(operation))
  })

  it('names no operation, element or type with a reserved word', () => {
    const names = [
      ...operations().map(nameOf),
      ...declared(description()).map(({ name }) => name),
      ...description()
        .schemas.flatMap((schema) => [...all(schema, 'complexType'), ...all(schema, 'simpleType')])
        .map(nameOf),
    ].filter((name) => name !== '')
    expect([...new Set(names)].filter(isReserved)).toEqual([])
  })

  it('gives no name two types', () => {
    const types = Map.groupBy(declared(description()), ({ name }) => name)
    const twice = [...types].filter(([, all]) => new Set(all.map(({ type }) => type)).size > 1).map(([name]) => name)
    expect(twice).toEqual([])
  })

  it('has no part in both request and response', () => {
    for (const operation of operations()) {
      const [request, response] = (['input', 'output'] as const).map((one) =>
        partsOf(description(), elementOf(operation, one)),
      )
      expect(
        request?.filter((part) => response?.includes(part)),
        nameOf(operation),
      ).toEqual([])
    }
  })

  it('has no integers without bounds', () => {
    const used = description().schemas.flatMap((schema) => [...all(schema, 'element'), ...all(schema, 'restriction')])
    const types = used.flatMap((one) => [one.attributes.get('type'), one.attributes.get('base')])
    expect(
      types.filter((type) => /:(integer|(non)?(Positive|Negative)Integer|unsignedLong|decimal)$/i.test(type ?? '')),
    ).toEqual([])
  })

  it('makes nobody generate a class called Error or Exception', () => {
    const classes = [
      ...description().schemas.flatMap((schema) => schema.children),
      ...description().wsdl.children,
      ...all(description().wsdl, 'fault'),
    ].map(nameOf)
    expect(classes.filter((name) => /^(error|exception|fault)$/i.test(name))).toEqual([])
  })

  it('says which WS-Addressing actions it takes and gives, each once', () => {
    const actions = operations().flatMap((operation) =>
      (['input', 'output'] as const).map((one) => all(operation, one)[0]?.attributes.get('Action')),
    )
    expect(actions).not.toContain(undefined)
    expect(new Set(actions).size).toBe(actions.length)
  })
})

describe('dialect A', () => {
  it('takes ParasXml in every operation, as the page says, also where it may be left out', () => {
    const found = descriptions.get('/oa/epoint/ArchiveExchange.asmx?wsdl')
    const requests = (found?.schemas ?? []).flatMap((schema) => all(schema, 'element').map(nameOf))
    const operations = requests.filter((name) => requests.includes(`${name}Response`))
    expect(operations).toHaveLength(8)
    for (const operation of operations) {
      const parts = found === undefined ? [] : partsOf(found, operation)
      expect(parts, operation).toEqual(['TokenBase64', 'ParasXml'])
    }
  })
})
