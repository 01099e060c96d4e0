import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const rooms = ['core', 'adapters', 'nodes', 'editor', 'station', 'sandbox', 'bench', 'scripts']

/** File → files of the house that it imports, types included: who must be understood together. */
function importsOfHouse(): Map<string, readonly string[]> {
  const files = rooms.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root }))
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'))
      const own = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.'))
      return [file, own.map((name) => relative(root, join(root, dirname(file), name)))]
    }),
  )
}

/** The first circle found, as a path that ends where it begins; undefined if there is none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): readonly string[] | undefined => {
    const at = path.indexOf(file)
    if (at >= 0) return [...path.slice(at), file]
    if (done.has(file)) return undefined
    path.push(file)
    for (const other of graph.get(file) ?? []) {
      const circle = visit(other)
      if (circle !== undefined) return circle
    }
    path.pop()
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const circle = visit(file)
    if (circle !== undefined) return circle
  }
  return undefined
}

describe('imports', () => {
  it('form no circle, types included', () => {
    const graph = importsOfHouse()
    expect(graph.size).toBeGreaterThan(500)
    expect(circleIn(graph)).toBeUndefined()
  })

  it('would be found in a circle', () => {
    const made = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ])
    expect(circleIn(made)).toEqual(['b', 'd', 'b'])
  })
})
