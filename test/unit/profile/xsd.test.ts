import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { compileTable } from '../../../core/mapping/profile/codes.ts'
import type { ElementPlan, FormPlan } from '../../../core/mapping/profile/plan.ts'
import { Planner } from '../../../core/mapping/profile/planner.ts'
import { codeTableSchema, profileSchema } from '../../../core/mapping/profile/schema.ts'
import { readSchema, type Declared } from './lib/xsd.ts'

const profile = profileSchema.parse(parse(readFileSync('config/profiles/yizhan.yaml', 'utf8')))
const complain = (path: readonly PropertyKey[], value: unknown, rule: string): never => {
  throw new Error(`${path.join('.')} ${String(value)} ${rule}`)
}
const tables = new Map(
  readdirSync('config/codes').map((file) => [
    file.replace('.yaml', ''),
    compileTable(codeTableSchema.parse(parse(readFileSync(`config/codes/${file}`, 'utf8'))), complain),
  ]),
)
const planner = new Planner(profile, tables, complain)
const plans = Object.entries(profile.forms).map(([name, form]) => planner.form(name, form) as FormPlan)
const schema = readSchema('config/profiles/yizhan.xsd')
const bases: Readonly<Record<string, string>> = {
  date: 'date',
  instant: 'dateTime',
  boolean: 'boolean',
  content: 'base64Binary',
}

/** Of a size that every generator has a type for. */
const integerOf = (max = Infinity): string => (max <= 0x7fff_ffff ? 'int' : 'long')

describe('yizhan.xsd says what yizhan.yaml does', () => {
  it.each(plans.map((plan) => [plan.name, plan] as const))('%s', (_name, plan) => {
    const element = schema.get(plan.root.name)
    expect(element, plan.root.name).toBeDefined()
    compare(plan.root, element as Declared, plan.root.name)
  })

  it('declares no element that no form has', () => {
    expect([...schema.keys()].sort()).toEqual([...new Set(plans.map((plan) => plan.root.name))].sort())
  })

  it('explains every element in Chinese and English', () => {
    const bare = (element: Declared): string[] => [
      ...(element.annotated ? [] : [element.name]),
      ...element.children.flatMap(bare),
    ]
    expect([...schema.values()].flatMap(bare)).toEqual([])
  })
})

/** Names, order, occurrence, types, limits and codes of an element and everything inside it. */
function compare(plan: ElementPlan, element: Declared, path: string): void {
  expect(
    element.children.map((child) => child.name),
    path,
  ).toEqual(plan.children.map((child) => child.name))
  const { value } = plan
  if (value !== undefined && plan.children.length === 0) {
    expect(element.base, path).toBe(value.type === 'integer' ? integerOf(value.max) : (bases[value.type] ?? 'string'))
    if (value.type === 'integer') expect(element.maxInclusive, path).toBe(value.max)
    // Enumerations bound the length by themselves; answers that only we write need no bound.
    else if (element.values.length === 0 && element.maxLength !== undefined && value.max !== undefined)
      expect(element.maxLength, path).toBe(value.max)
    if (element.values.length > 0 && value.table !== undefined)
      expect([...element.values].sort(), path).toEqual([...value.table.texts].sort())
  }
  for (const [at, child] of plan.children.entries()) {
    const inner = element.children[at] as Declared
    const where = `${path}/${child.name}`
    expect(inner.many, where).toBe(child.each !== undefined || child.repeat === 'list')
    expect(inner.choice, where).toBe(child.kind !== undefined)
    if (child.kind === undefined) expect(inner.required, where).toBe(child.required)
    compare(child, inner, where)
  }
}
