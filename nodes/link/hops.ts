import { EventEmitter, once } from 'node:events'
import { asError, YizhanError } from '../../core/errors/error.ts'
import { createUnitDirectory } from '../../core/directory/unit-directory.ts'
import type { UnitDirectory } from '../../core/directory/port.ts'
import type {
  CityView,
  LinkAnswer,
  LinkAsk,
  LinkMethod,
  LinkTarget,
  ReportedCode,
  TlsLine,
} from '../../core/hop/link.ts'
import type { ClaimedHop, HopFailure } from '../../core/ledger/port.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import { within } from '../../core/util/within.ts'
import { drained } from '../tracker/drain.ts'
import type { HopEnd, LateSend, Tracker, Untracked } from '../tracker/types.ts'
import { LinkClient, LinkError, type HopRef, type LinkOptions } from './client.ts'
import { Mappings } from './mappings.ts'
import { OpenHop, type MadeOutput, type OutNode } from './open-hops.ts'
import { Sources, type SourceNode } from './sources.ts'

/** A hop may take so many leases (which are extended while the process lives) before it fails as never finished. */
const HOP_LEASES = 10

interface HopsEvents {
  /** connected or lost, or the configuration changed */
  change: []
  /** the link is lost; a supervised process ends with its station */
  lost: []
  /** somebody may not any more what he might in the editor */
  logins: []
  /** the editor's certificates */
  tls: [TlsLine]
  /** the station does not take this process */
  refused: [LinkError]
}

/**
 * The palette's one connection to the station: subscriptions of all source nodes, open hops, outputs put into them.
 * A hop's outputs are committed together when every branch has finished, or not at all.
 */
export class StationLink extends EventEmitter<HopsEvents> {
  readonly mappings = new Mappings()
  readonly #link: LinkClient
  readonly #tracker: Tracker
  readonly #revision: () => string
  readonly #sources = new Sources()
  /** until the station has answered their commit */
  readonly #open = new Map<string, OpenHop>()
  readonly #ending = new Set<Promise<void>>()
  /** arrived while paused */
  readonly #parked: ClaimedHop[] = []
  #held: readonly string[] = []
  #leaseMs = 60_000
  #city: CityView | undefined
  #directory: UnitDirectory | undefined
  #announce: NodeJS.Immediate | undefined
  #extend: NodeJS.Timeout | undefined
  #paused = false
  /** the flows have started: what a source sends finds every node of the flow */
  #running = false

  constructor(options: LinkOptions, tracker: Tracker) {
    super()
    this.setMaxListeners(0)
    this.#tracker = tracker
    this.#revision = options.flowsRevision ?? (() => '')
    this.#link = new LinkClient(options, () => this.#open.size)
    this.#link.on('welcome', ({ city, leaseMs }) => {
      this.#leaseMs = leaseMs
      clearInterval(this.#extend)
      this.#extend = setInterval(() => this.#extendLeases(), leaseMs / 3)
      this.#setCity(city)
      if (this.#held.length > 0) this.#link.send({ t: 'held', lines: this.#held })
      this.#subscribe()
    })
    this.#link.on('city', (city) => this.#setCity(city))
    this.#link.on('hop', (hop) => this.#take(hop))
    this.#link.on('tls', (line) => this.emit('tls', line))
    this.#link.on('pause', () => this.#giveUp())
    this.#link.on('logins', () => this.emit('logins'))
    this.#link.on('refused', (error) => this.emit('refused', error))
    this.#link.on('lost', () => {
      // They are the station's again.
      this.#parked.length = 0
      this.emit('change')
      this.emit('lost')
    })
    tracker.on('late', ({ key, nodeType, nodeId }: LateSend) =>
      this.#link.send({ t: 'event', code: 'hop.late-send', row: key, detail: `${nodeType} ${nodeId}` }),
    )
    tracker.on('untracked', ({ nodeType, nodeId, reason }: Untracked) =>
      this.#link.send({ t: 'event', code: 'hop.untracked', detail: `${nodeType} ${nodeId}: ${reason}` }),
    )
    tracker.on('fault', (error) =>
      this.#link.send({ t: 'event', code: 'internal.error', detail: `tracker: ${error.message}` }),
    )
  }

  start(): void {
    this.#link.start()
  }

  close(): void {
    clearInterval(this.#extend)
    this.#link.close()
  }

  get connected(): boolean {
    return this.#link.connected
  }

  /** By the station's clock, which follows no jump of the machine's: milliseconds since 1970. */
  now(): number {
    return this.#link.now()
  }

  get city(): CityView | undefined {
    return this.#city
  }

  get directory(): UnitDirectory | undefined {
    return this.#directory
  }

  /** False when another node of the same subscription asks for something else. */
  addSource(source: SourceNode): boolean {
    const agrees = this.#sources.add(source)
    this.#subscribeSoon()
    return agrees
  }

  removeSource(source: SourceNode): void {
    this.#sources.remove(source)
    this.#subscribeSoon()
  }

  /** Whether the flows run: while they do not, hops on their way wait. */
  setRunning(running: boolean): void {
    if (!running) this.#subscribe(true)
    this.#running = running
    this.#goOn()
  }

  /** No new hops until `resume`; those on their way wait. */
  pause(): void {
    this.#subscribe(true)
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#goOn()
  }

  /** No new hops any more; resolves when those that are open are committed, or when the time is up. */
  async finish(timeoutMs: number): Promise<void> {
    this.#giveUp()
    await drained(this.#tracker, timeoutMs)
    await within(timeoutMs, Promise.all(this.#ending))
  }

  /** Resolves when the station has said what its configuration is: at once after the first time. */
  async joined(): Promise<CityView> {
    while (this.#city === undefined) await once(this, 'change')
    await this.mappings.ready()
    return this.#city
  }

  /** What of the flows cannot run, a line a tab. */
  hold(lines: readonly string[]): void {
    this.#held = lines
    this.#link.send({ t: 'held', lines })
  }

  /** Says something to the station's log. */
  report(code: ReportedCode, detail: string): void {
    this.#link.send({ t: 'event', code, detail })
  }

  /** The same, as soon as there is a station to say it to. */
  reportSoon(code: ReportedCode, detail: string): void {
    if (this.connected) this.report(code, detail)
    else this.once('change', () => this.reportSoon(code, detail))
  }

  ask<Method extends LinkMethod>(method: Method, args: LinkAsk<Method>): Promise<LinkAnswer<Method>> {
    return this.#link.ask(method, args)
  }

  /** Which attempt the hop of `msg` is at, counted from 1; 0 outside a hop. */
  attemptOf(msg: object): number {
    return this.#hopOf(msg)?.hop.attempt ?? 0
  }

  /**
   * Puts an output into the hop of `msg`: its payload, or what the node made. STALE when that hop has ended; HOP_FAILED
   * outside any hop.
   */
  put(node: OutNode, msg: { readonly payload?: unknown }, target: LinkTarget, made?: MadeOutput): void {
    const keys = this.#tracker.hopsOf(msg)
    const name = node.name === undefined || node.name === '' ? node.id : node.name
    if (keys.length === 0)
      throw new YizhanError('HOP_FAILED', {
        field: name,
        detail:
          '消息不属于任何收文：请先经过 accept 节点 / the message belongs to no hop: bring it in with an accept node first',
      })
    const hop = this.#hopOf(msg)
    if (hop === undefined) throw new YizhanError('STALE', { field: keys.join(', ') })
    hop.put(node, made === undefined ? msg.payload : made.draft, target, keys.length > 1, made?.role)
    failpoint('hop.first-put')
  }

  /**
   * The open hop of a message; of several that were joined, the one whose id comes first, whichever was opened first.
   */
  #hopOf(msg: object): OpenHop | undefined {
    const [first] = [...this.#tracker.hopsOf(msg)]
      .sort()
      .filter((key) => this.#tracker.isOpen(key) && this.#open.has(key))
    return first === undefined ? undefined : this.#open.get(first)
  }

  #take(hop: ClaimedHop): void {
    if (!this.#takes) {
      this.#parked.push(hop)
      return
    }
    const source = this.#sources.next(hop.subscription)
    if (source === undefined)
      this.#fail([hop], { code: 'node-closed', message: `no source node for subscription ${hop.subscription}` }, false)
    else this.#run(new OpenHop(hop), source)
  }

  #run(open: OpenHop, source: SourceNode): void {
    const { key, hop } = open
    this.#open.set(key, open)
    this.#sources.count(source, 1)
    failpoint('hop.open')
    // The flow gets a message of its own: what a function node does to it must not change what the hop was given.
    const msg = {
      payload: JSON.parse(open.json) as unknown,
      topic: hop.message.number ?? hop.message.id,
      yizhan: { hop: hop.id, attempt: hop.attempt, subscription: hop.subscription },
    }
    const ending = this.#tracker
      .run(key, msg, (marked) => source.send(marked), this.#leaseMs * HOP_LEASES)
      .then((end) => this.#end(key, end))
      .catch((error: unknown) => this.#fail([hop], { code: 'node-error', message: asError(error).message }, true))
      .finally(() => {
        this.#ending.delete(ending)
        this.#sources.count(source, -1)
      })
    this.#ending.add(ending)
  }

  /** A joined message's hops end together: the first of them commits for all. */
  async #end(key: string, end: HopEnd): Promise<void> {
    if (end.keys[0] !== key) return
    const members = end.keys.map((k) => this.#open.get(k)).filter((open) => open !== undefined)
    const hops = members.map(({ ref }) => ref)
    try {
      if (end.ok)
        await this.#link.commit(
          hops,
          members.flatMap(({ outputs }) => outputs),
        )
      else this.#fail(hops, failureOf(end.error), !CLOSED.has(end.error.code))
    } catch (error) {
      // The station refused it: the hop is still ours and fails with the reason. A lost link has given it back already.
      const refused = refusalOf(error)
      if (refused.code !== 'FLOWS_GONE')
        this.#fail(
          hops,
          members.reduce((failure, member) => member.name(failure), refused),
          true,
        )
    } finally {
      for (const k of end.keys) this.#open.delete(k)
    }
  }

  #fail(hops: readonly HopRef[], failure: HopFailure, countAttempt: boolean): void {
    this.#link.send({ t: 'fail', hops: hops.map(({ id, attempt }) => ({ id, attempt })), failure, countAttempt })
  }

  /** This process is to end: what has not begun goes back. */
  #giveUp(): void {
    this.pause()
    const parked = this.#parked.splice(0)
    if (parked.length > 0) this.#fail(parked, { code: 'node-closed', message: 'the flow process ends' }, false)
  }

  get #takes(): boolean {
    return this.#running && !this.#paused
  }

  #goOn(): void {
    if (!this.#takes) return
    this.#subscribe()
    for (const hop of this.#parked.splice(0)) this.#take(hop)
  }

  #setCity(city: CityView): void {
    this.#city = city
    this.mappings.use(city.mappings)
    this.#directory = createUnitDirectory(city)
    this.emit('change')
  }

  /** Nodes come and go in one turn; in a deploy the station is told when all of them run. */
  #subscribeSoon(): void {
    this.#announce ??= setImmediate(() => {
      this.#announce = undefined
      this.#subscribe()
    })
  }

  #subscribe(paused = false): void {
    if (this.#takes)
      this.#link.send({ t: 'subscribe', flowsRevision: this.#revision(), subscriptions: this.#sources.list(paused) })
  }

  #extendLeases(): void {
    const hops = [...this.#open.values()]
      .map(({ ref }) => ref)
      .concat(this.#parked.map(({ id, attempt }) => ({ id, attempt })))
    if (hops.length > 0) this.#link.send({ t: 'extend', hops })
  }
}

/** A deploy or a stop is no fault of the message. */
const CLOSED: ReadonlySet<string> = new Set(['node-closed', 'tracker-closed'])

function failureOf({
  code,
  message,
  final,
  nodeId,
  nodeName,
  nodeType,
  tab,
}: Extract<HopEnd, { ok: false }>['error']): HopFailure {
  return {
    code,
    message,
    ...(final === undefined ? {} : { final }),
    ...(nodeId === undefined ? {} : { node: nodeId }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(nodeType === undefined ? {} : { nodeType }),
    ...(tab === undefined ? {} : { tab }),
  }
}

function refusalOf(error: unknown): HopFailure {
  const { message } = asError(error)
  if (!(error instanceof LinkError)) return { code: 'INTERNAL', message }
  return {
    code: error.code,
    message,
    ...(error.retryable ? {} : { final: true }),
    ...(error.node === undefined ? {} : { node: error.node }),
  }
}
