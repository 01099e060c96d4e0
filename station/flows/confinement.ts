import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import type { StationConfig } from '../../core/config/schema.ts'
import { projectHome } from '../../core/config/home.ts'

/** What of our own folder is program: what else lies there in a clone is none of the flows' business. */
const PROGRAM = ['dist', 'config/defaults', 'config/mappings', 'package.json', 'node_modules']

/** The `exec` node looks whether it is there. */
const SHELL = '/bin/bash'

/**
 * Whether this Node confines a process by its permission model as we need it: with a guard thread that may look at the
 * main thread, and without SIGUSR1 opening a debugger.
 */
export function canConfine(flags: ReadonlySet<string> = process.allowedNodeEnvironmentFlags): boolean {
  return ['--permission', '--allow-inspector', '--disable-sigusr1'].every((flag) => flags.has(flag))
}

/**
 * Node's arguments that leave a flow process its own program to read, nothing to write and nobody to start, beyond what
 * `flows.allow` and `flows.folders` give. `editor/confine.ts` does the rest in the process itself.
 */
export function confinement({ allow, folders }: Pick<StationConfig['flows'], 'allow' | 'folders'>): readonly string[] {
  if (!canConfine()) return []
  const home = realpathSync(projectHome())
  const near = createRequire(join(home, 'package.json')).resolve('node-red')
  const modules = near.slice(0, near.lastIndexOf(`${sep}node_modules${sep}`) + `${sep}node_modules`.length)
  const files = allow.some((type) => type === 'file' || type === 'file in' || type === 'watch') ? folders : []
  // A test's: the process reads it, and takes it away when it dies of it.
  const failpoint = process.env['YIZHAN_FAILPOINT_FILE']
  const own = failpoint === undefined ? files : [...files, failpoint]
  const read = [...PROGRAM.map((name) => join(home, name)), modules, ...own]
  return [
    '--permission',
    ...new Set(read.map((path) => `--allow-fs-read=${path}`)),
    ...own.map((path) => `--allow-fs-write=${path}`),
    ...(allow.includes('exec') ? ['--allow-child-process', `--allow-fs-read=${SHELL}`] : []),
    // For the guard thread, which is there before any flow; given up then.
    ...['--allow-worker', '--allow-inspector', '--disable-warning=PERM0004', '--disable-warning=PERM0006'],
    ...['--disable-sigusr1', '--no-experimental-sqlite'],
  ]
}
