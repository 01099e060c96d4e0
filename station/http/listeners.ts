import type { HttpMount } from '../../core/adapter/port.ts'
import { plannedListeners, type PlannedListener, type Exposed } from '../../core/config/listeners.ts'
import type { StationConfig } from '../../core/config/schema.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import { createPages, type PageParts } from './pages.ts'
import { listen, type Listener } from './server.ts'

/** Where one listener is. */
export interface ListenerState {
  /** as in station.yaml: `http`, `listeners.oa` */
  readonly name: string
  readonly url: string
  readonly serves: readonly Exposed[]
}

/** The station's listeners, each with what it serves. Where they are is known before they listen, where it is told. */
export class Listeners {
  readonly #planned: readonly [PlannedListener, ...PlannedListener[]]
  readonly #open = new Map<PlannedListener, Listener>()

  constructor(station: StationConfig) {
    this.#planned = plannedListeners(station)
  }

  /** @throws YizhanError CONFIG_INVALID for one that cannot listen; then none does */
  async open(parts: {
    readonly mounts: readonly HttpMount[]
    readonly pages: PageParts
    readonly clock: Clock
    readonly emit: EventSink
  }): Promise<void> {
    const { pages, clock, emit } = parts
    try {
      for (const planned of this.#planned) {
        const { name, config, serves, hosts, strict } = planned
        const mounts = parts.mounts.filter(({ served }) =>
          served === undefined ? name === 'http' : serves.includes(served),
        )
        const described = mounts.flatMap((mount) => mount.described ?? [])
        const listener = await listen({
          ...config,
          ...{ name, hosts, strict },
          mounts,
          pages: createPages(pages, { serves, described }),
          clock,
          emit,
        })
        this.#open.set(planned, listener)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** How others reach what serves it; empty before it listens, where it is told nowhere. */
  urlOf(served: Exposed): string {
    return this.#urlOf(this.#serving(served))
  }

  /** The default one's. */
  get url(): string {
    return this.#urlOf(this.#planned[0])
  }

  get state(): readonly ListenerState[] {
    return this.#planned.map((planned) => ({
      name: planned.name,
      url: this.#urlOf(planned),
      serves: planned.serves,
    }))
  }

  /** Where those are that serve something apart, by what they serve; undefined where none does. */
  get apart(): Readonly<Record<string, string>> | undefined {
    const [, ...own] = this.#planned
    if (own.length === 0) return undefined
    return Object.fromEntries(own.map((planned) => [planned.serves.join(), this.#urlOf(planned)]))
  }

  /** Where this machine's command line reaches the operators' interface, and what it is shown there. */
  tellWhere(tell: Parameters<Listener['tellWhere']>[0]): void {
    this.#open.get(this.#serving('operators'))?.tellWhere(tell)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((listener) => listener.close()))
  }

  #serving(served: Exposed): PlannedListener {
    return this.#planned.find(({ serves }) => serves.includes(served)) ?? this.#planned[0]
  }

  #urlOf(planned: PlannedListener): string {
    return planned.config.publicUrl ?? this.#open.get(planned)?.url ?? ''
  }
}
