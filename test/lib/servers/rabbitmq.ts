import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { connect as openSocket } from 'node:net'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import type { Authority } from '../authority.ts'
import { type Guardian, startGuardian } from '../guardian.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { until } from '../wait.ts'
import { type BrokerSettings, prepareBroker } from './rabbitmq-settings.ts'

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
/** Milliseconds that it may take to shut down in order. */
const STOP_MS = 45_000

/**
 * A RabbitMQ of one test's own, on 127.0.0.1. It is started when it is handed out.
 * A test process that ends in any way takes it along, and its folder.
 */
export interface RabbitMq {
  /** `amqp://…` with the user guest; stays the same over stop, kill and start. */
  readonly url: string
  /** `amqps://…`, where it was started with TLS, the authority that signed its certificate, and that certificate */
  readonly tlsUrl: string | undefined
  readonly authority: Authority | undefined
  /** Its data, logs and home, under the system's temporary folder. */
  readonly folder: string
  /** Starts it again, on the same data and port; resolves when a client can open a channel. */
  start(): Promise<void>
  /** Shuts it down in order; the data stay. */
  stop(): Promise<void>
  /** SIGKILL for the broker and its helpers; the data stay as they are. */
  kill(): Promise<void>
  /** Erases its data: a broker that lost its disk. Only while it is stopped. */
  wipe(): Promise<void>
  /** The broker closes every client connection with 320 CONNECTION_FORCED; gives how many there were. */
  closeConnections(): Promise<number>
  /** Every client connection breaks without a word, as a pulled cable's; gives how many there were. */
  cutConnections(): Promise<number>
  /** What an Erlang expression gives in the broker, as erl_call shows it: what rabbitmqctl would be asked for. */
  evaluate(expression: string): Promise<string>
  /** `quorum` or `classic` by name, as `rabbitmqctl list_queues name type` tells them. */
  queueTypes(): Promise<ReadonlyMap<string, string>>
  /** Drops what waits in a queue; gives how many messages that were. */
  purge(queue: string): Promise<number>
  /** Ends it for good and removes its folder. */
  close(): Promise<void>
}

/**
 * Starts a broker: some six seconds on two cores.
 *
 * @param tls it speaks TLS too
 * @param clientCertificates over TLS it wants a certificate of its clients, whose common name may be their login
 */
export async function startRabbitMq({ tls = false, clientCertificates = false } = {}): Promise<RabbitMq> {
  const [port, distributionPort, epmdPort, tlsPort] = (await freePorts(4)) as [number, number, number, number]
  const settings = await prepareBroker({
    port,
    distributionPort,
    epmdPort,
    ...(tls ? { tlsPort, clientCertificates } : {}),
  })
  const broker = new PrivateRabbitMq(settings, startGuardian(settings.folder))
  try {
    await broker.start()
    return broker
  } catch (error) {
    await broker.close()
    throw error
  }
}

class PrivateRabbitMq implements RabbitMq {
  readonly url: string
  readonly tlsUrl: string | undefined
  readonly authority: Authority | undefined
  readonly folder: string
  readonly #settings: BrokerSettings
  readonly #guardian: Guardian
  #epmd: ChildProcess | undefined
  #server: ChildProcess | undefined

  constructor(settings: BrokerSettings, guardian: Guardian) {
    this.url = `amqp://guest:guest@127.0.0.1:${settings.port}`
    this.tlsUrl = settings.tlsPort === undefined ? undefined : `amqps://guest:guest@127.0.0.1:${settings.tlsPort}`
    this.authority = settings.authority
    this.folder = settings.folder
    this.#settings = settings
    this.#guardian = guardian
  }

  async start(): Promise<void> {
    if (isUp(this.#server)) throw new Error('the broker is already running')
    // The port mapper runs as long as this object: a server that found none would leave a daemon behind.
    if (!isUp(this.#epmd)) {
      const { epmdPort } = this.#settings
      this.#epmd = await this.#spawn('epmd', ['-address', '127.0.0.1', '-port', String(epmdPort)])
      await until(() => takes(epmdPort), { what: 'epmd', everyMs: 10 })
    }
    this.#server = await this.#spawn(SERVER, ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'])
    await this.#ready(this.#server)
    // 3.10.8 leaves a quorum queue without a leader that was declared in the seconds before a kill
    await this.evaluate('[ra:trigger_election({Q, node()}) || {Q, follower} <- ets:tab2list(ra_state)]')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async wipe(): Promise<void> {
    if (isUp(this.#server)) throw new Error('stop or kill the broker before its data are wiped')
    await rm(this.#settings.dataFolder, { recursive: true, force: true })
  }

  async closeConnections(): Promise<number> {
    return this.#eachConnection('rabbit_networking:close_connection(P, "closed by a test")')
  }

  async cutConnections(): Promise<number> {
    return this.#eachConnection('exit(P, kill)')
  }

  async purge(queue: string): Promise<number> {
    const client = await connect(this.url)
    client.on('error', ignoreAfterFailure)
    try {
      const channel = await client.createChannel()
      channel.on('error', ignoreAfterFailure)
      return (await channel.purgeQueue(queue)).messageCount
    } finally {
      await client.close()
    }
  }

  async close(): Promise<void> {
    if (isUp(this.#server)) await this.kill()
    await this.#guardian.close()
  }

  /** @param action an Erlang expression on the connection's process P */
  async #eachConnection(action: string): Promise<number> {
    const connections = 'Ps = rabbit_networking:connections_local()'
    const stdout = await this.evaluate(`${connections}, lists:foreach(fun(P) -> ${action} end, Ps), length(Ps)`)
    const count = /^\{ok, (\d+)\}/.exec(stdout)?.[1]
    if (count === undefined) throw new Error(`the broker did not carry out ${action}: ${stdout}`)
    return Number(count)
  }

  async evaluate(expression: string): Promise<string> {
    const { nodeName, cookie, environment } = this.#settings
    const call = promisify(execFile)('erl_call', ['-sname', nodeName, '-c', cookie, '-e'], { env: environment })
    call.child.stdin?.end(`${expression}.\n`)
    return (await call).stdout
  }

  async queueTypes(): Promise<ReadonlyMap<string, string>> {
    const told = await this.evaluate(
      '[{binary_to_atom(element(4, amqqueue:get_name(Q))), amqqueue:get_type(Q)} || Q <- rabbit_amqqueue:list()]',
    )
    return new Map(
      [...told.matchAll(/\{'?([^',]+)'?, rabbit_(\w+)_queue\}/g)].map(([, name = '', type = '']) => [name, type]),
    )
  }

  /** Each of its processes leads a group of its own, so that the guardian can end it with all that it started. */
  async #spawn(command: string, args: string[]): Promise<ChildProcess> {
    const log = openSync(this.#settings.logFile, 'a')
    try {
      const child = spawn(command, args, {
        detached: true,
        stdio: ['ignore', log, log],
        env: this.#settings.environment,
        cwd: this.#settings.folder,
      })
      await once(child, 'spawn')
      child.unref()
      return child
    } finally {
      closeSync(log)
      this.#guardian.guard(this.#groups())
    }
  }

  #groups(): number[] {
    return [this.#epmd, this.#server].flatMap((child) => (isUp(child) && child?.pid ? [child.pid] : []))
  }

  async #ready(server: ChildProcess): Promise<void> {
    this.#guardian.guard(this.#groups())
    const openChannel = async () => {
      if (!isUp(server)) return 'ended' as const
      const client = await connect(this.url, { timeout: 2_000 })
      client.on('error', ignoreAfterFailure)
      await client.createChannel()
      await client.close()
      return 'ready' as const
    }
    const state = await until(openChannel, { what: 'RabbitMQ', timeoutMs: 60_000, everyMs: 50 }).catch(
      async (error: unknown) => {
        throw new Error(`RabbitMQ did not start:\n${await this.#log()}`, { cause: error })
      },
    )
    if (state === 'ended') throw new Error(`RabbitMQ ended while it started:\n${await this.#log()}`)
  }

  async #log(): Promise<string> {
    return (await readFile(this.#settings.logFile, 'utf8')).slice(-4_000)
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = this.#server
    if (!server || !isUp(server)) return
    const ended = once(server, 'exit')
    // SIGTERM is for the broker itself, which then ends its helpers; SIGKILL for all of them at once.
    process.kill(signal === 'SIGKILL' ? -groupOf(server) : groupOf(server), signal)
    const impatience = setTimeout(() => server.kill('SIGKILL'), STOP_MS)
    const [, endedBy] = (await ended) as [number | null, NodeJS.Signals | null]
    clearTimeout(impatience)
    this.#guardian.guard(this.#groups())
    if (signal === 'SIGTERM' && endedBy)
      throw new Error(`RabbitMQ did not stop in ${STOP_MS} ms:\n${await this.#log()}`)
  }
}

async function takes(port: number): Promise<boolean> {
  const socket = openSocket(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

function isUp(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null
}

function groupOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process was never started')
  return child.pid
}

/** The call that failed rejects with the same error; without a listener amqplib would end the process instead. */
function ignoreAfterFailure(): void {
  return undefined
}
