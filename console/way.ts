import type { DocumentView, Step } from './api/answers.ts'

/** The way of a document as a picture: what entered, the flows that it passed, the systems to which it went. */

export const STAGES = ['entered', 'flows', 'deliveries', 'outcomes'] as const
export type Stage = (typeof STAGES)[number]

/** One box of the picture: all that happened at one place. */
export interface Station {
  readonly key: string
  readonly name: string
  /** how it stands now: its last step */
  readonly last: Step
  readonly steps: readonly Step[]
  /** how often something was tried there, folded repetitions counted */
  readonly times: number
}

/** What may begin a story; other messages of it are answers to that one. */
const BEGINNINGS: ReadonlySet<string | undefined> = new Set([undefined, 'document', 'petition'])

/** By the first word of the event's code. */
function stageOf({ code, kind, system, unit }: Step): Stage {
  switch (code.slice(0, code.indexOf('.'))) {
    case 'hop':
      return 'flows'
    case 'delivery':
      return 'deliveries'
    case 'dead-letter':
      return system === undefined && unit === undefined ? 'flows' : 'deliveries'
    case 'paper':
      return 'outcomes'
    default:
      return BEGINNINGS.has(kind) ? 'entered' : 'outcomes'
  }
}

/** Boxes of each stage, in the order in which they were reached. */
export function wayOf({ steps }: Pick<DocumentView, 'steps'>): Readonly<Record<Stage, readonly Station[]>> {
  const found: Record<Stage, Map<string, Step[]>> = {
    entered: new Map(),
    flows: new Map(),
    deliveries: new Map(),
    outcomes: new Map(),
  }
  for (const step of steps) {
    const boxes = found[stageOf(step)]
    const key = placeOf(step)
    const box = boxes.get(key)
    if (box === undefined) boxes.set(key, [step])
    else box.push(step)
  }
  return {
    entered: stationsOf(found.entered),
    flows: stationsOf(found.flows),
    deliveries: stationsOf(found.deliveries),
    outcomes: stationsOf(found.outcomes),
  }
}

function placeOf(step: Step): string {
  const { unit, system, place, row } = step
  switch (stageOf(step)) {
    case 'deliveries':
      return unit?.name ?? system?.name ?? place ?? row ?? ''
    case 'outcomes':
      return unit?.name ?? system?.name ?? place ?? ''
    case 'flows':
      return place ?? row ?? ''
    case 'entered':
      return system?.name ?? place ?? ''
  }
}

function stationsOf(boxes: ReadonlyMap<string, readonly Step[]>): readonly Station[] {
  return [...boxes].flatMap(([key, steps]) => {
    const last = steps.at(-1)
    const times = steps.reduce((sum, step) => sum + step.times, 0)
    return last === undefined ? [] : [{ key, name: key, last, steps, times }]
  })
}
