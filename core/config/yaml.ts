import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { LineCounter, isNode, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { inBothLanguages } from '../errors/fitting.ts'
import type { Problems } from './problems.ts'

/** A YAML file and where its keys stand. */
export interface YamlSource {
  /** the file's name as problems give it */
  readonly name: string
  readonly data: unknown
  /** `file:line` of a key, or of the nearest key above it that the file has; its depth tells how much was found */
  locate(path: readonly PropertyKey[]): { readonly text: string; readonly depth: number }
}

type JsonPath = readonly PropertyKey[]

/**
 * Reads a YAML (or JSON) file; `undefined`, with a problem noted, if it is none. A missing file counts as empty where
 * it is optional.
 */
export async function readYaml(
  path: string,
  problems: Problems,
  options: { readonly optional?: boolean; readonly name?: string } = {},
): Promise<YamlSource | undefined> {
  const name = options.name ?? basename(path)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (missing && options.optional === true) return { name, data: {}, locate: () => ({ text: name, depth: 0 }) }
    problems.add(
      name,
      path,
      missing ? '文件必须存在 / the file must exist' : `无法读取 / cannot be read: ${(error as Error).message}`,
    )
    return undefined
  }
  return parseYaml(name, text, problems)
}

/** Parses YAML 1.2 text; `undefined`, with its errors noted, if it is malformed. */
export function parseYaml(name: string, text: string, problems: Problems): YamlSource | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  for (const error of document.errors)
    problems.add(`${name}:${lines.linePos(error.pos[0]).line}`, undefined, malformed(error))
  if (document.errors.length > 0) return undefined
  try {
    // Aliases may repeat a part, but not without bound.
    const data: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
    return { name, data, locate: (path) => locate(name, document, lines, path) }
  } catch (error) {
    problems.add(name, undefined, malformed(error as Error))
    return undefined
  }
}

/** The parser itself speaks English only. */
function malformed({ message }: Error): string {
  return `不合 YAML 语法，请检查此行及其上的缩进、冒号、引号和括号 / not YAML, look at indentation, colons, quotes and brackets of this line and above: ${message}`
}

function locate(name: string, document: Document, lines: LineCounter, path: JsonPath): { text: string; depth: number } {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range) return { text: `${name}:${lines.linePos(node.range[0]).line}`, depth }
  }
  return { text: name, depth: 0 }
}

/** Checks data against a schema; `undefined`, with every broken rule noted, where it does not fit. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  problems: Problems,
  where: (path: JsonPath) => string,
): z.output<Schema> | undefined {
  const result = schema.safeParse(data, inBothLanguages)
  if (result.success) return result.data
  for (const issue of result.error.issues) note(issue, [], problems, where)
  return undefined
}

function note(issue: z.core.$ZodIssue, above: JsonPath, problems: Problems, where: (path: JsonPath) => string): void {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union') {
    // Of the alternatives, the one that fits best has the fewest or the deepest complaints.
    const best =
      [...issue.errors].sort((one, other) => deepest(other) - deepest(one) || one.length - other.length)[0] ?? []
    if (deepest(best) > 0) {
      for (const inner of best) note(inner, path, problems, where)
      return
    }
    problems.add(
      where(path),
      issue.input,
      [...new Set(issue.errors.flat().map((inner) => inner.message))].join(' | ') || issue.message,
    )
    return
  }
  problems.add(where(path), issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.input, issue.message)
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length))
}

/** A key path as problems show it: `systems[0].pace.timeoutMs`. */
export function pathText(path: JsonPath): string {
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`)).join('')
}

/** The place of a key in the first of several merged sources that has it; the later ones are the defaults. */
export function whereIn(sources: readonly YamlSource[]): (path: JsonPath) => string {
  return (path) => {
    let best = { text: sources[0]?.name ?? '', depth: -1 }
    for (const source of sources) {
      const found = source.locate(path)
      if (found.depth > best.depth) best = found
    }
    return path.length === 0 ? best.text : `${best.text} ${pathText(path)}`
  }
}
