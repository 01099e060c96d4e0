import type { CityMap, SystemRow } from './api/answers.ts'

/** Where everything of the city's picture lies: systems that send on the left, flows in the middle, receivers right. */

export const MAP_WIDTH = 1000
const SLOT = 20
const GAP = 6
const TOP = 10
const FLOW_HEIGHT = 34
const SIDE = { left: 250, right: 750 } as const
const FLOW = { left: 420, right: 580 } as const

type Line = CityMap['lines'][number]

export interface PlacedSystem {
  readonly key: string
  readonly side: 'left' | 'right'
  readonly id: string
  readonly name: string
  readonly state: SystemRow['state'] | undefined
  readonly y: number
  readonly height: number
}

export interface PlacedFlow {
  readonly key: string
  readonly name: string
  readonly y: number
}

export interface PlacedLine {
  readonly key: string
  readonly line: Line
  readonly path: string
  readonly side: 'left' | 'right'
  /** of the label, at the system's end, where no other stands */
  readonly y: number
  readonly state: SystemRow['state'] | undefined
}

export interface Picture {
  readonly height: number
  readonly systems: readonly PlacedSystem[]
  readonly flows: readonly PlacedFlow[]
  readonly lines: readonly PlacedLine[]
}

export const FLOW_BOX = { x: FLOW.left, width: FLOW.right - FLOW.left, height: FLOW_HEIGHT } as const

/** Each line has a row of its own at its system, so that its numbers can be read however many there are. */
export function pictureOf(map: CityMap, rows: readonly SystemRow[]): Picture {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const flowOrder = new Map(map.flows.map(({ id }, n) => [id, n]))
  const left = placeSide(map, byId, flowOrder, 'left')
  const right = placeSide(map, byId, flowOrder, 'right')
  const height = Math.max(left.height, right.height, map.flows.length * (FLOW_HEIGHT + 14) + TOP)
  const step = height / Math.max(1, map.flows.length)
  const flows = map.flows.map(({ id, name }, n): PlacedFlow => ({
    key: id,
    name,
    y: step * (n + 0.5) - FLOW_HEIGHT / 2,
  }))
  const flowY = new Map(flows.map(({ key, y }) => [key, y + FLOW_HEIGHT / 2]))
  const lines = [...left.slots, ...right.slots].map(({ line, side, y, state }): PlacedLine => {
    const end = flowY.get(side === 'left' ? line.to : line.from) ?? height / 2
    const [x1, x2] = side === 'left' ? [SIDE.left, FLOW.left] : [SIDE.right, FLOW.right]
    const middle = (x1 + x2) / 2
    const path = `M${x1},${y} C${middle},${y} ${middle},${end.toFixed(1)} ${x2},${end.toFixed(1)}`
    return { key: `${line.from} ${line.to}`, line, path, side, y, state }
  })
  return { height, systems: [...left.systems, ...right.systems], flows, lines }
}

type Slot = Pick<PlacedLine, 'line' | 'side' | 'y' | 'state'>

function placeSide(
  map: CityMap,
  byId: ReadonlyMap<string, SystemRow>,
  flowOrder: ReadonlyMap<string, number>,
  side: 'left' | 'right',
): { readonly systems: readonly PlacedSystem[]; readonly slots: readonly Slot[]; readonly height: number } {
  const systemEnd = ({ from, to }: Line): string => (side === 'left' ? from : to)
  const flowEnd = ({ from, to }: Line): string => (side === 'left' ? to : from)
  const grouped = Map.groupBy(
    map.lines.filter((line) => systemEnd(line).startsWith('system:')),
    systemEnd,
  )
  const systems: PlacedSystem[] = []
  const slots: Slot[] = []
  let y = TOP
  for (const [key, lines] of [...grouped].sort(([a], [b]) => a.localeCompare(b))) {
    const id = key.slice('system:'.length)
    const row = byId.get(id)
    const state = row?.state
    const ordered = [...lines].sort((a, b) => (flowOrder.get(flowEnd(a)) ?? 0) - (flowOrder.get(flowEnd(b)) ?? 0))
    const height = ordered.length * SLOT
    systems.push({ key: `${side} ${id}`, side, id, name: row?.name ?? id, state, y, height })
    ordered.forEach((line, n) => slots.push({ line, side, y: y + SLOT * (n + 0.5), state }))
    y += height + GAP
  }
  return { systems, slots, height: y + TOP }
}
