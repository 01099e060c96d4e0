import { hash } from 'node:crypto'
import { join } from 'node:path'
import { projectHome } from '../../config/home.ts'
import { textsOf, type NamedText } from '../../config/named-texts.ts'
import { Problems } from '../../config/problems.ts'
import { checked, parseYaml, whereIn, type YamlSource } from '../../config/yaml.ts'
import { checkHandling, checkKind, checkTable, type NoteProblem } from './check.ts'
import { handlingSchema, kindSchema, type Handling, type Kind } from './schema.ts'

/** The kinds of matters of a city. */
export interface Kinds {
  readonly kinds: ReadonlyMap<string, Kind>
  /** of the files that they were made from */
  readonly revision: string
}

/**
 * The kinds of `matters/*.yaml` in configuration folders, a city's own file in place of the project's of the same name.
 * Rejects with one ConfigError (CONFIG_INVALID) that lists everything wrong with any of them, with file, line, key and
 * rule.
 */
export async function loadKinds(folders: string | readonly string[] = []): Promise<Kinds> {
  const all = [...(typeof folders === 'string' ? [folders] : folders), join(projectHome(), 'config')]
  const problems = new Problems()
  const found = compileKinds(await textsOf(all, 'matters'), problems)
  problems.throwIfAny()
  return found
}

/** Makes kinds of the texts of their files; what is wrong is added to `problems`. */
export function compileKinds(texts: readonly NamedText[], problems: Problems): Kinds {
  const sources = new Map<string, YamlSource>()
  for (const { id, text } of texts) {
    const yaml = parseYaml(`matters/${id}.yaml`, text, problems)
    if (yaml !== undefined) sources.set(id, yaml)
  }
  const handlings = new Map<string, Handling>()
  for (const [id, yaml] of sources) {
    if (!isRecord(yaml.data) || !('handling' in yaml.data) || 'kind' in yaml.data) continue
    const where = whereIn([yaml])
    const table = checked(handlingSchema, yaml.data, problems, where)
    if (table === undefined) continue
    const complain: NoteProblem = (path, value, rule) => problems.add(where(path), value, rule)
    if (table.handling !== id) complain(['handling'], table.handling, mustBe(id))
    checkTable(table, table.documents, complain)
    checkHandling(table, complain)
    handlings.set(id, table)
  }
  const kinds = new Map<string, Kind>()
  for (const [id, yaml] of sources) {
    if (isRecord(yaml.data) && 'handling' in yaml.data && !('kind' in yaml.data)) continue
    const kind = compileKind(id, yaml, sources, handlings, problems)
    if (kind !== undefined) kinds.set(id, kind)
  }
  return { kinds, revision: hash('sha256', JSON.stringify(texts), 'hex').slice(0, 16) }
}

function compileKind(
  id: string,
  yaml: YamlSource,
  sources: ReadonlyMap<string, YamlSource>,
  handlings: ReadonlyMap<string, Handling>,
  problems: Problems,
): Kind | undefined {
  const base = isRecord(yaml.data) ? yaml.data['extends'] : undefined
  const extended = typeof base === 'string' ? sources.get(base) : undefined
  const where = whereIn(extended === undefined ? [yaml] : [yaml, extended])
  const complain: NoteProblem = (path, value, rule) => problems.add(where(path), value, rule)
  if (base !== undefined && (extended === undefined || !isRecord(extended.data) || 'extends' in extended.data)) {
    complain(
      ['extends'],
      base,
      '须是另一种办件的文件名，且它自己不用 extends / must be the file of another kind that extends none itself',
    )
    return undefined
  }
  const kind = checked(kindSchema, merged(extended?.data, yaml.data), problems, where)
  if (kind === undefined) return undefined
  if (kind.kind !== id) complain(['kind'], kind.kind, mustBe(id))
  checkTable(kind, kind.documents, complain)
  const handling = handlings.get(kind.handling)
  if (handling === undefined) {
    const names = [...handlings.keys()].join('、')
    complain(['handling'], kind.handling, `没有此承办表 / there is no such table of handlers: ${names}`)
    return undefined
  }
  checkKind(kind, handling, complain)
  return { ...kind, handling }
}

/** The keys of a kind over those that it extends; clocks, documents and outcomes one by one. */
function merged(base: unknown, own: unknown): unknown {
  if (!isRecord(base) || !isRecord(own)) return own
  const both = (key: string): object => {
    const [below, above] = [base[key], own[key]]
    return isRecord(below) && isRecord(above) ? { [key]: { ...below, ...above } } : {}
  }
  return { ...base, ...own, ...both('clocks'), ...both('documents') }
}

function mustBe(id: string): string {
  return `须与文件名相同 / must be the file’s name: ${id}`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
