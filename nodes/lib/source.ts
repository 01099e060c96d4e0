import type { SubscriptionFilter } from '../../core/ledger/port.ts'
import type { SourceNode } from '../link/hops.ts'
import { paletteRuntime } from '../link/runtime.ts'
import type { Node, NodeDef, Red } from './red.ts'
import { showConnection } from './status.ts'

/** What every source node is configured with. */
export interface SourceDef extends NodeDef {
  /** name of the durable subscription; empty: the node's own id */
  readonly subscription?: string
  /** hops at once */
  readonly concurrency?: string | number
}

const DEFAULT_CONCURRENCY = 32

/** Joins a node to its subscription until the node closes. */
export function startSource(red: Red, node: Node, definition: SourceDef, filter: SubscriptionFilter, channel?: SourceNode['channel']): void {
  const { hops } = paletteRuntime(red)
  const name = definition.subscription?.trim()
  let inFlight = 0
  const show = showConnection(hops, node, () => inFlight)
  const source: SourceNode = {
    id: node.id, subscription: name === undefined || name === '' ? node.id : name, filter,
    concurrency: Math.max(1, Number(definition.concurrency ?? DEFAULT_CONCURRENCY) || DEFAULT_CONCURRENCY),
    ...(channel === undefined ? {} : { channel }),
    send: (msg) => node.send(msg as never),
    inFlight(count) {
      inFlight = count
      show.later()
    },
  }
  hops.addSource(source)
  node.on('close', () => {
    hops.removeSource(source)
    show.stop()
  })
}

/** A list from the editor: absent when nothing is chosen, which means all. */
export function chosen<T extends string>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values
}
