import type { SubscriptionFilter } from '../../core/ledger/port.ts'
import { paletteRuntime } from '../link/runtime.ts'
import type { ChannelPlace, SourceNode } from '../link/sources.ts'
import { tabOf } from '../tracker/internals.ts'
import type { Node, NodeDef, Red, OwnProperties } from './red.ts'
import { showConnection } from './status.ts'

/** What every source node is configured with. */
export interface SourceDef extends NodeDef {
  /** name of the durable subscription; empty: the node's own id */
  readonly subscription?: string
  /** hops at once */
  readonly concurrency?: string | number
}

export const SOURCE_PROPERTIES: OwnProperties<SourceDef> = { subscription: true, concurrency: true }

const DEFAULT_CONCURRENCY = 32

export function subscriptionOf(node: Node, definition: SourceDef): string {
  return definition.subscription?.trim() || node.id
}

/**
 * Joins a node to its subscription until the node closes.
 *
 * @param arrange puts a message at the output where it belongs, of a node that has several; `[null]` sends nothing, and
 * the hop is done
 */
export function startSource(
  red: Red,
  node: Node,
  definition: SourceDef,
  filter: SubscriptionFilter,
  channel?: ChannelPlace,
  arrange: (msg: object) => object = (msg) => msg,
): void {
  const { hops } = paletteRuntime(red)
  let inFlight = 0
  const show = showConnection(hops, node, () => inFlight)
  const source: SourceNode = {
    id: node.id,
    subscription: subscriptionOf(node, definition),
    filter,
    concurrency: Math.max(1, Number(definition.concurrency ?? DEFAULT_CONCURRENCY) || DEFAULT_CONCURRENCY),
    ...(channel === undefined ? {} : { channel }),
    tab: tabOf(node),
    send: (msg) => node.send(arrange(msg)),
    inFlight(count) {
      inFlight = count
      show.later()
    },
  }
  if (!hops.addSource(source))
    node.warn(
      `订阅“${source.subscription}”的另一个节点要的是别的消息，以它为准 / another node of subscription “${source.subscription}” asks for other messages, and that counts`,
    )
  node.on('close', () => {
    hops.removeSource(source)
    show.stop()
  })
}

/** A list from the editor: absent when nothing is chosen, which means all. */
export function chosen<T extends string>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values
}
