import type { StationLink } from '../link/hops.ts'
import type { Node, Status } from './red.ts'

/** How often a source's status may change: the editor gets each change. */
const STATUS_MS = 500

const LOST: Status = { fill: 'red', shape: 'ring', text: '未连接 disconnected' }

/** Shows under a source whether the station is there and how many hops are in flight. Texts: Chinese and English. */
export function showConnection(hops: StationLink, node: Node, inFlight: () => number): { later(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let last = ''
  const show = (): void => {
    timer = undefined
    const count = inFlight()
    const status: Status = !hops.connected
      ? LOST
      : count > 0
        ? { fill: 'blue', shape: 'dot', text: `处理中 ${count} in flight` }
        : { fill: 'green', shape: 'dot', text: '等待 waiting' }
    if (status.text === last) return
    last = status.text
    node.status(status)
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

/** Shows under any other node that needs the station when it is not there; nothing while all is well. */
export function showLoss(hops: StationLink, node: Node): void {
  let lost = false
  const show = (): void => {
    if (lost === !hops.connected) return
    lost = !hops.connected
    node.status(lost ? LOST : {})
  }
  hops.on('change', show)
  show()
  node.on('close', () => hops.off('change', show))
}
