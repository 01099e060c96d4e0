import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const HOUSE = ['core', 'adapters', 'nodes', 'editor', 'station']
/** Run or asked for by name, never imported: Node-RED by `require`, the Node of the scripts. */
const NOT_IMPORTED = new Set(['node-red', 'node'])

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** Packages by the files of these folders that import them as values. */
function importedBy(rooms: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const file of rooms.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root }))) {
    const text = ts.transpileModule(readFileSync(join(root, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext, verbatimModuleSyntax: true },
    }).outputText
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (/^(?:\.|node:|\/)/.test(fileName)) continue
      const parts = fileName.split('/')
      found.set(fileName.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? ''), file)
    }
  }
  return found
}

describe('what a production install has', () => {
  const house = importedBy(HOUSE)

  it('is all that the house imports', () => {
    expect(house.size).toBeGreaterThan(15)
    expect([...house].filter(([name]) => dependencies[name] === undefined)).toEqual([])
  })

  it('is nothing that only the sandbox and the tests import', () => {
    expect(Object.keys(dependencies).filter((name) => !house.has(name) && !NOT_IMPORTED.has(name))).toEqual([])
  })

  it('lacks nothing of the sandbox on a developer’s machine', () => {
    const known = { ...dependencies, ...devDependencies }
    expect([...importedBy(['sandbox', 'bench'])].filter(([name]) => known[name] === undefined)).toEqual([])
  })
})
