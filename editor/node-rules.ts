import { Script } from 'node:vm'
import jsonata from 'jsonata'
import { asError, YizhanError } from '../core/errors/error.ts'
import { checkSettings } from '../nodes/lib/settings.ts'
import type { Bounds } from './bounds.ts'
import type { NodeRules } from './faults.ts'
import type { FlowNode } from '../core/hop/flow-node.ts'

/** A property that is nothing but the name of a variable: Node-RED puts its value there when the node starts. */
const VARIABLE = /^\$[{(]([^\s{}()]+)[})]$/

/**
 * What nodes must be to run: within the bounds of flow authors, of a type that is installed, with settings that the
 * node can work with. Nodes of the palette say it themselves; of Node-RED's own it is what would make them drop
 * messages without a word.
 */
export function nodeRules(known: (type: string) => boolean, bounds: Bounds): NodeRules {
  return {
    known,
    bounds: (node) => bounds.fault(node),
    settings(node) {
      const definition = withVariables(node)
      if (definition === undefined) return undefined
      try {
        checkSettings(definition)
        CORE[node.type]?.(definition)
        return undefined
      } catch (thrown) {
        if (!(thrown instanceof YizhanError)) return asError(thrown).message
        if (thrown.code === 'FIELD_UNKNOWN') return `${thrown.zh} / ${thrown.en}`
        const { field = '', value = '', rule = '' } = thrown.facts
        return `${field} = “${value}”: ${rule}`
      }
    },
  }
}

/** With the values of the environment; undefined where one is not known before the node starts. */
function withVariables(node: FlowNode): FlowNode | undefined {
  const unknown: string[] = []
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, fill(inside)]))
    const name = typeof value === 'string' ? VARIABLE.exec(value)?.[1] : undefined
    if (name === undefined) return value
    const known = process.env[name]
    if (known === undefined) unknown.push(name)
    return known ?? value
  }
  const filled = fill(node) as FlowNode
  return unknown.length > 0 ? undefined : filled
}

const CORE: Readonly<Record<string, (node: FlowNode) => void>> = {
  function: ({ func, initialize, finalize, libs }) => {
    for (const [key, code] of Object.entries({ func, initialize, finalize }))
      if (typeof code === 'string') compile(key, code)
    if (Array.isArray(libs) && libs.length > 0)
      throw fault('libs', JSON.stringify(libs), '函数节点不得引入模块 / function nodes take no modules here')
  },
  change: ({ rules }) => {
    for (const rule of listOf(rules)) {
      if (rule['tot'] === 'jsonata') expression('rules.to', rule['to'])
      if (rule['tot'] === 'json' || rule['tot'] === 'bin') json('rules.to', rule['to'])
      if (rule['fromt'] === 're' && (rule['t'] === 'change' || rule['t'] === undefined))
        pattern('rules.from', rule['from'])
    }
  },
  switch: ({ property, propertyType, rules }) => {
    if (propertyType === 'jsonata') expression('property', property)
    for (const rule of listOf(rules)) {
      if (rule['vt'] === 'jsonata') expression('rules.v', rule['v'])
      if (rule['v2t'] === 'jsonata') expression('rules.v2', rule['v2'])
      if (rule['t'] === 'regex') pattern('rules.v', rule['v'])
    }
  },
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as Readonly<Record<string, unknown>>[]) : []
}

/** As the function node does it: an asynchronous function's body. */
function compile(field: string, code: string): void {
  try {
    new Script(`(async function(msg) {${code}\n})`)
  } catch (error) {
    throw fault(field, code.slice(0, 60), asError(error).message)
  }
}

function expression(field: string, value: unknown): void {
  try {
    jsonata(String(value))
  } catch (error) {
    throw fault(field, String(value), `JSONata: ${(error as { readonly message: string }).message}`)
  }
}

function json(field: string, value: unknown): void {
  try {
    JSON.parse(String(value))
  } catch (error) {
    throw fault(field, String(value), asError(error).message)
  }
}

function pattern(field: string, value: unknown): void {
  try {
    new RegExp(String(value))
  } catch (error) {
    throw fault(field, String(value), asError(error).message)
  }
}

function fault(field: string, value: string, rule: string): YizhanError {
  return new YizhanError('FIELD_INVALID', { field, value, rule })
}
