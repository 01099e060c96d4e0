import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../../../sandbox/net/ports.ts'
import { projectHome } from '../../../../core/config/home.ts'

/** A city of one unit and one OA that calls us, without an editor; its folder is the caller's to remove. */
export interface SmallStation {
  readonly folder: string
  readonly config: string
  readonly data: string
  readonly secrets: string
  /** of a station as a process, on a free port */
  readonly arguments: readonly string[]
}

export function smallStation(stationYaml = ''): Promise<SmallStation> {
  return made('editor: { enabled: false }\n' + stationYaml)
}

/** The same with a flow process, on a free port. */
export async function flowsStation(): Promise<SmallStation> {
  return made(`editor: { port: ${await freePort(0)} }\n`)
}

async function made(stationYaml: string): Promise<SmallStation> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-station-'))
  const [config, data, secrets] = [join(folder, 'config'), join(folder, 'data'), join(folder, 'secrets.json')]
  const write = (name: string, text: string): Promise<void> => writeFile(join(config, name), text)
  await mkdir(config)
  await mkdir(data)
  const fixed = 'name: st\nhttp: { port: 0 }\nlog: { console: false }\n'
  await write('station.yaml', fixed + stationYaml)
  await write('systems.yaml', 'systems:\n  - { id: oa, name: OA, adapter: oa, profile: yizhan, roles: [calls-us] }\n')
  await write('accounts.yaml', 'accounts:\n  - { id: a, system: oa, units: [u1] }\n')
  await write('groups.yaml', 'groups:\n  - { id: office, name: 市政府机构 }\nphrases: []\n')
  await write('units.tsv', 'id\tname\taliases\tgroups\tcodes\tsystem\nu1\t市政府办公室\t\toffice\tB-001\toa\n')
  const given = {
    'admin.token': 't',
    'editor.admin': 'p',
    'editor.credentials': 'c',
    'files.hmac': 'h',
    'account.a': 'p',
  }
  await writeFile(secrets, JSON.stringify(given), { mode: 0o600 })
  return { folder, config, data, secrets, arguments: ['--config', config, '--data', data, '--secrets', secrets] }
}

/** A station as a process, from its sources. */
export interface StationRun {
  readonly child: ChildProcess
  /** its last line that says whether it is ready */
  readonly said: Said
  /** waits for another such line */
  next(): Promise<void>
  /** what it wrote on stderr so far */
  readonly complaints: () => string
  /** SIGTERM; its exit code */
  stop(): Promise<number | null>
}

interface Said {
  readonly ready: boolean
  readonly http: string
  /** those of what is served apart */
  readonly listeners?: Readonly<Record<string, string>>
  readonly error?: { readonly code: string }
}

/** @param umask of whoever starts it */
export async function runStation(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  umask = '0022',
): Promise<StationRun> {
  const main = [process.execPath, join(projectHome(), 'station', 'main.ts')]
  const child = spawn('sh', ['-c', `umask ${umask}; exec "$0" "$@"`, ...main, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const complaints: string[] = []
  child.stderr.on('data', (data: Buffer) => complaints.push(data.toString()))
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Said> => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next())
      if (line.value.startsWith('{"ready"')) return JSON.parse(line.value) as Said
    throw new Error(`the station ended before it was ready: ${complaints.join('')}`)
  }
  let said = await next()
  return {
    child,
    get said() {
      return said
    },
    async next() {
      said = await next()
    },
    complaints: () => complaints.join(''),
    async stop() {
      child.kill('SIGTERM')
      const [code] = (await exited) as [number | null]
      return code
    },
  }
}
