import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { freePorts } from '../../sandbox/net/ports.ts'
import { makeAuthority, sign, type Authority } from '../lib/authority.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from '../unit/station/lib/small-station.ts'

/**
 * Flow authors who try to get out. Function nodes are no border: code in them has the whole of Node from its first
 * line. What holds is what stands around the process.
 */

/** Out of the sandbox of a function node, into Node itself; the code comes with the request. */
const ESCAPE = `
const outer = node.log.constructor
const process = outer('return process')()
const Code = outer('return (async () => undefined).constructor')()
try {
  const did = await new Code('process', 'load', msg.payload)(process, process.getBuiltinModule)
  msg.payload = { did: String(did) }
} catch (error) {
  msg.payload = { failed: String(error.code ?? error.message) }
}
return msg`

const place = { z: 'tab', x: 1, y: 1 }
const PAGE = [
  { id: 'tab', type: 'tab', label: '逃' },
  { ...place, id: 'in', type: 'http in', url: '/escape', method: 'post', wires: [['code']] },
  { ...place, id: 'code', type: 'function', func: ESCAPE, outputs: 1, libs: [], wires: [['answer']] },
  { ...place, id: 'answer', type: 'http response', wires: [] },
]
const SHELL = [
  { ...place, id: 'run-in', type: 'http in', url: '/run', method: 'post', wires: [['run']] },
  {
    ...place,
    ...{ id: 'run', type: 'exec', command: 'true;', addpay: 'payload', append: '2>&1', oldrc: false },
    wires: [['run-answer'], [], []],
  },
  { ...place, id: 'run-answer', type: 'http response', wires: [] },
]

class Prison {
  readonly station: SmallStation
  readonly authority: Authority
  readonly editor: string
  #running: StationRun | undefined

  private constructor(station: SmallStation, authority: Authority, port: number) {
    this.station = station
    this.authority = authority
    this.editor = `https://127.0.0.1:${port}`
  }

  static async open(flows: object, page: readonly object[]): Promise<Prison> {
    const station = await smallStation()
    const { folder, config } = station
    const authority = makeAuthority(folder)
    const [port = 0] = await freePorts(1)
    const { certFile, keyFile } = authority
    const yaml = {
      name: 'st',
      http: { port: 0 },
      log: { console: false },
      editor: { port, tls: { certFile, keyFile } },
      flows,
    }
    await writeFile(join(config, 'station.yaml'), JSON.stringify(yaml))
    await mkdir(join(folder, 'flows'), { mode: 0o700 })
    await writeFile(join(folder, 'flows', 'page.json'), JSON.stringify(page))
    const prison = new Prison(station, authority, port)
    prison.#running = await runStation([...station.arguments, '--flows', join(folder, 'flows')])
    await until(() => prison.#answers(), { what: 'the page', timeoutMs: 60_000 })
    return prison
  }

  async #answers(): Promise<boolean> {
    return (await this.post('/escape', 'return 1').catch(() => '')).includes('1')
  }

  get pid(): number {
    return this.#running?.child.pid ?? 0
  }

  /** What a path of the flows answers. */
  post(path: string, body: string): Promise<string> {
    const { caFile } = this.authority
    const args = ['-sS', '--max-time', '30', '--cacert', caFile, '-H', 'content-type: text/plain', '--data-raw', body]
    return Promise.resolve(execFileSync('curl', [...args, `${this.editor}/http${path}`], { encoding: 'utf8' }))
  }

  async tries(code: string): Promise<{ readonly did?: string; readonly failed?: string }> {
    return JSON.parse(await this.post('/escape', code)) as { readonly did?: string; readonly failed?: string }
  }

  /** It lives, and answers. */
  async lives(): Promise<void> {
    process.kill(this.pid, 0)
    expect((await fetch(`${this.#running?.said.http ?? ''}/healthz`)).status).toBe(200)
  }

  async close(): Promise<void> {
    await this.#running?.stop()
    await rm(this.station.folder, { recursive: true })
  }
}

const quoted = (text: string): string => JSON.stringify(text)

/** What is tried, and by what it is to fail. */
function attempts({ station, authority, pid }: Prison): Readonly<Record<string, readonly [code: string, by: RegExp]>> {
  const { folder, data, secrets } = station
  const read = (path: string): [string, RegExp] => [
    `return load('fs').readFileSync(${quoted(path)}).length`,
    /^ERR_ACCESS_DENIED$/,
  ]
  const write = (path: string): [string, RegExp] => [
    `return load('fs').writeFileSync(${quoted(path)}, '[]')`,
    /^ERR_ACCESS_DENIED$/,
  ]
  const ledger = quoted(join(data, 'ledger.db'))
  const home = quoted(join(projectHome(), 'package.json'))
  const denied = /^ERR_ACCESS_DENIED$/
  return {
    'reads the secrets': read(secrets),
    'reads the ledger': read(join(data, 'ledger.db')),
    'reads the key of the editor': read(authority.keyFile),
    'reads the log': [`return load('fs').readdirSync(${quoted(join(data, 'logs'))})`, denied],
    'reads the environment of the station': read(`/proc/${pid}/environ`),
    'reads the memory of the station': read(`/proc/${pid}/mem`),
    'reads its own environment at the start': read('/proc/self/environ'),
    'reads by a promise': [`return load('fs/promises').readFile(${quoted(secrets)})`, denied],
    'reads by a stream': [
      `for await (const chunk of load('fs').createReadStream(${quoted(secrets)})) return chunk`,
      denied,
    ],
    'reads by require': [`return load('module').createRequire('/')(${quoted(secrets)})`, denied],
    'reads by import': [`return (await import(${quoted(secrets)}, { with: { type: 'json' } })).default`, /./],
    'reads by process.mainModule': ["return process.mainModule.require('fs')", /undefined/],
    'reads by SQLite': [`return new (load('node:sqlite').DatabaseSync)(${ledger})`, /undefined/],
    'reads by an addon': [`return new (load('module').createRequire(${home})('better-sqlite3'))(${ledger})`, /DLOPEN/],
    'reads by a binding': ["return process.binding('fs')", denied],
    'reads an environment file': [`return process.loadEnvFile(${quoted(secrets)})`, denied],
    'writes a flow': write(join(folder, 'flows', 'escaped.json')),
    'writes into the data': write(join(data, 'escaped')),
    'writes elsewhere': write(join(folder, 'escaped')),
    'writes a report': [`return process.report.writeReport(${quoted(join(folder, 'escaped'))})`, denied],
    'writes a heap': [`return load('v8').writeHeapSnapshot(${quoted(join(folder, 'escaped'))})`, denied],
    'starts a program': ["return load('child_process').execSync('id')", denied],
    'becomes a program': ["return process.execve('/bin/sh', ['sh'], {})", denied],
    'starts a thread': ["return new (load('worker_threads').Worker)('1', { eval: true })", denied],
    'starts a loader': ["return load('module').register('data:text/javascript,')", denied],
    'debugs itself': ["return new (load('inspector').Session)().connect()", denied],
    'opens a debugger': ["return load('inspector').open(0)", denied],
    'opens a debugger of the station': [`return process._debugProcess(${pid})`, denied],
    'kills the station': [`return process.kill(${pid}, 'SIGKILL')`, denied],
    'kills the station by hand': [`return process._kill(${pid}, 9)`, denied],
    'makes the station slow': [`return load('os').setPriority(${pid}, 19)`, denied],
    'sees a secret in its environment': [
      "if (!/token|secret|password/i.test(JSON.stringify(process.env))) throw new Error('nothing')",
      /nothing/,
    ],
    'speaks to the station with a guessed token': [
      `const { remotePort } = process._getActiveHandles().find(({ remotePort }) => remotePort !== undefined && remotePort > 0 )
       const hello = { t: 'hello', token: 'guess', session: 'x', pid: 1, protocol: 2 }
       return new Promise((resolve, reject) => {
         const socket = load('net').connect(remotePort, '127.0.0.1', () => socket.write(JSON.stringify(hello) + '\\n'))
         socket.on('data', resolve).on('error', reject).on('close', () => reject(new Error('closed')))
       })`,
      /closed|ECONNRESET/,
    ],
  }
}

describe('a function node that is out of its sandbox', () => {
  let prison: Prison
  shared(
    async () => {
      prison = await Prison.open({ allow: ['http in'], openPaths: ['/escape'] }, PAGE)
    },
    () => prison.close(),
  )

  it('is out indeed', async () => {
    expect(await prison.tries('return process.pid > 1 && process.ppid')).toEqual({ did: String(prison.pid) })
    const own = quoted(join(projectHome(), 'dist', 'editor', 'main.js'))
    expect(await prison.tries(`return load('fs').readFileSync(${own}).length > 1`)).toEqual({ did: 'true' })
  })

  it('gets nowhere else', async () => {
    const got: Record<string, unknown> = {}
    for (const [what, [code, by]] of Object.entries(attempts(prison))) {
      const { did, failed = '' } = await prison.tries(code)
      if (did !== undefined || !by.test(failed)) got[what] = { did, failed }
      await prison.lives()
    }
    expect(got).toEqual({})
    const { folder, data } = prison.station
    for (const place of [folder, data, join(folder, 'flows')]) expect(await readdir(place)).not.toContain('escaped')
    expect(existsSync(join(folder, 'flows', 'escaped.json'))).toBe(false)
  })

  it('and the editor serves a renewed certificate, whose files the station alone has read', async () => {
    const served = (): string =>
      execFileSync('sh', ['-c', `openssl s_client -connect ${prison.editor.slice(8)} </dev/null 2>/dev/null`], {
        encoding: 'utf8',
      }).replace(/^[^]*(-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----)[^]*$/, '$1')
    const before = served()
    expect(before).toContain('BEGIN CERTIFICATE')
    sign(prison.station.folder, 'server', '/CN=localhost', ['-addext', 'subjectAltName=IP:127.0.0.1'])
    await until(() => served() !== before, { what: 'the new certificate', timeoutMs: 30_000, everyMs: 200 })
    expect(await prison.tries('return 1')).toEqual({ did: '1' })
  })
})

const nobody = (name: string): string => execFileSync('id', [name, 'nobody'], { encoding: 'utf8' }).trim()
const isRoot = process.getuid?.() === 0
/** Whether the program lies where other users may read it, as it does where it is installed. */
const isReadable = (): boolean => {
  try {
    const [uid, gid] = [Number(nobody('-u')), Number(nobody('-g'))]
    execFileSync('test', ['-r', join(projectHome(), 'dist', 'editor', 'main.js')], { uid, gid })
    return true
  } catch {
    return false
  }
}

describe.runIf(isRoot && isReadable())('a program that flows may start, as the user of the flows,', () => {
  let exchange: string
  let prison: Prison
  shared(
    async () => {
      exchange = await mkdtemp(join(tmpdir(), 'yizhan-exchange-'))
      execFileSync('chown', ['nobody', exchange])
      const allow = ['http in', 'exec', 'file']
      const flows = { user: 'nobody', allow, openPaths: ['/escape', '/run'], folders: [exchange] }
      prison = await Prison.open(flows, [...PAGE, ...SHELL])
    },
    async () => {
      await prison.close()
      await rm(exchange, { recursive: true })
    },
  )

  it('runs as that user', async () => {
    expect(await prison.post('/run', 'id -u; id -G')).toBe(`${nobody('-u')}\n${nobody('-g')}\n`)
  })

  it('and the flows themselves read and write the folders that they were given, and no others', async () => {
    const file = quoted(join(exchange, 'given'))
    const write = (path: string): string =>
      `load('fs').writeFileSync(${path}, 'x'); return load('fs').readFileSync(${path})`
    expect(await prison.tries(write(file))).toEqual({ did: 'x' })
    expect(await prison.tries(write(quoted('/tmp/yizhan-escaped')))).toEqual({ failed: 'ERR_ACCESS_DENIED' })
  })

  it('reads nothing of the station, writes nothing of it and ends nothing of it', async () => {
    const { folder, data, secrets } = prison.station
    const { keyFile } = prison.authority
    // As `init` makes it: only what has to be private is.
    execFileSync('chmod', ['755', folder])
    const tries = [
      `cat ${secrets}`,
      `cat ${keyFile}`,
      `ls ${data}`,
      `cat ${join(data, 'ledger.db')}`,
      `ls ${join(folder, 'flows')}`,
      `cat /proc/${prison.pid}/environ`,
      `head -c 1 /proc/${prison.pid}/mem`,
      `kill -9 ${prison.pid}`,
      `touch ${join(folder, 'flows', 'escaped.json')}`,
      `touch ${join(folder, 'escaped')}`,
    ]
    for (const command of tries) {
      const said = await prison.post('/run', `(${command} 2>&1) && echo DONE`)
      expect([command, said]).toEqual([command, expect.stringMatching(/denied|not permitted/i)])
      expect(said).not.toContain('DONE')
    }
    await prison.lives()
  })
})
