import type { Put } from '../link/hops.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { onInput, type Node, type NodeMessage, type Red } from './red.ts'

/** An out node: puts its output into the message's hop; it leaves when the hop commits. What comes in also goes on. */
export function startOut(red: Red, node: Node, put: (msg: NodeMessage) => Put): void {
  const { hops } = paletteRuntime(red)
  onInput(node, (msg, send) => {
    hops.put(node.id, msg, put(msg))
    send(msg)
  })
}
