import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Guardian, startGuardian } from '../guardian.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { until } from '../wait.ts'

const run = promisify(execFile)

export interface SlapdOptions {
  readonly suffix: string
  /** may change everything; `modify` uses it */
  readonly rootDn: string
  readonly rootPassword: string
  /** content of the first start; entries without entryUUID and modifyTimestamp get them from slapd */
  readonly ldif: string
  /** lines of the database's configuration, such as `limits users size.pr=10` (slapd.conf(5)) */
  readonly limits?: string | undefined
}

/**
 * OpenLDAP's slapd of one test's own, on 127.0.0.1, with StartTLS and LDAPS. A test process that ends takes it along.
 */
export interface Slapd {
  /** ldap://127.0.0.1:…, where StartTLS is offered; stays the same over stop and start */
  readonly url: string
  /** ldaps://127.0.0.1:… */
  readonly tlsUrl: string
  /**
   * PEM of the authority that signed its certificate, made for this server by openssl; valid for 127.0.0.1 and
   * localhost
   */
  readonly caFile: string
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * SIGSTOP; resolves when every thread stands still: connections are then taken by the kernel, and nothing is
   * answered.
   */
  freeze(): Promise<void>
  thaw(): void
  /** Changes records (RFC 2849) with ldapmodify. */
  modify(ldif: string): Promise<void>
  /** ldapdelete -r: an entry and all below it. */
  removeTree(dn: string): Promise<void>
  close(): Promise<void>
}

export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  const [port, tlsPort] = (await freePorts(2)) as [number, number]
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-slapd-'))
  const server = new PrivateSlapd(folder, port, tlsPort, options, startGuardian(folder))
  try {
    await server.prepare()
    await server.start()
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

class PrivateSlapd implements Slapd {
  readonly url: string
  readonly tlsUrl: string
  readonly caFile: string
  readonly #folder: string
  readonly #port: number
  readonly #options: SlapdOptions
  readonly #guardian: Guardian
  #server: ChildProcess | undefined

  constructor(folder: string, port: number, tlsPort: number, options: SlapdOptions, guardian: Guardian) {
    this.#folder = folder
    this.#port = port
    this.#options = options
    this.#guardian = guardian
    this.url = `ldap://127.0.0.1:${port}`
    this.tlsUrl = `ldaps://127.0.0.1:${tlsPort}`
    this.caFile = join(folder, 'certificate.pem')
  }

  async prepare(): Promise<void> {
    await mkdir(this.#inside('data'))
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      this.#inside('key.pem'),
      '-out',
      this.caFile,
      ...subject,
    ])
    await writeFile(this.#inside('slapd.conf'), configuration(this.#folder, this.#options))
    await writeFile(this.#inside('content.ldif'), this.#options.ldif)
    // Where AppArmor is on, it lets /usr/sbin/slapd touch no folder of ours; a copy of it has no such profile.
    await copyFile('/usr/sbin/slapd', this.#inside('slapd'))
    await run(this.#inside('slapd'), [
      '-T',
      'add',
      '-f',
      this.#inside('slapd.conf'),
      '-l',
      this.#inside('content.ldif'),
    ])
  }

  async start(): Promise<void> {
    if (isUp(this.#server)) throw new Error('slapd is already running')
    const log = openSync(this.#inside('slapd.log'), 'a')
    try {
      const arguments_ = ['-h', `${this.url}/ ${this.tlsUrl}/`, '-f', this.#inside('slapd.conf'), '-d', '0']
      this.#server = spawn(this.#inside('slapd'), arguments_, {
        detached: true,
        stdio: ['ignore', log, log],
        cwd: this.#folder,
      })
      await once(this.#server, 'spawn')
      this.#server.unref()
      this.#guardian.guard([this.#pid()])
    } finally {
      closeSync(log)
    }
    const state = await until(async () => (!isUp(this.#server) ? 'ended' : (await takes(this.#port)) && 'ready'), {
      what: 'slapd',
      timeoutMs: 20_000,
    })
    if (state === 'ended')
      throw new Error(`slapd ended while it started:\n${await readFile(this.#inside('slapd.log'), 'utf8')}`)
  }

  async stop(): Promise<void> {
    if (!isUp(this.#server)) return
    const ended = once(this.#server as ChildProcess, 'exit')
    process.kill(this.#pid(), 'SIGTERM')
    process.kill(this.#pid(), 'SIGCONT')
    await ended
    this.#guardian.guard([])
  }

  async freeze(): Promise<void> {
    const pid = this.#pid()
    process.kill(pid, 'SIGSTOP')
    // The kernel hands the signal to one thread; until that one runs, the others go on answering.
    await until(() => threadStates(pid).every((state) => state === 'T'), { what: 'slapd to stand still' })
  }

  thaw(): void {
    process.kill(this.#pid(), 'SIGCONT')
  }

  modify(ldif: string): Promise<void> {
    return this.#client('ldapmodify', [], ldif)
  }

  removeTree(dn: string): Promise<void> {
    return this.#client('ldapdelete', ['-r', dn], '')
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#guardian.close()
  }

  async #client(command: string, more: readonly string[], input: string): Promise<void> {
    const { rootDn, rootPassword } = this.#options
    const call = run(command, ['-x', '-H', this.url, '-D', rootDn, '-w', rootPassword, ...more])
    call.child.stdin?.end(input)
    await call
  }

  #inside(name: string): string {
    return join(this.#folder, name)
  }

  #pid(): number {
    const pid = this.#server?.pid
    if (pid === undefined) throw new Error('slapd was never started')
    return pid
  }
}

/** `uscCode` stands for the attribute that a city invents for 统一社会信用代码, in the OID range for experiments. */
function configuration(folder: string, { suffix, rootDn, rootPassword, limits = '' }: SlapdOptions): string {
  const schemas = ['core', 'cosine', 'inetorgperson']
    .map((name) => `include /etc/ldap/schema/${name}.schema`)
    .join('\n')
  return `${schemas}
attributetype ( 1.3.6.1.4.1.4203.666.1.90 NAME 'uscCode' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.4203.666.3.90 NAME 'coded' AUXILIARY MAY uscCode )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/slapd.pid
TLSCertificateFile ${folder}/certificate.pem
TLSCertificateKeyFile ${folder}/key.pem
database mdb
suffix "${suffix}"
rootdn "${rootDn}"
rootpw ${rootPassword}
directory ${folder}/data
maxsize 67108864
${limits}
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`
}

async function takes(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
    throw error
  } finally {
    socket.destroy()
  }
}

/** One letter a thread (proc(5), /proc/PID/task/TID/stat, field 3). */
function threadStates(pid: number): string[] {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).map((thread) => {
    const stat = readFileSync(`${tasks}/${thread}/stat`, 'utf8')
    return stat.charAt(stat.lastIndexOf(')') + 2)
  })
}

function isUp(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null
}
