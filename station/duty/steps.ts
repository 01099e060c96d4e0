import { EVENTS } from '../../core/events/catalogue.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import type { DocumentStep } from '../api/contract/documents.ts'
import type { NamedView } from '../api/contract/shared.ts'
import { shownFault } from './shown.ts'

const STATES: Readonly<Partial<Record<string, DocumentStep['state']>>> = {
  'delivery.retry': 'waiting',
  'hop.failed': 'waiting',
  'petition.held': 'waiting',
  'delivery.in-doubt': 'doubt',
  'delivery.held': 'doubt',
  'delivery.repeated': 'doubt',
  'delivery.refused': 'failed',
  'delivery.expired': 'failed',
  'dead-letter.added': 'failed',
  'message.refused': 'failed',
}

export type NameOf = (id: string) => string

/** What happened, as steps: what a row did again and again, with nothing else of that row between, is one. */
export function stepsOf(timeline: readonly YizhanEvent[], nameOf: NameOf): readonly DocumentStep[] {
  const steps: DocumentStep[] = []
  /** by row: where its last step stands */
  const last = new Map<string, number>()
  for (const event of timeline) {
    const step = stepOf(event, nameOf)
    const at = event.row === undefined ? undefined : last.get(event.row)
    const before = at === undefined ? undefined : steps[at]
    if (at !== undefined && before?.code === step.code && before.state !== 'done') {
      // as it went last; when it began, and how often
      steps[at] = { ...step, at: before.at, until: step.at, times: before.times + step.times }
      continue
    }
    if (event.row !== undefined) last.set(event.row, steps.length)
    steps.push(step)
  }
  return steps
}

function stepOf(event: YizhanEvent, nameOf: NameOf): DocumentStep {
  const { at, code, times = 1, message, kind, row, system, unit, place, actor, attempt, ms, error, detail } = event
  const { zh, en } = EVENTS[code]
  const named = (id: string): NamedView => ({ id, name: nameOf(id) })
  return {
    ...{ at, times, code, what: { zh, en }, state: STATES[code] ?? 'done' },
    ...(message === undefined ? {} : { message }),
    ...(kind === undefined ? {} : { kind }),
    ...(row === undefined ? {} : { row }),
    ...(system === undefined ? {} : { system: named(system) }),
    ...(unit === undefined ? {} : { unit: named(unit) }),
    ...(place === undefined ? {} : { place }),
    ...(actor === undefined ? {} : { actor }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(ms === undefined ? {} : { ms }),
    ...(error === undefined ? (detail === undefined ? {} : { detail }) : { error: shownFault(error, detail) }),
  }
}
