import { randomBytes } from 'node:crypto'
import type { EventSink } from '../../core/events/event.ts'
import { internalError } from '../../core/events/internal.ts'
import type { Clock } from '../../core/util/clock.ts'
import { apiRoutes, type ApiParts } from '../api/open.ts'
import type { GuardedRoutes } from '../http/routes.ts'
import { DeadGroups } from './dead-groups.ts'
import type { CityLines } from './lines.ts'
import { Live } from './live.ts'
import { OverviewModel, type OverviewEars, type OverviewParts } from './overview.ts'
import { Tasks } from './tasks.ts'
import type { Operations } from '../operations.ts'

export interface DutyParts
  extends
    Omit<ApiParts, 'overview' | 'live' | 'tasks' | 'groups' | 'changed' | 'operations'>,
    Pick<OverviewParts, 'station' | 'backlog'> {
  readonly operations: Operations
  readonly ears: OverviewEars
  readonly lines: CityLines
  readonly board: Omit<OverviewParts['board'], 'systems' | 'stats' | 'paused'>
  readonly attention: Omit<OverviewParts['attention'], 'operations' | 'groups' | 'clock'>
  readonly sink: EventSink
  readonly clock: Clock
}

/** What stands behind the duty console. */
export interface Duty {
  readonly routes: GuardedRoutes
  close(): Promise<void>
}

export function openDuty(parts: DutyParts): Duty {
  const { operations, paused, delivery, systems, sink, clock, ears } = parts
  const live = new Live(randomBytes(4).toString('hex'))
  const groups = new DeadGroups((request) => operations.deadLetters(request))
  const tasks = new Tasks(clock, (task) => live.tell({ event: 'task', data: { at: clock.now(), task } }))
  ears.board.begin(clock.now())
  ears.configuration.begin(clock.now())
  const overview = new OverviewModel(
    {
      station: parts.station,
      backlog: parts.backlog,
      board: { ...parts.board, systems, stats: () => delivery.stats().systems, paused: (system) => paused.of(system) },
      attention: { ...parts.attention, operations, groups, clock },
      live,
      clock,
      trouble: (error) => sink.emit(internalError(error, clock.now(), { doing: 'overview' })),
    },
    ears,
    parts.lines,
  )
  const routes = apiRoutes({ ...parts, overview, live, tasks, groups, changed: () => overview.changed() })
  return {
    routes,
    async close() {
      await tasks.close()
      await overview.close()
    },
  }
}
