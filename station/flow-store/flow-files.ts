import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asError } from '../../core/errors/error.ts'
import type { BrokenFile } from '../../core/hop/link.ts'
import { finishRelease, flowFilesIn, isUnderWay, putRelease, type Release } from './release.ts'
import type { FlowNode } from '../../core/hop/flow-node.ts'
import { tellsTheSame, flowFileText } from './flow-text.ts'

/** Configuration nodes and groups that belong to no tab. */
const GLOBAL_FILE = 'global'
/** A file's name is cut to so many characters: with its ending, four bytes each, it fits every file system. */
const NAME_LENGTH = 40

/** The files of a folder of flows. */
export interface FlowFolder {
  /** by name, in the order of their tabs */
  readonly files: ReadonlyMap<string, readonly FlowNode[]>
  /** files that hold no flows: they stay as they are until somebody mends or removes them */
  readonly broken: readonly BrokenFile[]
}

/**
 * The flows as source code: one tab (or subflow), one file, `flows/<label>.json`; keys in stable order, so that a
 * change reads well in a diff. Each file says in its first node at which place it stands (`order`, counted from 1).
 * What is read is one release, also while another process deploys.
 */
export async function readFolder(folder: string): Promise<FlowFolder> {
  await mkdir(folder, { recursive: true })
  for (;;) {
    await finishRelease(folder)
    const before = await stateOf(folder)
    const names = await flowFilesIn(folder)
    const texts = await Promise.all(names.map(async (name) => [name, await textAt(join(folder, name))] as const))
    if (!(await isUnderWay(folder)) && (await stateOf(folder)) === before) return parsed(texts)
  }
}

/** All nodes of a folder; rejects with the name of the first file that holds none. */
export async function readFlows(folder: string): Promise<FlowNode[]> {
  const { files, broken } = await readFolder(folder)
  const [first] = broken
  if (first !== undefined) throw new Error(`flows/${first.name}: ${first.reason}`)
  return [...files.values()].flat()
}

/** Changes with every file that is put or removed. */
async function stateOf(folder: string): Promise<string> {
  const names = await flowFilesIn(folder)
  const stats = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ ino, mtimeMs }) => `${name} ${ino} ${mtimeMs}`,
        () => `${name} gone`,
      ),
    ),
  )
  return stats.join('\n')
}

function parsed(texts: readonly (readonly [string, string | undefined])[]): FlowFolder {
  const found: (readonly [string, readonly FlowNode[]])[] = []
  const broken: BrokenFile[] = []
  const owners = new Map<string, string>()
  for (const [name, text] of texts) {
    if (text === undefined) continue
    try {
      const nodes = nodesOf(text)
      for (const { id } of nodes) {
        const owner = owners.get(id)
        if (owner !== undefined)
          throw new TypeError(`节点标识 ${id} 已在 ${owner} 中 / node id ${id} stands in ${owner} already`)
      }
      for (const { id } of nodes) owners.set(id, name)
      found.push([name, nodes])
    } catch (error) {
      broken.push({ name, reason: asError(error).message })
    }
  }
  const rank = (file: readonly FlowNode[]) => Number(headOf(file)?.['order'] ?? 1000)
  return { files: new Map(found.sort(([, a], [, b]) => rank(a) - rank(b))), broken }
}

function nodesOf(text: string): FlowNode[] {
  const nodes: unknown = JSON.parse(text)
  if (!Array.isArray(nodes)) throw new TypeError('须为节点数组 / an array of nodes is expected')
  nodes.forEach((node: unknown, at) => {
    const { id, type } = (node ?? {}) as { readonly id?: unknown; readonly type?: unknown }
    if (typeof id !== 'string' || id === '' || typeof type !== 'string' || type === '')
      throw new TypeError(`第 ${at + 1} 个节点没有 id 或 type / node ${at + 1} has no id or no type`)
  })
  return nodes as FlowNode[]
}

const isHead = (node: FlowNode): boolean => node.type === 'tab' || node.type === 'subflow'

/** The tab or subflow that a file holds; none in the file of what belongs to no tab. */
function headOf(file: readonly FlowNode[]): FlowNode | undefined {
  return file.find(isHead)
}

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export interface WriteOptions {
  /** nodes (tabs, for one) whose files stay byte for byte while nobody changes what is in them, `order` not counted */
  readonly keep?: ReadonlySet<string>
  /** files elsewhere that belong to this release */
  readonly beside?: Release['beside']
}

/** Makes the folder hold these flows: all files change together, or none. Files of tabs that are gone are removed. */
export async function writeFlows(
  folder: string,
  flows: readonly FlowNode[],
  { keep = new Set(), beside = [] }: WriteOptions = {},
): Promise<void> {
  const now = await readFolder(folder)
  const broken = new Set(now.broken.map(({ name }) => name))
  const names = new Map([...now.files].map(([name, nodes]) => [headOf(nodes)?.id ?? '', name]))
  const put = new Map<string, string>()
  const wanted = pagesOf(flows, names, broken)
  for (const [name, nodes] of wanted) {
    const before = now.files.get(name)
    if (before !== undefined && nodes.some(({ id }) => keep.has(id)) && tellsTheSame(nodes, before)) continue
    const text = flowFileText(nodes)
    if ((await textAt(join(folder, name))) !== text) put.set(name, text)
  }
  const remove = [...now.files.keys()].filter((name) => !wanted.has(name))
  if (put.size + remove.length + beside.length > 0) await putRelease(folder, { put, remove, beside })
}

/** File name → text, where the tabs have these files. */
export function filesOf(flows: readonly FlowNode[], names: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...pagesOf(flows, names, new Set())].map(([name, nodes]) => [name, flowFileText(nodes)]))
}

/** File name → nodes. */
function pagesOf(
  flows: readonly FlowNode[],
  names: ReadonlyMap<string, string>,
  broken: ReadonlySet<string>,
): Map<string, readonly FlowNode[]> {
  const tabs = flows.filter(isHead)
  const ids = new Set(tabs.map(({ id }) => id))
  const files = new Map<string, readonly FlowNode[]>()
  const globalFile = names.get('') ?? `${GLOBAL_FILE}.json`
  const taken = new Set([...names.values(), ...broken, globalFile])
  for (const [index, tab] of tabs.entries()) {
    const name = names.get(tab.id) ?? freeName(tab.label ?? tab.name ?? '', tab.id, taken)
    taken.add(name)
    // The editor keeps the tabs' order by that of the list, and drops keys of a tab that it does not know.
    files.set(name, [{ ...tab, order: index + 1 }, ...flows.filter((node) => !isHead(node) && node.z === tab.id)])
  }
  const rest = flows.filter((node) => !isHead(node) && (node.z === undefined || !ids.has(node.z)))
  if (rest.length > 0) files.set(broken.has(globalFile) ? freeName('', GLOBAL_FILE, taken) : globalFile, rest)
  return files
}

function freeName(label: string, id: string, taken: ReadonlySet<string>): string {
  const base = fileName(label) || fileName(id) || 'tab'
  for (let n = 0; ; n++) {
    const name = `${[base, ...(n > 0 ? [fileName(id)] : []), ...(n > 1 ? [n] : [])].join('-')}.json`
    if (!taken.has(name)) return name
  }
}

function fileName(text: string): string {
  const words = text.trim().replace(/[^\p{L}\p{N}]+/gu, '-')
  // No half of a character is left at the cut.
  return words
    .replace(/^-|-$/g, '')
    .slice(0, NAME_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '')
}
