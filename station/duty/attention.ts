import { statfs } from 'node:fs/promises'
import { datedFiles, firstEnd } from '../../core/config/certificate-ends.ts'
import type { CityConfig } from '../../core/config/schema.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import type { Bus } from '../../core/bus/port.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Attention } from '../api/contract/overview.ts'
import type { Operations } from '../operations.ts'
import type { DeadGroups } from './dead-groups.ts'

/** More are counted as so many. */
const MOST = 1_000
const DAY_MS = 24 * 3600_000

export interface AttentionParts {
  readonly city: () => { readonly revision: string; readonly config: CityConfig }
  readonly operations: Pick<Operations, 'paper' | 'pendingPetitions' | 'held' | 'clock'>
  readonly releases: (max: number) => Promise<readonly { revision: string; who: string; at: number }[]>
  readonly labelOf: (person: string) => string
  readonly groups: DeadGroups
  readonly waitingFor: () => readonly string[]
  readonly secretsMissing: () => readonly string[]
  readonly bus: Pick<Bus, 'state'>
  readonly data: string
  readonly clock: Clock
}

/** Whether the configuration on disk is in force, out of what is told of it. */
export class ConfigurationState implements EventSink {
  #since = 0
  #rejected: Attention['configuration']['rejected']

  begin(now: number): void {
    this.#since = now
  }

  emit({ code, at, detail = '' }: YizhanEvent): void {
    if (code === 'config.rejected') this.#rejected = { at, problems: detail.split('; ') }
    else if (code === 'config.reloaded') {
      this.#rejected = undefined
      this.#since = at
    }
  }

  view(revision: string): Attention['configuration'] {
    const rejected = this.#rejected
    return { revision, since: this.#since, ...(rejected === undefined ? {} : { rejected }) }
  }
}

/** What needs a person, asked of all who know. */
export async function attention(parts: AttentionParts, configuration: ConfigurationState): Promise<Attention> {
  const { city, operations, groups, bus, clock, data } = parts
  const { revision, config } = city()
  const [dead, paper, petitions, held, [release], disk] = await Promise.all([
    groups.all(),
    operations.paper({ max: MOST }),
    operations.pendingPetitions(MOST),
    operations.held(),
    parts.releases(1),
    statfs(data),
  ])
  const { gap } = operations.clock()
  const freeBytes = disk.bavail * disk.bsize
  return {
    deadLetters: {
      count: dead.counted,
      causes: dead.items.slice(0, 20).map(({ code, text, place, count, firstAt }) => ({
        ...{ code, text, count, firstAt },
        place: place.system?.name ?? place.tab ?? place.subscription ?? '',
      })),
    },
    inDoubt: dead.doubtful,
    paper: paper.length,
    petitions: petitions.length,
    held: held.length,
    configuration: configuration.view(revision),
    ...(release === undefined
      ? {}
      : { release: { revision: release.revision, by: parts.labelOf(release.who), at: release.at } }),
    disk: {
      freeBytes,
      totalBytes: disk.blocks * disk.bsize,
      low: freeBytes < 2 * config.station.limits.freeDiskBytes,
    },
    certificates: endingSoon(config, clock.now()),
    ...(gap === undefined ? {} : { clock: { gapMs: gap.ms, since: gap.since } }),
    waitingFor: [...parts.waitingFor()],
    secretsMissing: [...parts.secretsMissing()],
    bus: bus.state,
  }
}

function endingSoon(config: CityConfig, now: number): Attention['certificates'] {
  const days = Math.max(0, ...config.station.certificates.warnDays)
  return datedFiles(config).flatMap((file) => {
    const endsAt = endOf(file)
    return endsAt === undefined || endsAt > now + days * DAY_MS ? [] : [{ name: file.keys.join(', '), endsAt }]
  })
}

/** Undefined for one that has no end, or that cannot be read: the watch of certificates tells that. */
function endOf(file: Parameters<typeof firstEnd>[0]): number | undefined {
  try {
    const end = firstEnd(file)
    return Number.isFinite(end) ? Math.max(0, end) : undefined
  } catch {
    return undefined
  }
}
