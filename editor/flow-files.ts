import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stageFile, type StagedFile } from './durable-file.ts'

/** A node of a flow, as Node-RED keeps it. */
export interface FlowNode {
  readonly id: string
  readonly type: string
  readonly z?: string
  readonly label?: string
  readonly name?: string
  readonly [key: string]: unknown
}

/** Configuration nodes and groups that belong to no tab. */
const GLOBAL_FILE = 'global'

/**
 * The flows as source code: one tab (or subflow), one file, `flows/<label>.json`; keys in stable order, so that a change
 * reads well in a diff. Each file says in its first node at which place it stands (`order`, counted from 1).
 */
export async function readFlows(folder: string): Promise<FlowNode[]> {
  await mkdir(folder, { recursive: true })
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const files = await Promise.all(names.map(async (name) => parse(name, await readFile(join(folder, name), 'utf8'))))
  const rank = (file: readonly FlowNode[]) => Number(headOf(file)?.['order'] ?? 1000)
  return files.sort((a, b) => rank(a) - rank(b)).flat()
}

const isHead = (node: FlowNode): boolean => node.type === 'tab' || node.type === 'subflow'

/** The tab or subflow that a file holds; none in the file of what belongs to no tab. */
function headOf(file: readonly FlowNode[]): FlowNode | undefined {
  return file.find(isHead)
}

function parse(name: string, text: string): FlowNode[] {
  try {
    const nodes: unknown = JSON.parse(text)
    if (!Array.isArray(nodes)) throw new TypeError('an array of nodes is expected')
    return nodes as FlowNode[]
  } catch (error) {
    throw new Error(`flows/${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Writes what changed, each file whole or not at all and all of them at once as far as a file system can; files of tabs that are gone are removed. */
export async function writeFlows(folder: string, flows: readonly FlowNode[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const files = filesOf(flows, await namesNow(folder))
  const staged: StagedFile[] = []
  for (const [name, text] of files) {
    const path = join(folder, name)
    if ((await textAt(path)) !== text) staged.push(await stageFile(path, text))
  }
  for (const file of staged) await file.commit()
  for (const name of await readdir(folder)) if (name.endsWith('.json') && !files.has(name)) await rm(join(folder, name))
}

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The file that each tab has now, by tab id: a renamed tab keeps its file. */
async function namesNow(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const pairs = await Promise.all(
    names.map(
      async (name) => [headOf(parse(name, await readFile(join(folder, name), 'utf8')))?.id ?? '', name] as const,
    ),
  )
  return new Map(pairs)
}

/** File name → text. */
export function filesOf(flows: readonly FlowNode[], names: ReadonlyMap<string, string>): Map<string, string> {
  const tabs = flows.filter(isHead)
  const files = new Map<string, string>()
  for (const [index, tab] of tabs.entries()) {
    const name = names.get(tab.id) ?? freeName(tab.label ?? tab.name ?? '', tab.id, files, names)
    // The editor keeps the tabs' order by that of the list, and drops keys of a tab that it does not know.
    files.set(name, textOf([{ ...tab, order: index + 1 }, ...flows.filter((node) => node.z === tab.id)]))
  }
  const rest = flows.filter((node) => !tabs.includes(node) && !tabs.some((tab) => tab.id === node.z))
  if (rest.length > 0) files.set(`${GLOBAL_FILE}.json`, textOf(rest))
  return files
}

function freeName(
  label: string,
  id: string,
  files: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): string {
  const base =
    label
      .trim()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '') || id
  const taken = new Set([...files.keys(), ...names.values(), `${GLOBAL_FILE}.json`])
  return taken.has(`${base}.json`) ? `${base}-${id}.json` : `${base}.json`
}

/** Keys that a reader looks for come first, the rest by name, wires last. */
const FIRST = ['id', 'type', 'z', 'label', 'name', 'order']

function textOf(nodes: readonly FlowNode[]): string {
  const [head, ...rest] = nodes
  const sorted = head === undefined ? [] : [head, ...rest.sort((a, b) => (a.id < b.id ? -1 : 1))]
  return JSON.stringify(sorted.map(ordered), undefined, 2) + '\n'
}

function ordered(node: FlowNode): FlowNode {
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : key === 'wires' ? 1000 : 100)
  const keys = Object.keys(node).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(keys.map((key) => [key, node[key]])) as FlowNode
}
