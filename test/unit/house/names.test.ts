import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
/** Programs of their own: the sandbox may not even know of us, so a word of its own may be one of ours too. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  house: ['core', 'adapters', 'nodes', 'editor', 'station'],
  sandbox: ['sandbox'],
  bench: ['bench'],
  scripts: ['scripts'],
}
/** Names that are declared more than once all the same, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  up: 'Kysely asks every migration for a function of this name',
}

const isNamed = (
  node: ts.Node,
): node is ts.FunctionDeclaration | ts.ClassDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration =>
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node)

/** Names that a module declares and exports; what it only passes on is declared elsewhere. */
function exportsOf(file: string, text: string): Set<string> {
  const names = new Set<string>()
  const add = (name: ts.Node | undefined): void => {
    if (name !== undefined && ts.isIdentifier(name)) names.add(name.text)
  }
  for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.Latest).statements) {
    const exported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) === true
    if (!exported) continue
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) add(name)
    else if (isNamed(statement)) add(statement.name)
  }
  return names
}

/** Name → modules that declare it, for names of several. */
function doubled(files: readonly (readonly [file: string, text: string])[]): Map<string, readonly string[]> {
  const modules = new Map<string, string[]>()
  for (const [file, text] of files)
    for (const name of exportsOf(file, text)) modules.set(name, [...(modules.get(name) ?? []), file])
  return new Map([...modules].filter(([, declaring]) => declaring.length > 1))
}

describe('an exported name', () => {
  it.each(Object.entries(PROGRAMS))('means one thing in the whole program: %s', (_, rooms) => {
    const files = rooms
      .flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root }))
      .filter((file) => !file.endsWith('.d.ts'))
      .map((file) => [file, readFileSync(join(root, file), 'utf8')] as const)
    expect(files.length).toBeGreaterThan(5)
    const found = doubled(files)
    expect(
      [...found].filter(([name]) => !(name in EXCEPTIONS)).map(([name, where]) => `${name}: ${where.join(', ')}`),
    ).toEqual([])
    if (rooms.includes('core')) expect(Object.keys(EXCEPTIONS).filter((name) => !found.has(name))).toEqual([])
  })

  it('would be found in two modules, and not where it is only passed on', () => {
    const found = doubled([
      ['a.ts', 'export interface Answer {}\nexport const [x, y] = [1, 2]\nexport const one = 1'],
      ['b.ts', 'export type Answer = string\nexport type { Other } from "./c.ts"\nfunction one() {}'],
      ['c.ts', 'export class Other {}\nexport const Same = 1\nexport type Same = number'],
    ])
    expect([...found]).toEqual([['Answer', ['a.ts', 'b.ts']]])
  })
})
