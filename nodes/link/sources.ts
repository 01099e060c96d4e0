import type { FromFlows } from '../../core/hop/link.ts'
import type { SubscriptionFilter } from '../../core/ledger/port.ts'

/** Where a channel lies: a queue, or an exchange (topic) with a routing key. */
export interface ChannelPlace {
  readonly queue?: string
  readonly exchange?: string
  readonly key?: string
}

/** A source node of the palette: its subscription, and how it sends into the flow. */
export interface SourceNode {
  readonly id: string
  readonly subscription: string
  readonly filter: SubscriptionFilter
  /** hops of this node at once */
  readonly concurrency: number
  readonly channel?: ChannelPlace
  /** label of the tab that it stands on */
  readonly tab?: string | undefined
  send(msg: object): void
  /** hops of this node in flight changed */
  inFlight(count: number): void
}

type Subscription = Extract<FromFlows, { t: 'subscribe' }>['subscriptions'][number]

/** The source nodes that run now, by subscription: nodes of one name share the work. */
export class Sources {
  readonly #nodes = new Map<string, SourceNode[]>()
  readonly #inFlight = new Map<SourceNode, number>()

  /** False when a node of this name asks for something else: the first one's choice stays. */
  add(source: SourceNode): boolean {
    const nodes = this.#nodes.get(source.subscription) ?? []
    this.#nodes.set(source.subscription, [...nodes, source])
    const [first] = nodes
    return first === undefined || wantOf(first) === wantOf(source)
  }

  remove(source: SourceNode): void {
    const rest = (this.#nodes.get(source.subscription) ?? []).filter((node) => node !== source)
    if (rest.length === 0) this.#nodes.delete(source.subscription)
    else this.#nodes.set(source.subscription, rest)
    this.#inFlight.delete(source)
  }

  /** The node of this subscription with the most room. */
  next(subscription: string): SourceNode | undefined {
    const room = (node: SourceNode): number => node.concurrency - (this.#inFlight.get(node) ?? 0)
    return this.#nodes.get(subscription)?.reduce((best, node) => (room(node) > room(best) ? node : best))
  }

  count(source: SourceNode, change: number): void {
    const count = (this.#inFlight.get(source) ?? 0) + change
    if (count === 0) this.#inFlight.delete(source)
    else this.#inFlight.set(source, count)
    source.inFlight(count)
  }

  /** What the station is told. */
  list(paused: boolean): Subscription[] {
    return [...this.#nodes].flatMap(([name, nodes]) => {
      const [first] = nodes
      if (first === undefined) return []
      const concurrency = paused ? 0 : nodes.reduce((sum, node) => sum + node.concurrency, 0)
      const tabs = [...new Set(nodes.flatMap(({ tab = '' }) => (tab === '' ? [] : [tab])))]
      return [
        {
          name,
          filter: first.filter,
          concurrency,
          ...(tabs.length === 0 ? {} : { tab: tabs.join('、') }),
          ...(first.channel === undefined ? {} : { channel: first.channel }),
        },
      ]
    })
  }
}

function wantOf(source: SourceNode): string {
  return JSON.stringify([source.filter, source.channel])
}
