import { randomBytes } from 'node:crypto'
import { access, cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectHome } from '../../../core/config/home.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { until } from '../../lib/wait.ts'
import { Inbox } from './inbox.ts'
import { TestStation } from './station.ts'

/** What a rig has beside its OAs. */
export interface RigExtras {
  /** entries of systems.yaml */
  readonly systems: readonly object[]
  readonly secrets: Readonly<Record<string, string>>
  /** entries of accounts.yaml, and lines of units.tsv */
  readonly accounts?: readonly {
    readonly id: string
    readonly system: string
    readonly units: readonly string[]
    /** public keys by which it logs in over SFTP */
    readonly keys?: readonly string[]
  }[]
  readonly units?: readonly string[]
  /** of the flows: times that are to be short */
  readonly environment: Readonly<Record<string, number>>
  /** further nodes of the broker, `host:port` */
  readonly hosts?: readonly string[]
  /** tabs beside those that are shipped, by file name */
  readonly flows?: Readonly<Record<string, readonly object[]>>
  /** further lines of station.yaml */
  readonly stationYaml?: string
  /** before the names of its queues, where several share a broker */
  readonly busPrefix?: string
  /** of the station's process, beside the failpoint's */
  readonly stationEnvironment?: Readonly<Record<string, string>>
}

/**
 * One unit that issues over our SOAP service, one whose OA we push to, and the station between; everything of it can be
 * killed.
 */
export class Rig {
  readonly folder: string
  readonly station: TestStation
  readonly inbox: Inbox
  readonly http: string
  readonly editorPort: number
  readonly password: string
  readonly #failpointFile: string
  /** titles of what the station has acknowledged */
  readonly acknowledged: string[] = []
  #serial = 0

  constructor(parts: {
    folder: string
    station: TestStation
    inbox: Inbox
    http: string
    editorPort: number
    password: string
    failpointFile: string
  }) {
    this.folder = parts.folder
    this.station = parts.station
    this.inbox = parts.inbox
    this.http = parts.http
    this.editorPort = parts.editorPort
    this.password = parts.password
    this.#failpointFile = parts.failpointFile
  }

  static async open(bus: string, extras: RigExtras = { systems: [], secrets: {}, environment: {} }): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), 'yizhan-rig-'))
    const inbox = new Inbox()
    const url = await inbox.listen()
    const [port, editorPort] = (await freePorts(2)) as [number, number]
    const password = randomBytes(9).toString('base64url')
    const config = join(folder, 'config')
    await mkdir(config)
    await cp(join(projectHome(), 'flows'), join(folder, 'flows'), { recursive: true })
    for (const [name, nodes] of Object.entries(extras.flows ?? {}))
      await writeFile(join(folder, 'flows', `${name}.json`), JSON.stringify(nodes))
    await writeFile(
      join(config, 'station.yaml'),
      `name: rig\nhttp: { port: ${port} }\neditor: { port: ${editorPort} }\nbus: { url: "${withoutPassword(bus)}", hosts: ${JSON.stringify(extras.hosts ?? [])}, prefix: ${extras.busPrefix ?? 'yizhan.'} }\nlog: { console: false }\nsweepMs: 500\nhop: { backoffMs: 100 }\nflows: ${JSON.stringify({ environment: extras.environment })}\n${extras.stationYaml ?? ''}`,
    )
    await writeFile(
      join(config, 'systems.yaml'),
      `systems:\n  - { id: sender, name: 发文, adapter: oa, profile: yizhan, roles: [calls-us] }\n  - { id: pushed, name: 收文, adapter: oa, profile: yizhan, roles: [we-call], url: "${url}", pace: { timeoutMs: 1000, backoffMs: 100, maxBackoffMs: 500, breakerMs: 300 } }\n${extras.systems.map((system) => `  - ${JSON.stringify(system)}\n`).join('')}`,
    )
    await writeFile(
      join(config, 'accounts.yaml'),
      `accounts:\n  - { id: issuer, system: sender, units: [bangongshi] }\n${(extras.accounts ?? []).map((account) => `  - ${JSON.stringify(account)}\n`).join('')}`,
    )
    await writeFile(join(config, 'groups.yaml'), 'groups:\n  - { id: department, name: 部门 }\nphrases: []\n')
    await writeFile(
      join(config, 'units.tsv'),
      'id\tname\taliases\tgroups\tcodes\tsystem\nbangongshi\t市政府办公室\t\tdepartment\t\tsender\ncaizhengju\t市财政局\t\tdepartment\t\tpushed\n' +
        (extras.units ?? []).map((line) => `${line}\n`).join(''),
    )
    const secrets = join(folder, 'secrets.json')
    const busPassword = URL.canParse(bus) ? { 'bus.password': new URL(bus).password } : {}
    const names = [
      'account.issuer',
      'editor.admin',
      'editor.credentials',
      'admin.token',
      'files.hmac',
      'pushed.password',
      ...(extras.accounts ?? []).map(({ id }) => `account.${id}`),
    ]
    await writeFile(
      secrets,
      JSON.stringify({
        ...Object.fromEntries(names.map((name) => [name, password])),
        ...busPassword,
        ...extras.secrets,
      }),
      { mode: 0o600 },
    )
    const failpointFile = join(folder, 'failpoint')
    const http = `http://127.0.0.1:${port}`
    const station = new TestStation({
      folder,
      http,
      token: password,
      environment: { ...extras.stationEnvironment, YIZHAN_FAILPOINT_FILE: failpointFile },
      arguments: [
        '--config',
        config,
        '--data',
        join(folder, 'data'),
        '--flows',
        join(folder, 'flows'),
        '--secrets',
        secrets,
      ],
    })
    return new Rig({ folder, station, inbox, http, editorPort, password, failpointFile })
  }

  /** Opens one and starts its station. */
  static async start(bus: string, extras?: RigExtras): Promise<Rig> {
    const rig = await Rig.open(bus, extras)
    try {
      await rig.station.start()
      return rig
    } catch (error) {
      await rig.close()
      throw error
    }
  }

  /**
   * Submits documents while a process is to die at a failpoint: the station, which is then started again, or the flows,
   * which the station replaces. Resolves when all are acknowledged; some may be only after the restart.
   */
  async submitThroughDeath(failpoint: string, count: number, victim: 'station' | 'flows' = 'station'): Promise<void> {
    await this.arm(failpoint)
    const restarted = async (): Promise<void> => {
      await this.reached(failpoint)
      if (victim === 'flows') return
      await until(() => !this.station.running, { what: 'the station dead', timeoutMs: 10_000 })
      await this.station.start()
    }
    await Promise.all([this.submit(count, `${failpoint} `), restarted()])
  }

  /** The first process that comes to this failpoint dies there. */
  arm(failpoint: string): Promise<void> {
    return writeFile(this.#failpointFile, failpoint)
  }

  /** Resolves when one has. */
  async reached(failpoint: string): Promise<void> {
    const gone = (): Promise<boolean> =>
      access(this.#failpointFile).then(
        () => false,
        () => true,
      )
    await until(gone, { what: `${failpoint} reached`, timeoutMs: 30_000 })
  }

  /**
   * Submits documents as a patient OA does: the same submission again until it is answered. Resolves when all are
   * acknowledged.
   */
  async submit(count: number, prefix: string): Promise<void> {
    await this.submitTitles(Array.from({ length: count }, () => `${prefix}第${++this.#serial}份`))
  }

  /** The same, under these titles, all together. */
  async submitTitles(titles: readonly string[]): Promise<void> {
    await Promise.all(titles.map((title) => this.#submit(title)))
  }

  /** What the operators' interface answers under a path. */
  async admin<T>(path: string): Promise<T> {
    const response = await fetch(`${this.http}/admin/${path}`, {
      headers: { authorization: `Bearer ${this.password}` },
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  /** Submits a document whose body is text (XML), once; resolves when it is acknowledged. */
  async submitOnce(title: string, text: string): Promise<void> {
    const response = await this.#post(title, `<text>${text}</text>`)
    if (!response.ok) throw new Error(`${title}: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
    this.acknowledged.push(title)
  }

  async #submit(title: string): Promise<void> {
    const content = Buffer.from(title.repeat(20)).toString('base64')
    const file = `<files><file><name>正文.txt</name><role>main</role><content>${content}</content></file></files>`
    await until(
      async () => {
        const response = await this.#post(title, file)
        if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
        return true
      },
      { what: `${title} acknowledged`, timeoutMs: 90_000, everyMs: 100 },
    )
    this.acknowledged.push(title)
  }

  #post(title: string, content: string): Promise<Response> {
    const body = `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Submit xmlns="urn:yizhan:oa:1"><document><submissionId>${title}</submissionId><documentType>通知</documentType><documentTitle>${title}</documentTitle><to><unit>caizhengju</unit></to>${content}</document></Submit></s:Body></s:Envelope>`
    const authorization = `Basic ${Buffer.from(`issuer:${this.password}`).toString('base64')}`
    return fetch(`${this.http}/oa/yizhan`, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'text/xml; charset=utf-8' },
      signal: AbortSignal.timeout(20_000),
    })
  }

  /** Everything that happened to a document, by the title under which it was submitted. */
  async timeline(title: string): Promise<readonly { readonly code: string }[]> {
    const found = await this.admin<readonly { readonly timeline: readonly { readonly code: string }[] }[]>(
      `where?${new URLSearchParams({ q: title, actor: 'test' }).toString()}`,
    )
    return found.flatMap(({ timeline }) => timeline)
  }

  /** Waits until everything acknowledged was taken by the inbox, and gives the account. */
  async balance(): Promise<{
    readonly lost: readonly string[]
    readonly twice: readonly string[]
    readonly unexpected: readonly string[]
  }> {
    const titles = () => [...this.inbox.taken.values()].map((item) => item.title)
    const missing = () => this.acknowledged.filter((title) => !titles().includes(title))
    await until(() => missing().length === 0, { what: 'all deliveries', timeoutMs: 60_000, everyMs: 50 }).catch(
      () => undefined,
    )
    const seen = titles()
    return {
      lost: missing(),
      twice: seen.filter((title, index) => seen.indexOf(title) !== index),
      unexpected: seen.filter((title) => !this.acknowledged.includes(title)),
    }
  }

  async close(): Promise<void> {
    await this.station.close()
    await this.inbox.close()
  }
}

/** Passwords are no configuration: the bus's stands in the secrets. */
function withoutPassword(bus: string): string {
  if (!URL.canParse(bus)) return bus
  const address = new URL(bus)
  address.password = ''
  return address.href
}
