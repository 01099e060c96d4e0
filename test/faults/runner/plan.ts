import { FAILPOINTS } from '../../../core/util/failpoint.ts'
import { Random } from '../../../sandbox/opening-day/random.ts'

/** Failpoints that the flow process reaches; all others are the station's. */
const IN_FLOWS: readonly string[] = ['hop.open', 'hop.first-put']

/** What can be done to a station, its broker, its disk and its clock while documents are under way. */
export type Fault =
  /** SIGKILL at a named instant, of whoever reaches it */
  | { readonly kind: 'failpoint'; readonly name: string; readonly at: string; readonly victim: 'station' | 'flows' }
  /** SIGKILL at any instant; `backlog` fills it while the receiver refuses, and looks at what leaves first */
  | { readonly kind: 'kill'; readonly name: string; readonly victim: 'station' | 'flows' | 'both' | 'backlog' }
  /** SIGSTOP, SIGCONT some seconds later */
  | { readonly kind: 'freeze'; readonly name: string; readonly victim: 'station' | 'flows' }
  | { readonly kind: 'broker'; readonly name: string; readonly how: 'kill' | 'freeze' | 'wipe' }
  | { readonly kind: 'disk'; readonly name: string }
  /** the wall clock is off for some seconds, then right again; `restart` kills and starts the station meanwhile */
  | { readonly kind: 'clock'; readonly name: string; readonly how: 'jump' | 'restart' }

export type BusKind = 'embedded' | 'rabbitmq'

/** One fault of a run. */
export interface PlannedFault {
  readonly fault: Fault
  /** after so many more documents were acknowledged */
  readonly after: number
  /** 0 to 1, for whatever else is left to chance: how long, how far */
  readonly chance: number
}

export interface PlanOptions {
  readonly seed: number
  readonly rounds: number
  readonly bus: BusKind
  /** beginnings of names; empty: all */
  readonly only: readonly string[]
  /** who is not root cannot fill a disk */
  readonly root: boolean
}

const MOST_BETWEEN = 40

/** All that can be done here, by their names. */
export function faultsOn({ bus, root }: Pick<PlanOptions, 'bus' | 'root'>): readonly Fault[] {
  const points = [...FAILPOINTS, ...(bus === 'rabbitmq' ? (['feed.confirmed'] as const) : [])]
  return [
    ...points.map((at) => ({
      ...{ kind: 'failpoint' as const, name: `failpoint:${at}`, at },
      victim: IN_FLOWS.includes(at) ? ('flows' as const) : ('station' as const),
    })),
    ...(['station', 'flows', 'both', 'backlog'] as const).map((victim) => ({
      ...{ kind: 'kill' as const, name: `kill:${victim}`, victim },
    })),
    ...(['station', 'flows'] as const).map((victim) => ({
      ...{ kind: 'freeze' as const, name: `freeze:${victim}`, victim },
    })),
    ...(bus === 'rabbitmq'
      ? (['kill', 'freeze', 'wipe'] as const).map((how) => ({ kind: 'broker' as const, name: `broker:${how}`, how }))
      : []),
    ...(root ? [{ kind: 'disk' as const, name: 'disk:full' }] : []),
    ...(['jump', 'restart'] as const).map((how) => ({ kind: 'clock' as const, name: `clock:${how}`, how })),
  ]
}

/**
 * What is done in a run of this seed: the same seed does the same. Runs of neighbouring seeds go round the catalogue,
 * so that many short runs reach all of it.
 */
export function planOf(options: PlanOptions): readonly PlannedFault[] {
  const all = faultsOn(options).filter(
    ({ name }) => options.only.length === 0 || options.only.some((beginning) => name.startsWith(beginning)),
  )
  if (all.length === 0) throw new Error(`--only ${options.only.join(',')}: no such fault on this bus`)
  const random = new Random(options.seed)
  const first = options.seed * options.rounds
  const chosen = Array.from({ length: options.rounds }, (_, n) => all[(first + n) % all.length]).filter(
    (fault) => fault !== undefined,
  )
  return random
    .shuffle(chosen)
    .map((fault) => ({ fault, after: random.integer(1, MOST_BETWEEN), chance: random.next() }))
}
