import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectHome } from '../../../core/config/home.ts'
import { isObject } from '../../../core/config/merge.ts'
import { unitSchema } from '../../../core/config/schema.ts'
import { jsonSchemaOf, yamlSchemas, type JsonSchema } from '../../../scripts/lib/json-schemas.ts'
import { referencePages } from '../../../scripts/lib/reference-docs.ts'

const home = projectHome()
const textOf = (...path: readonly string[]): string => readFileSync(join(home, ...path), 'utf8')
const schemas = yamlSchemas()

describe('the reference', () => {
  it('is what docs/reference says (npm run docs writes it)', () => {
    const pages = referencePages()
    expect(readdirSync(join(home, 'docs', 'reference')).sort()).toEqual(Object.keys(pages).sort())
    for (const [name, text] of Object.entries(pages)) expect(textOf('docs', 'reference', name), name).toBe(text)
  })

  it('is what config/schemas says (npm run docs writes it)', () => {
    for (const [name, schema] of Object.entries(schemas))
      expect(JSON.parse(textOf('config', 'schemas', `${name}.json`)), name).toEqual(schema)
  })

  it.each([...Object.entries(schemas), ['units', jsonSchemaOf(unitSchema)] as const])(
    'says what each key of %s is for, in both languages',
    (_name, schema) => {
      const silent = keysOf(schema).filter(([, { description = '' }]) => !saysInBoth(description))
      expect(silent.map(([path]) => path).filter((path) => !LISTS.has(path))).toEqual([])
    },
  )
})

/** The files' own lists, which have the file's name. */
const LISTS = new Set(['systems', 'accounts'])

function saysInBoth(text: string): boolean {
  const [zh = '', en = ''] = text.split(' / ', 2)
  return (/\p{Script=Han}/u.test(zh) || zh === en) && /[A-Za-z]{2}/.test(en)
}

/** Every key that a schema declares, by its path. */
function keysOf(schema: unknown, path = ''): readonly (readonly [string, JsonSchema])[] {
  if (Array.isArray(schema)) return schema.flatMap((part) => keysOf(part, path))
  if (!isObject(schema)) return []
  return Object.entries(schema).flatMap(([word, inner]) =>
    word === 'properties' && isObject(inner)
      ? Object.entries(inner).flatMap(([key, own]) => {
          const below = path === '' ? key : `${path}.${key}`
          return [...(isCondition(own) ? [] : [[below, own as JsonSchema] as const]), ...keysOf(own, below)]
        })
      : keysOf(inner, path),
  )
}

/** Of an `if`: the key that it looks at. */
function isCondition(schema: unknown): boolean {
  return isObject(schema) && Object.keys(schema).join() === 'const'
}

describe('the JSON Schemas', () => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const folders = ['config/sandbox', 'config/new/config']
  const files = folders.flatMap((folder) => Object.keys(schemas).map((name) => [folder, name] as const))
  const validate = (name: string) => ajv.compile(schemas[name] ?? {})
  const shipped = (folder: string, name: string): unknown =>
    parse(
      textOf(folder, `${name}.yaml`)
        .replaceAll('${host}', '127.0.0.1')
        .replace(/\$\{\w*[pP]ort\}/g, '1')
        .replaceAll('${publicUrl}', '"http://h"')
        .replaceAll('${name}', 'st'),
    )

  it.each(files)('take %s/%s.yaml, where an editor finds them', (folder, name) => {
    const check = validate(name)
    expect(check(shipped(folder, name)), JSON.stringify(check.errors)).toBe(true)
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(textOf(folder, `${name}.yaml`)) ?? []
    const found = path.replace('${schemas}', join(home, 'config', 'schemas'))
    expect(resolve(home, folder, found)).toBe(join(home, 'config', 'schemas', `${name}.json`))
  })

  it.each([
    ['station', { name: 'st', htp: {} }],
    ['station', { name: 'st', limits: { documentBytes: 0 } }],
    [
      'systems',
      { systems: [{ id: 'a', name: 'a', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'], settings: {} }] },
    ],
    ['systems', { systems: [{ id: 'a', name: 'a', adapter: 'fax' }] }],
    [
      'systems',
      { systems: [{ id: 'a', name: 'a', adapter: 'mail', settings: { host: 'h', from: { adress: 'a@b' } } }] },
    ],
    ['systems', { systems: [{ id: 'a', name: 'a', adapter: 'portal', roles: ['calls-us'] }] }],
    ['accounts', { accounts: [{ id: 'a', system: 's', unit: ['x'] }] }],
    ['groups', { groups: [{ id: 'a' }], phrases: [] }],
  ])('refuse in %s.yaml: %o', (name, data) => {
    expect(validate(name)(data)).toBe(false)
  })
})
