import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { projectHome } from '../../core/config/home.ts'

/** Hundreds of processes read the same sources: what they are compiled to is kept, which halves their start. */
const COMPILED = join(tmpdir(), 'yizhan-compiled')

/** What a command wrote, and its exit code; -1 if a signal ended it. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The operators' command line as a process, from its sources; it knows of this environment only what is given. */
export async function runYizhan(
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly uid?: number
    /** what it reads; absent: nothing */
    readonly input?: string
  } = {},
): Promise<Said> {
  const child = spawn(process.execPath, [join(projectHome(), 'station', 'cli.ts'), ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  })
  // A command that reads none may have ended by then.
  child.stdin.once('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? -1))
  })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}
