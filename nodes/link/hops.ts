import { EventEmitter } from 'node:events'
import { YizhanError } from '../../core/errors/error.ts'
import { createUnitDirectory } from '../../core/directory/unit-directory.ts'
import type { UnitDirectory } from '../../core/directory/port.ts'
import type { CityView, LinkMethod, LinkOutput } from '../../core/hop/link.ts'
import type { ClaimedHop, HopFailure, SubscriptionFilter } from '../../core/ledger/port.ts'
import { deriveMessage, type MessageDraft } from '../../core/message/derive.ts'
import type { Message } from '../../core/message/schema.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import type { HopEnd, Tracker } from '../tracker/types.ts'
import { LinkClient, LinkError, type LinkOptions } from './client.ts'

/** A source node of the palette: its subscription, and how it sends into the flow. */
export interface SourceNode {
  readonly id: string
  readonly subscription: string
  readonly filter: SubscriptionFilter
  readonly concurrency: number
  readonly channel?: { readonly queue?: string; readonly exchange?: string; readonly key?: string }
  send(msg: object): void
  /** hops of this node in flight changed */
  inFlight(count: number): void
}

/** An output without its message: what an out node was configured to do with `msg.payload`. */
export type Put =
  | { readonly type: 'oa'; readonly units?: readonly string[]; readonly urgency?: Message['urgency']; readonly expiresIn?: number }
  | { readonly type: 'channel'; readonly address: { readonly queue?: string; readonly exchange?: string; readonly key?: string } }

/** A hop may take so many leases (which are extended while the process lives) before it fails as never finished. */
const HOP_LEASES = 10

interface OpenHop {
  readonly hop: ClaimedHop
  readonly outputs: LinkOutput[]
  /** the input as it came, to tell an unchanged message */
  readonly json: string
}

interface HopsEvents {
  /** connected or lost, or the configuration changed */
  change: []
}

/**
 * The palette's one connection to the station: subscriptions of all source nodes, open hops, outputs put into them.
 * A hop's outputs stay here until every branch has finished; then they are committed together or not at all.
 */
export class Hops extends EventEmitter<HopsEvents> {
  readonly #link: LinkClient
  readonly #tracker: Tracker
  readonly #sources = new Map<string, SourceNode[]>()
  readonly #open = new Map<string, OpenHop>()
  readonly #turn = new Map<string, number>()
  readonly #inFlight = new Map<string, number>()
  #leaseMs = 60_000
  #city: CityView | undefined
  #directory: UnitDirectory | undefined
  #announce: NodeJS.Immediate | undefined
  #extend: NodeJS.Timeout | undefined
  #paused = false
  flowsRevision = ''

  constructor(options: LinkOptions, tracker: Tracker) {
    super()
    this.setMaxListeners(0)
    this.#tracker = tracker
    this.#link = new LinkClient(options, () => this.#open.size)
    this.#link.on('welcome', ({ city, leaseMs }) => {
      this.#leaseMs = leaseMs
      this.#setCity(city)
      this.#subscribe()
    })
    this.#link.on('city', (city) => this.#setCity(city))
    this.#link.on('hop', (hop) => this.#run(hop))
    this.#link.on('pause', () => this.pause())
    this.#link.on('resume', () => this.resume())
    this.#link.on('lost', () => this.emit('change'))
    tracker.on('late', ({ key, nodeType, nodeId }) => this.#link.send({ t: 'event', code: 'hop.late-send', row: key, detail: `${nodeType} ${nodeId}` }))
    tracker.on('untracked', ({ nodeType, nodeId, reason }) => this.#link.send({ t: 'event', code: 'hop.untracked', detail: `${nodeType} ${nodeId}: ${reason}` }))
  }

  start(): void {
    this.#link.start()
    this.#extend = setInterval(() => this.#extendLeases(), 5_000)
  }

  close(): void {
    clearInterval(this.#extend)
    this.#link.close()
  }

  get connected(): boolean {
    return this.#link.connected
  }

  get city(): CityView | undefined {
    return this.#city
  }

  get directory(): UnitDirectory | undefined {
    return this.#directory
  }

  get open(): number {
    return this.#open.size
  }

  /** Called when the link is lost for good matters: a supervised process ends with its station. */
  onLost(listener: () => void): void {
    this.#link.on('lost', listener)
  }

  addSource(source: SourceNode): void {
    const nodes = this.#sources.get(source.subscription) ?? []
    nodes.push(source)
    this.#sources.set(source.subscription, nodes)
    this.#subscribeSoon()
  }

  removeSource(source: SourceNode): void {
    const rest = (this.#sources.get(source.subscription) ?? []).filter((node) => node !== source)
    if (rest.length === 0) this.#sources.delete(source.subscription)
    else this.#sources.set(source.subscription, rest)
    this.#subscribeSoon()
  }

  /** No new hops until `resume`; those sent already are still run. */
  pause(): void {
    this.#paused = true
    this.#subscribe()
  }

  resume(): void {
    this.#paused = false
    this.#subscribe()
  }

  ask(method: LinkMethod, args: unknown): Promise<unknown> {
    return this.#link.ask(method, args)
  }

  /** The message that opened the hop of `msg`; undefined outside a hop. */
  inputOf(msg: object): Message | undefined {
    const key = this.#tracker.hopsOf(msg).find((candidate) => this.#open.has(candidate))
    return key === undefined ? undefined : this.#open.get(key)?.hop.message
  }

  /** Puts an output into the hop of `msg`. STALE when that hop has ended; HOP_FAILED outside any hop. */
  put(node: string, msg: { readonly payload?: unknown }, put: Put): void {
    const keys = this.#tracker.hopsOf(msg)
    if (keys.length === 0) throw new YizhanError('HOP_FAILED', { field: node, detail: '消息不属于任何收文：请先经过 accept 节点 / the message belongs to no hop: bring it in with an accept node first' })
    const key = keys.find((candidate) => this.#tracker.isOpen(candidate) && this.#open.has(candidate))
    const hop = key === undefined ? undefined : this.#open.get(key)
    if (hop === undefined) throw new YizhanError('STALE', { field: keys.join(', ') })
    const message = keys.length === 1 && JSON.stringify(msg.payload) === hop.json ? 'input' : this.#derive(node, msg.payload, hop)
    hop.outputs.push({ ...put, node, message })
    failpoint('hop.first-put')
  }

  #derive(node: string, payload: unknown, hop: OpenHop): Message {
    if (typeof payload !== 'object' || payload === null) throw new YizhanError('FIELD_INVALID', { field: 'msg.payload', value: typeof payload, rule: '规范消息对象 / a canonical message' })
    const ordinal = hop.outputs.filter((output) => output.node === node).length
    return deriveMessage(payload as MessageDraft, hop.hop.message, `${node}:${ordinal}`)
  }

  #run(hop: ClaimedHop): void {
    const key = `${hop.id}#${hop.attempt}`
    const source = this.#paused ? undefined : this.#next(hop.subscription)
    if (source === undefined) {
      this.#fail([hop], { code: 'node-closed', message: `no source node for subscription ${hop.subscription}` }, false)
      return
    }
    const json = JSON.stringify(hop.message)
    this.#open.set(key, { hop, outputs: [], json })
    this.#count(source, 1)
    failpoint('hop.open')
    // The flow gets a message of its own: what a function node does to it must not change what the hop was given.
    const msg = { payload: JSON.parse(json) as Message, topic: hop.message.number ?? hop.message.id, yizhan: { hop: hop.id, attempt: hop.attempt, subscription: hop.subscription } }
    this.#tracker
      .run(key, msg, (marked) => source.send(marked), this.#leaseMs * HOP_LEASES)
      .then((end) => this.#end(key, end))
      .catch((error: unknown) => this.#fail([hop], { code: 'node-error', message: String(error) }, true))
      .finally(() => this.#count(source, -1))
  }

  /** A joined message's hops end together: the first of them commits for all. */
  async #end(key: string, end: HopEnd): Promise<void> {
    if (end.keys[0] !== key) return
    const members = end.keys.map((k) => this.#open.get(k)).filter((open) => open !== undefined)
    for (const k of end.keys) this.#open.delete(k)
    const hops = members.map(({ hop }) => ({ id: hop.id, attempt: hop.attempt }))
    if (!end.ok) {
      const { code, message, nodeId, nodeName, nodeType } = end.error
      const closed = code === 'node-closed' || code === 'tracker-closed'
      this.#fail(hops, { code, message, ...(nodeId === undefined ? {} : { node: nodeId }), ...(nodeName === undefined ? {} : { nodeName }), ...(nodeType === undefined ? {} : { nodeType }) }, !closed)
      return
    }
    try {
      await this.#link.commit(hops, members.flatMap(({ outputs }) => outputs))
    } catch (error) {
      // The station refused it: the hop is still ours and fails with the reason. A lost link has given it back already.
      const code = error instanceof LinkError ? error.code : 'INTERNAL'
      if (code !== 'FLOWS_GONE') this.#fail(hops, { code, message: error instanceof Error ? error.message : String(error) }, true)
    }
  }

  #fail(hops: readonly { readonly id: string; readonly attempt: number }[], failure: HopFailure, countAttempt: boolean): void {
    this.#link.send({ t: 'fail', hops: hops.map(({ id, attempt }) => ({ id, attempt })), failure, countAttempt })
  }

  /** Source nodes of one subscription take turns. */
  #next(subscription: string): SourceNode | undefined {
    const nodes = this.#sources.get(subscription) ?? []
    const turn = this.#turn.get(subscription) ?? 0
    this.#turn.set(subscription, turn + 1)
    return nodes[turn % Math.max(1, nodes.length)]
  }

  #count(source: SourceNode, change: number): void {
    const count = (this.#inFlight.get(source.id) ?? 0) + change
    if (count === 0) this.#inFlight.delete(source.id)
    else this.#inFlight.set(source.id, count)
    source.inFlight(count)
  }

  #setCity(city: CityView): void {
    this.#city = city
    this.#directory = createUnitDirectory(city)
    this.emit('change')
  }

  /** Nodes come and go in one turn of a deploy: the station is told once. */
  #subscribeSoon(): void {
    this.#announce ??= setImmediate(() => {
      this.#announce = undefined
      this.#subscribe()
    })
  }

  #subscribe(): void {
    if (!this.#link.connected) return
    const subscriptions = [...this.#sources].map(([name, nodes]) => {
      const [first] = nodes
      return {
        name,
        filter: first?.filter ?? { source: 'oa' as const },
        concurrency: this.#paused ? 0 : nodes.reduce((sum, node) => sum + node.concurrency, 0),
        ...(first?.channel === undefined ? {} : { channel: first.channel }),
      }
    })
    this.#link.send({ t: 'subscribe', flowsRevision: this.flowsRevision, subscriptions })
  }

  #extendLeases(): void {
    const hops = [...this.#open.values()].map(({ hop }) => ({ id: hop.id, attempt: hop.attempt }))
    if (hops.length > 0) this.#link.send({ t: 'extend', hops })
  }
}
