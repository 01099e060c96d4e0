import type { LinkTarget } from '../../core/hop/link.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { onInput, type Node, type NodeMessage, type Red } from './red.ts'
import { showLoss } from './status.ts'

/** An out node: puts its output into the message's hop; it leaves when the hop commits. What comes in also goes on. */
export function startOut(red: Red, node: Node, target: (msg: NodeMessage) => LinkTarget): void {
  const { hops } = paletteRuntime(red)
  showLoss(hops, node)
  onInput(node, (msg, send) => {
    hops.put(node, msg, target(msg))
    send(msg)
  })
}
