import type { Hops } from '../link/hops.ts'
import type { Node } from './red.ts'

/** How often a node's status may change: the editor gets each change. */
const STATUS_MS = 500

/** Shows under a node whether the station is there and how many hops are in flight. Texts: Chinese and English. */
export function showConnection(hops: Hops, node: Node, inFlight: () => number): { later(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let last = ''
  const show = (): void => {
    timer = undefined
    const count = inFlight()
    const text = !hops.connected ? '未连接 disconnected' : count > 0 ? `处理中 ${count} in flight` : '等待 waiting'
    if (text === last) return
    last = text
    node.status({ fill: !hops.connected ? 'red' : count > 0 ? 'blue' : 'green', shape: hops.connected ? 'dot' : 'ring', text })
  }
  const later = (): void => {
    timer ??= setTimeout(show, STATUS_MS).unref()
  }
  hops.on('change', show)
  show()
  return {
    later,
    stop() {
      clearTimeout(timer)
      hops.off('change', show)
    },
  }
}
