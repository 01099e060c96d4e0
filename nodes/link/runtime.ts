import type { EventEmitter } from 'node:events'
import { createTracker } from '../tracker/index.ts'
import type { RedHooks } from '../tracker/red.ts'
import type { NodeName, Tracker } from '../tracker/types.ts'
import type { LinkOptions } from './client.ts'
import { StationLink } from './hops.ts'

/** The part of Node-RED's runtime that the palette's connection needs. */
export interface RedRuntime {
  readonly hooks: RedHooks
  readonly events: EventEmitter
  readonly settings: { readonly yizhan?: LinkOptions }
  readonly nodes: { getNode(id: string): { readonly z?: string } | null }
  readonly log: { readonly WARN: number; readonly ERROR: number; log(line: object): void }
}

/** What all palette nodes of a process share. */
export interface PaletteRuntime {
  readonly hops: StationLink
  readonly tracker: Tracker
}

/** Says something of a node in the log and, as its own `warn` would, in the editor's debug sidebar. */
function say(red: RedRuntime, { nodeId, nodeType, nodeName }: NodeName, text: string): void {
  red.log.log({
    level: red.log.WARN,
    id: nodeId,
    type: nodeType,
    name: nodeName,
    z: red.nodes.getNode(nodeId)?.z,
    msg: text,
  })
}

let runtime: PaletteRuntime | undefined

/**
 * The palette's runtime, made when the first node asks. Where the station is and its token stand in Node-RED's settings
 * as `yizhan: {host, port, token}`; a supervised flow process gets them from its station.
 */
export function paletteRuntime(red: RedRuntime): PaletteRuntime {
  if (runtime === undefined) {
    const options = red.settings.yizhan
    if (options === undefined) throw new Error('settings.js: yizhan: { host, port, token } 缺失 / is missing')
    const tracker = createTracker(red.hooks)
    const hops = new StationLink(options, tracker)
    red.events.on('flows:stopping', () => hops.setRunning(false))
    red.events.on('flows:started', () => hops.setRunning(true))
    tracker.on('late', (send) =>
      say(
        red,
        send,
        '在流程结束后仍发送消息，该消息不会送出 / sends a message after its hop has ended: it does not leave',
      ),
    )
    tracker.on('untracked', (node) =>
      say(red, node, `无法跟踪，流程可能提前结束 / cannot be followed, the hop may end early (${node.reason})`),
    )
    // Said once: the connection is tried again every second.
    hops.once('refused', ({ code, message }) => red.log.log({ level: red.log.ERROR, msg: `${code} ${message}` }))
    hops.start()
    runtime = { tracker, hops }
  }
  return runtime
}
