import type { House } from '../../../core/adapter/port.ts'
import { digestOf } from '../../../core/content/digest.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { internalError, isInternal } from '../../../core/events/internal.ts'
import { monotonic } from '../../../core/util/clock.ts'
import { Patience } from '../../kit/patience.ts'
import type { RemoteEntry, RemoteFiles } from '../../kit/remote/port.ts'
import type { Decision, Judge } from '../out/judge.ts'
import type { Hold } from '../out/package.ts'
import { isMain, isTemporary, markersOf } from '../out/ready.ts'
import { finish } from './finish.ts'
import type { PolledPlaceParts } from './place.ts'
import { isSame, type SeenFile } from './seen.ts'

/** How a file has looked since when, by the monotonic clock. */
interface Sighting {
  readonly size: number
  readonly changedAt: number
  readonly since: number
  /** since when it has been ready, and its other files were waited for */
  readySince?: number
}

export interface RoundParts {
  readonly house: House
  readonly place: PolledPlaceParts
  readonly judge: Judge
}

/**
 * Looks at what lies in `out/` of one place, again and again: brings to the door what is ready, tells its sender, and
 * takes it away. What was decided about a file is remembered as long as it lies there.
 */
export class OutRounds {
  readonly #parts: RoundParts
  readonly #patience: Patience
  #sightings = new Map<string, Sighting>()
  /** what they would not let us finish: said once */
  readonly #stuck = new Set<string>()

  constructor(parts: RoundParts) {
    this.#parts = parts
    this.#patience = new Patience(parts.house.clock)
  }

  /** Rejects as RemoteFiles where it could not be looked. What one file cannot be given or taken waits for itself. */
  async round(files: RemoteFiles, signal: AbortSignal): Promise<'good' | 'waiting'> {
    const { place } = this.#parts
    const { config, system } = place.settings
    await place.seen.load()
    const left = { waits: false }
    const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
      const failed = await this.#patience.attempt(system, name, signal, work)
      if (failed === undefined) this.#stuck.delete(name)
      else left.waits = true
      if (failed !== undefined && failed !== 'waits') this.#failed(name, failed)
    }
    for (const seen of place.seen.unfinished) await attempt(seen.name, () => this.#finish(files, seen))
    const { out } = config.folders
    const listed = await files.list(out, config.limits.listed)
    if (listed === undefined)
      throw new YizhanError('SYSTEM_FAULT', { field: system.id, detail: `没有目录 / no such folder: ${out}` })
    const there = new Map(listed.flatMap((entry) => (entry.kind === 'file' ? [[entry.name, entry]] : [])))
    if (listed.length < config.limits.listed) place.seen.keep(new Set(there.keys()))
    this.#look(there)
    for (const entry of inOrder(there, place.settings.syntaxes)) {
      signal.throwIfAborted()
      if (!this.#isReady(entry, there)) continue
      await attempt(entry.name, () => this.#take(files, entry, there, signal))
    }
    return left.waits ? 'waiting' : 'good'
  }

  /** What is wrong with the connection ends the round; what is wrong with one file does not, and is said once. */
  #failed(name: string, thrown: Error): void {
    const { house, place } = this.#parts
    const error = asYizhanError(thrown)
    if (error.code === 'SYSTEM_UNREACHABLE' || error.code === 'SYSTEM_TIMEOUT') throw error
    const about = { at: house.clock.now(), system: place.settings.id }
    if (isInternal(error)) house.emit.emit(internalError(error, about.at, { system: about.system }))
    if (error.code !== 'SYSTEM_FAULT' || this.#stuck.has(name)) return
    this.#stuck.add(name)
    house.emit.emit({ code: 'files.stuck', ...about, error: error.code, detail: error.facts.detail })
  }

  /** What looks otherwise than in the last round has changed meanwhile. */
  #look(there: ReadonlyMap<string, RemoteEntry>): void {
    const now = monotonic(this.#parts.house.clock)
    const sightings = [...there.values()].map((entry): [string, Sighting] => {
      const before = this.#sightings.get(entry.name)
      const { size, changedAt } = entry
      return [entry.name, before !== undefined && isSame(before, entry) ? before : { size, changedAt, since: now }]
    })
    this.#sightings = new Map(sightings)
  }

  #isReady(entry: RemoteEntry, there: ReadonlyMap<string, RemoteEntry>): boolean {
    const { house, place } = this.#parts
    const { ready, quietMs, marker } = place.settings.config
    const seen = place.seen.get(entry.name)
    if (seen !== undefined && isSame(seen, entry)) return false
    switch (ready) {
      case 'rename':
        return true
      case 'marker':
        return markersOf(entry.name, marker).some((name) => there.has(name))
      case 'quiet': {
        const since = this.#sightings.get(entry.name)?.since ?? Number.POSITIVE_INFINITY
        return monotonic(house.clock) - since >= quietMs
      }
    }
  }

  async #take(
    files: RemoteFiles,
    entry: RemoteEntry,
    there: ReadonlyMap<string, RemoteEntry>,
    signal: AbortSignal,
  ): Promise<void> {
    const { house, place, judge } = this.#parts
    const { caller } = place
    const memory = house.door.memory('files', caller.account.id)
    try {
      const bytes = await this.#fetch(files, entry, (size) => memory.grow(size)).catch((thrown: unknown) => {
        const error = asYizhanError(thrown)
        if (this.#mayMend(entry, error)) throw error
        return error
      })
      // It is being changed: another round finds it as it is then.
      if (bytes === undefined) return
      const digest = bytes instanceof YizhanError ? '' : digestOf(bytes)
      const seen = place.seen.get(entry.name)
      if (digest !== '' && seen?.digest === digest) {
        await place.seen.remember({ ...seen, size: entry.size, changedAt: entry.changedAt })
        return
      }
      const decision =
        bytes instanceof YizhanError
          ? await judge.refuse(caller, entry.name, bytes)
          : await judge.decide({
              caller,
              path: entry.name,
              bytes,
              beside: (names, hold) => this.#beside(files, there, names, hold),
              mayMend: (error) => this.#mayMend(entry, error),
              signal,
            })
      await this.#decided(files, entry, digest, decision, there)
    } catch (thrown) {
      if (!signal.aborted && asYizhanError(thrown).code === 'FILES_MISSING') return
      throw thrown
    } finally {
      memory.release()
    }
  }

  async #beside(
    files: RemoteFiles,
    there: ReadonlyMap<string, RemoteEntry>,
    names: readonly string[],
    hold: Hold,
  ): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>()
    for (const name of names) {
      const other = isTemporary(name) ? undefined : there.get(name)
      const content = other && (await this.#fetch(files, other, hold))
      if (content !== undefined) found.set(name, content)
    }
    return found
  }

  /** Whole, as it was listed; undefined where it has changed since. FILES_LIMIT */
  async #fetch(files: RemoteFiles, entry: RemoteEntry, hold: Hold): Promise<Buffer | undefined> {
    const { config } = this.#parts.place.settings
    const { fileBytes } = config.limits
    if (entry.size > fileBytes)
      throw new YizhanError('FILES_LIMIT', {
        rule: `${entry.name}: 至多 ${fileBytes} 字节 / bytes (settings.limits.fileBytes)`,
      })
    hold(entry.size)
    const path = `${config.folders.out}/${entry.name}`
    const bytes = await files.read(path, fileBytes)
    const now = await files.stat(path)
    return now !== undefined && isSame(now, entry) && bytes.length === entry.size ? bytes : undefined
  }

  /** It, the files that it took and its marker, as far as they lie there. */
  #rest(
    used: readonly string[],
    entry: RemoteEntry,
    there: ReadonlyMap<string, RemoteEntry>,
  ): NonNullable<SeenFile['rest']> {
    const { after, marker } = this.#parts.place.settings.config
    if (after === 'leave') return []
    const names = new Set([entry.name, ...markersOf(entry.name, marker), ...used])
    return [...names].flatMap((name) => {
      const found = there.get(name)
      return found === undefined ? [] : [{ name, size: found.size, changedAt: found.changedAt }]
    })
  }

  /** Remembered before anything is told or taken away. */
  async #decided(
    files: RemoteFiles,
    entry: RemoteEntry,
    digest: string,
    { verdict, notes, outdated, used, isWritten, error }: Decision,
    there: ReadonlyMap<string, RemoteEntry>,
  ): Promise<void> {
    const { house, place } = this.#parts
    const { name, size, changedAt } = entry
    if (error !== undefined)
      house.emit.emit({
        code: 'files.refused',
        at: house.clock.now(),
        system: place.settings.id,
        error,
        ...(isWritten ? { detail: name } : {}),
      })
    const rest = verdict === 'taken' ? this.#rest(used, entry, there) : []
    const seen: SeenFile = {
      ...{ name, size, changedAt, digest, verdict },
      ...{ notes: [...notes], outdated: [...outdated] },
      ...(rest.length === 0 ? {} : { rest }),
    }
    await place.seen.remember(seen, isWritten)
    await this.#finish(files, seen, isWritten)
  }

  async #finish(files: RemoteFiles, seen: SeenFile, isWritten = true): Promise<void> {
    const { place } = this.#parts
    try {
      await finish(files, place.settings.config, seen)
    } catch (thrown) {
      const { code } = asYizhanError(thrown)
      // Its name stands in what they said.
      throw isWritten ? thrown : new YizhanError(code, { field: place.settings.id })
    }
    const { name, size, changedAt, digest, verdict, rest } = seen
    if (rest === undefined) await place.seen.remember({ name, size, changedAt, digest, verdict }, isWritten)
    else place.seen.forget(name)
  }

  /** Whether it is to be judged again: something is missing that may still come, or the fault is not the sender's. */
  #mayMend({ name }: RemoteEntry, error: YizhanError): boolean {
    const { house, place } = this.#parts
    if (error.code !== 'FILES_MISSING') return error.retryable || isInternal(error)
    const sighting = this.#sightings.get(name)
    if (sighting === undefined) return true
    const now = monotonic(house.clock)
    sighting.readySince ??= now
    return now - sighting.readySince < place.settings.config.besideMs
  }
}

/** The oldest first, as far as their clock tells. */
function inOrder(there: ReadonlyMap<string, RemoteEntry>, syntaxes: readonly string[]): readonly RemoteEntry[] {
  return [...there.values()]
    .filter(({ name }) => isMain(name, syntaxes))
    .sort((one, other) => one.changedAt - other.changedAt || (one.name < other.name ? -1 : 1))
}
