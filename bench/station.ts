import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import { until } from '../test/lib/wait.ts'
import { recipient, SENDER, type Destination } from './documents.ts'
import { startProcess, type Measured } from './processes.ts'

export interface BenchStation {
  readonly destination: Destination
  readonly pid: number
  /** the flow process; undefined where it is off */
  readonly flowsPid: number | undefined
  /** GET of the operators' interface; the body of its answer */
  admin(path: string): Promise<unknown>
  stop(): Promise<void>
  /** SIGKILL for the station and its flow process at once */
  kill(): Promise<void>
}

export interface BenchStationOptions {
  /** made and filled here: configuration, flows, ledger, logs */
  readonly folder: string
  /** `embedded` or an amqp:// URL */
  readonly bus: string
  readonly receiverPort: number
  /** without it, what is accepted waits in the ledger */
  readonly flows: boolean
  /** another build of the station; absent: this checkout's */
  readonly program?: string
  /** whether deliveries and outcomes are told to whoever listens at the broker; not unless told */
  readonly feed?: boolean
  /** before the names of its queues, where several stations share a broker; `yizhan.` unless told */
  readonly busPrefix?: string
  /** units that take documents, of the receiver's system; one unless told */
  readonly recipients?: number
}

interface Ready {
  readonly http: string
}

const READY_MS = 120_000
const ACCOUNT = 'bench'

/** The station as it is shipped, with a city of one system that submits and one that takes. */
export async function startStation(options: BenchStationOptions): Promise<BenchStation> {
  const { folder } = options
  const at = (name: string): string => join(folder, name)
  const given = await secretsOf(at('secrets.json'))
  await mkdir(at('config'), { recursive: true })
  await mkdir(at('flows'), { recursive: true })
  await Promise.all([
    ...Object.entries(configuration(options)).map(([name, text]) => writeFile(join(at('config'), name), text)),
    writeFile(at('flows/bench.json'), JSON.stringify(flow())),
    writeFile(at('secrets.json'), JSON.stringify(given), { mode: 0o600 }),
    writeFile(
      at('overrides.json'),
      JSON.stringify({
        station: { bus: { url: options.bus, feed: options.feed ?? false, prefix: options.busPrefix ?? 'yizhan.' } },
      }),
    ),
  ])
  const files = ['--config', at('config'), '--data', at('data'), '--flows', at('flows')]
  const more = ['--secrets', at('secrets.json'), '--overrides', at('overrides.json')]
  const log = at(`output-${options.flows ? 'flows' : 'no-flows'}.log`)
  const station: Measured<Ready> = await startProcess(
    options.program ?? join(projectHome(), 'dist', 'station', 'main.js'),
    [...files, ...more],
    log,
  )
  const { port } = new URL(station.ready.http)
  // Its first line says that it listens; that its flows have come and the broker is connected stands here.
  if (options.flows)
    await until(async () => (await fetch(`${station.ready.http}/readyz`)).ok, {
      what: 'the station ready',
      timeoutMs: READY_MS,
    })
  const headers = { authorization: `Bearer ${given['admin.token'] ?? ''}` }
  const admin = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${station.ready.http}/admin/${path}`, { headers })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const health = (await admin('health')) as { flows?: { pid?: number | null } }
  return {
    destination: {
      port: Number(port),
      path: '/oa/yizhan',
      account: ACCOUNT,
      password: given[`account.${ACCOUNT}`] ?? '',
    },
    pid: station.pid,
    flowsPid: health.flows?.pid ?? undefined,
    admin,
    stop: () => station.stop(),
    kill: () => station.kill(),
  }
}

function configuration({ receiverPort, flows, recipients = 1 }: BenchStationOptions): Record<string, string> {
  return {
    'station.yaml':
      'name: bench\nhttp: { port: 0 }\n' +
      `editor: { port: 0, enabled: ${flows} }\n` +
      // The load is as fast as it can be: what counts is how fast it is dealt with, not when it is turned away.
      'limits: { openHops: 1000000 }\n',
    'systems.yaml':
      'systems:\n' +
      '  - { id: sender, name: 发文的 OA, adapter: oa, profile: yizhan, roles: [calls-us] }\n' +
      '  - { id: receiver, name: 收文的 OA, adapter: oa, profile: yizhan, roles: [we-call], ' +
      `url: "http://127.0.0.1:${receiverPort}/inbox", pace: { concurrency: 20 } }\n`,
    'accounts.yaml': `accounts:\n  - { id: ${ACCOUNT}, system: sender, units: [${SENDER.id}] }\n`,
    'groups.yaml': 'groups:\n  - { id: office, name: 市政府机构 }\nphrases: []\n',
    'units.tsv':
      'id\tname\taliases\tgroups\tcodes\tsystem\n' +
      `${SENDER.id}\t${SENDER.name}\t市政府办\toffice\tB-001\tsender\n` +
      Array.from({ length: recipients }, (_, n) => {
        const { id, name } = recipient(n)
        return `${id}\t${name}\t\toffice\tB-${n + 2}\treceiver\n`
      }).join(''),
  }
}

/** Those that a station of this folder had before, or new ones. */
async function secretsOf(file: string): Promise<Record<string, string>> {
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>
  const names = [`account.${ACCOUNT}`, 'editor.admin', 'editor.credentials', 'admin.token', 'files.hmac']
  return Object.fromEntries(names.map((name) => [name, randomBytes(18).toString('base64url')]))
}

/** What an integrator would wire at least: take, look, choose, send. */
function flow(): readonly object[] {
  const node = (id: string, type: string, x: number, more: object): object => ({
    id,
    type,
    z: 'bench',
    x,
    y: 100,
    ...more,
  })
  return [
    { id: 'bench', type: 'tab', label: '测速 bench', order: 1 },
    node('take', 'oa in', 100, {
      name: '收文',
      subscription: 'bench',
      kinds: ['document'],
      concurrency: 32,
      wires: [['look']],
    }),
    node('look', 'function', 250, {
      name: '看缓急',
      func: "msg.urgent = msg.payload.urgency !== 'ordinary'\nreturn msg",
      outputs: 1,
      wires: [['choose']],
    }),
    node('choose', 'switch', 400, {
      name: '公文',
      property: 'payload.kind',
      propertyType: 'msg',
      rules: [{ t: 'eq', v: 'document', vt: 'str' }, { t: 'else' }],
      checkall: 'false',
      outputs: 2,
      wires: [['send'], []],
    }),
    node('send', 'oa out', 550, { name: '送收文单位', to: 'recipients', wires: [[]] }),
  ]
}
