import { existsSync, watch, type FSWatcher } from 'node:fs'
import { asError } from '../errors/error.ts'
import type { EventSink } from '../events/event.ts'
import type { Clock } from '../util/clock.ts'
import { ConfigError, problemLine } from './problems.ts'
import type { CityConfig } from './schema.ts'

/**
 * What is watched: a city's configuration, alone or with what belongs to it. Its revision tells one from another, but
 * for `station`.
 */
export type Revised = Pick<CityConfig, 'revision' | 'station'>

export interface WatchOptions<City extends Revised> {
  /**
   * the configuration folder; with others that belong to it, such as `config/profiles`; those that are not there (yet)
   * are looked for at each change
   */
  readonly folders: readonly string[]
  /** reads and checks the configuration anew */
  readonly load: () => Promise<City>
  /** what is in force now */
  readonly current: City
  /** takes the new configuration; what it throws is reported as a rejection, and the old one stays */
  readonly use: (city: City) => void | Promise<void>
  readonly sink: EventSink
  readonly clock: Clock
  /** quiet time after the last change before the files are read, milliseconds */
  readonly debounceMs?: number
}

/**
 * Reloads the configuration when its files change. A wrong one is reported as `config.rejected`, and the old one stays.
 */
export interface CityWatch<City extends Revised> {
  /** what is in force */
  readonly city: City
  /** reads now, without waiting for a change; resolves when the result is in force or rejected */
  reload(): Promise<void>
  /** stops watching; a reload under way finishes first */
  close(): Promise<void>
}

export function watchCity<City extends Revised>(options: WatchOptions<City>): CityWatch<City> {
  return new Watch(options)
}

class Watch<City extends Revised> implements CityWatch<City> {
  readonly #options: WatchOptions<City>
  #watchers: readonly FSWatcher[] = []
  #city: City
  /** the files were wrong when they were read last */
  #rejected = false
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()

  constructor(options: WatchOptions<City>) {
    this.#options = options
    this.#city = options.current
    this.#follow()
    // What was saved after `current` had been read and before anybody watched.
    this.#later()
  }

  get city(): City {
    return this.#city
  }

  reload(): Promise<void> {
    this.#working = this.#working.then(() => this.#read())
    return this.#working
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers) watcher.close()
    await this.#working
  }

  /** Anew at each change: a folder may have been made, or put in the place of another. */
  #follow(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = this.#options.folders.flatMap((folder) => {
      try {
        return existsSync(folder)
          ? [watch(folder, () => this.#later()).on('error', (error) => this.#reject(error))]
          : []
      } catch (error) {
        this.#reject(error)
        return []
      }
    })
  }

  /** Editors write in several steps, and several files are often saved together. */
  #later(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#follow()
      void this.reload()
    }, this.#options.debounceMs ?? 300)
    this.#timer.unref()
  }

  async #read(): Promise<void> {
    try {
      const next = await this.#options.load()
      const sameStation = JSON.stringify(next.station) === JSON.stringify(this.#city.station)
      if (sameStation && next.revision === this.#city.revision) {
        if (this.#rejected) this.#tell(`${next.revision}，已改回，与现用的相同 / put back: as what is in force`)
        return
      }
      await this.#options.use(next)
      const restart = sameStation
        ? ''
        : '；station.yaml 中 limits、classified、flows 的改动现在生效，其余及 limits.memoryBytes 在重启后生效 / of station.yaml, limits, classified and flows count now, the rest and limits.memoryBytes after a restart'
      const detail = `${this.#city.revision} → ${next.revision}${restart}`
      this.#city = next
      this.#tell(detail)
    } catch (error) {
      this.#reject(error)
    }
  }

  #tell(detail: string): void {
    this.#rejected = false
    this.#options.sink.emit({ code: 'config.reloaded', at: this.#options.clock.now(), actor: 'config', detail })
  }

  #reject(error: unknown): void {
    this.#rejected = true
    const problems = error instanceof ConfigError ? error.problems.map(problemLine) : [asError(error).message]
    this.#options.sink.emit({
      code: 'config.rejected',
      at: this.#options.clock.now(),
      actor: 'config',
      error: 'CONFIG_INVALID',
      detail: problems.join('; '),
    })
  }
}
