import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { makeAuthority, type Authority } from '../authority.ts'
import { startGuardian, type Guardian } from '../guardian.ts'
import { until } from '../wait.ts'

/** rsyslog's collector of one test's own, on 127.0.0.1, over TLS (with client certificates), TCP and UDP. */
export interface Rsyslogd {
  readonly tls: string
  readonly tcp: string
  readonly udp: string
  /** its certificate is for 127.0.0.1 and localhost, and serves as a client's too */
  readonly authority: Authority
  /** of each record that arrived, in order */
  records(): Promise<readonly Received[]>
  start(): Promise<void>
  /** SIGKILL */
  kill(): Promise<void>
  close(): Promise<void>
}

/** As rsyslog has parsed it. */
export interface Received {
  readonly pri: string
  readonly host: string
  readonly app: string
  readonly id: string
  readonly at: string
  readonly data: string
  readonly text: string
}

export async function startRsyslogd(): Promise<Rsyslogd> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-rsyslog-'))
  const [tls, tcp, udp] = (await freePorts(3)) as [number, number, number]
  const server = new PrivateRsyslogd(folder, { tls, tcp, udp }, startGuardian(folder))
  try {
    await server.start()
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

class PrivateRsyslogd implements Rsyslogd {
  readonly tls: string
  readonly tcp: string
  readonly udp: string
  readonly authority: Authority
  readonly #folder: string
  readonly #ports: { readonly tls: number; readonly tcp: number; readonly udp: number }
  readonly #guardian: Guardian
  #server: ChildProcess | undefined

  constructor(folder: string, ports: { tls: number; tcp: number; udp: number }, guardian: Guardian) {
    this.#folder = folder
    this.#ports = ports
    this.#guardian = guardian
    this.authority = makeAuthority(folder)
    this.tls = `tls://localhost:${ports.tls}`
    this.tcp = `tcp://127.0.0.1:${ports.tcp}`
    this.udp = `udp://127.0.0.1:${ports.udp}`
  }

  async start(): Promise<void> {
    await writeFile(join(this.#folder, 'rsyslog.conf'), configuration(this.#folder, this.#ports, this.authority))
    const log = openSync(join(this.#folder, 'rsyslog.log'), 'a')
    try {
      const [conf, pid] = ['rsyslog.conf', 'pid'].map((name) => join(this.#folder, name))
      const server = spawn('/usr/sbin/rsyslogd', ['-n', '-f', conf ?? '', '-i', pid ?? ''], {
        detached: true,
        stdio: ['ignore', log, log],
      })
      await once(server, 'spawn')
      this.#server = server
      this.#guardian.guard([server.pid ?? 0])
    } finally {
      closeSync(log)
    }
    await until(() => Promise.all([answers(this.#ports.tls), answers(this.#ports.tcp)]), {
      what: 'rsyslogd to listen',
    })
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }

  async records(): Promise<readonly Received[]> {
    const text = await readFile(join(this.#folder, 'records'), 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw error
    })
    // The last line may be half written.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [pri = '', host = '', app = '', id = '', at = '', data = '', words = ''] = line.split('\t')
        return { pri, host, app, id, at, data, text: words }
      })
  }

  async close(): Promise<void> {
    await this.kill()
    await this.#guardian.close()
  }
}

function configuration(
  folder: string,
  ports: { readonly tls: number; readonly tcp: number; readonly udp: number },
  { caFile, certFile, keyFile }: Authority,
): string {
  const fields = [
    ...['pri', 'hostname', 'app-name', 'msgid', 'timestamp:::date-rfc3339', 'structured-data', 'msg'].map(
      (name) => `%${name}%`,
    ),
  ]
  return `
global(workDirectory="${folder}" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="on"
  defaultNetstreamDriverCAFile="${caFile}" defaultNetstreamDriverCertFile="${certFile}" defaultNetstreamDriverKeyFile="${keyFile}")
module(load="imtcp")
module(load="imudp")
template(name="fields" type="string" string="${fields.join('\\t')}\\n")
ruleset(name="in") { action(type="omfile" file="${folder}/records" template="fields") }
input(type="imtcp" address="127.0.0.1" port="${ports.tls}" ruleset="in"
  streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
input(type="imtcp" address="127.0.0.1" port="${ports.tcp}" ruleset="in")
input(type="imudp" address="127.0.0.1" port="${ports.udp}" ruleset="in")
`
}

/** Whether somebody accepts there. */
async function answers(port: number): Promise<true> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}
