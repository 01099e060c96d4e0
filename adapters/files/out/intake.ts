import type { House } from '../../../core/adapter/port.ts'
import type { Account } from '../../../core/door/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { internalError, isInternal } from '../../../core/events/internal.ts'
import { doubling } from '../../../core/util/backoff.ts'
import { monotonic } from '../../../core/util/clock.ts'
import type { FilesSettings } from '../config.ts'
import type { Notes } from '../tree/notes.ts'
import { Judge, type Decision } from './judge.ts'
import { refusalNote } from './note-texts.ts'
import type { Hold } from './package.ts'
import { isMain, markersOf, ReadyRules } from './ready.ts'
import type { Spool, Spooled } from './spool.ts'

const AGAIN_MS = { first: 1_000, most: 60_000 }
/** However the timer went: at least so often somebody looks at what waits. */
const LOOK_MS = 60_000

interface IntakeParts {
  readonly house: House
  readonly settings: FilesSettings
  readonly spool: Spool
  readonly notes: Notes
}

/** Brings what has become ready in `out/` to the door, each account's one after the other. */
export class Intake {
  readonly #parts: IntakeParts
  readonly #judge: Judge
  readonly #rules: ReadyRules
  /** rounds under way; and accounts of which something has changed since theirs began */
  readonly #rounds = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #closing = new AbortController()
  #open = false

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.#judge = new Judge(parts.house, parts.settings)
    this.#rules = new ReadyRules(parts.spool, parts.settings, parts.house.clock)
  }

  start(): void {
    this.#open = true
    for (const account of this.#parts.spool.accounts) this.look(account)
  }

  /** Ends rounds between two files, or two rows of a list. */
  async close(): Promise<void> {
    this.#open = false
    this.#closing.abort()
    for (const timer of this.#timers.values()) clearTimeout(timer)
    await Promise.all(this.#rounds.values())
  }

  /** Something of this account has changed, or time has passed. */
  look(account: string): void {
    if (!this.#open) return
    if (this.#rounds.has(account)) {
      this.#again.add(account)
      return
    }
    const round = this.#round(account)
      .catch((thrown: unknown) => {
        this.#internal(thrown)
        this.#lookIn(account, LOOK_MS)
      })
      .finally(() => {
        this.#rounds.delete(account)
        if (this.#again.delete(account)) this.look(account)
      })
    this.#rounds.set(account, round)
  }

  #lookIn(account: string, ms: number): void {
    clearTimeout(this.#timers.get(account))
    if (!this.#open) return
    const timer = setTimeout(() => this.look(account), Math.max(1, Math.min(ms, LOOK_MS)))
    timer.unref()
    this.#timers.set(account, timer)
  }

  async #round(id: string): Promise<void> {
    const { spool } = this.#parts
    clearTimeout(this.#timers.get(id))
    const account = this.#accountOf(id)
    // Without it nobody speaks for what waits: it waits on.
    if (account === undefined) return
    for (const entry of spool.of(id)) {
      if (!this.#open) return
      if (this.#rules.isAbandoned(entry)) await this.#abandon(entry)
      else if (isMain(entry.name, this.#parts.settings.syntaxes) && this.#rules.waitOf(entry) === 0)
        await this.#decide(account, entry)
    }
    const waits = spool.of(id).map((entry) => this.#rules.waitOf(entry))
    const due = Math.min(LOOK_MS, ...waits.filter((wait) => wait > 0))
    if (waits.length > 0) this.#lookIn(id, due)
  }

  #accountOf(id: string): Account | undefined {
    const { house, settings } = this.#parts
    const account = house.city().accounts.find((one) => one.id === id && one.system === settings.id)
    return account && { id: account.id, system: settings.id, units: account.units }
  }

  async #decide(account: Account, entry: Spooled): Promise<void> {
    const { house, settings, spool } = this.#parts
    const caller = { account, system: settings.system }
    const memory = house.door.memory('files', account.id)
    entry.judging = true
    entry.readySince ??= monotonic(house.clock)
    try {
      memory.grow(entry.size)
      const decision = await this.#judge.decide({
        caller,
        path: entry.name,
        bytes: await spool.read(entry),
        beside: (names, hold) => this.#beside(entry, names, hold),
        mayMend: (error) => this.#mayMend(entry, error),
        signal: this.#closing.signal,
      })
      await this.#settle(entry, decision)
    } catch (thrown) {
      // It waits for the next start.
      if (this.#open) await this.#later(entry, asYizhanError(thrown))
    } finally {
      memory.release()
      entry.judging = false
    }
  }

  async #beside(entry: Spooled, names: readonly string[], hold: Hold): Promise<ReadonlyMap<string, Buffer>> {
    const { spool } = this.#parts
    const found = new Map<string, Buffer>()
    // Once for all: an XML may mention thousands of names, and thousands of files may lie there.
    const there = new Map(spool.of(entry.account).flatMap((one) => (one.judging ? [] : [[one.name, one]])))
    for (const wanted of names) {
      const one = there.get(siblingOf(entry, wanted))
      if (one?.whole !== true) continue
      hold(one.size)
      found.set(wanted, await spool.read(one))
    }
    return found
  }

  #internal(thrown: unknown): void {
    const { house, settings } = this.#parts
    house.emit.emit(internalError(thrown, house.clock.now(), { system: settings.id }))
  }

  /** Whether it is to be judged again: something is missing that may still come, or the fault is not the sender's. */
  #mayMend(entry: Spooled, error: YizhanError): boolean {
    const { settings, house } = this.#parts
    if (error.code === 'FILES_MISSING')
      return monotonic(house.clock) - (entry.readySince ?? 0) < settings.config.besideMs
    return error.retryable || isInternal(error)
  }

  async #later(entry: Spooled, error: YizhanError): Promise<void> {
    const { house, notes } = this.#parts
    entry.failures = (entry.failures ?? 0) + 1
    const isMissing = error.code === 'FILES_MISSING'
    entry.notBefore = monotonic(house.clock) + (isMissing ? AGAIN_MS.first : doubling(entry.failures, AGAIN_MS))
    if (isMissing) return
    if (isInternal(error)) this.#internal(error)
    const { name, text } = refusalNote(entry.name, error, house.clock.now())
    await notes.add({ account: entry.account, area: 'errors', name, text }, false)
  }

  async #abandon(entry: Spooled): Promise<void> {
    const { house, notes, settings, spool } = this.#parts
    const rule = `${settings.config.abandonedMs} ms`
    const error = new YizhanError('FILES_ABANDONED', { value: entry.name, rule })
    house.emit.emit({
      code: 'files.abandoned',
      at: house.clock.now(),
      system: settings.id,
      actor: entry.account,
      error: error.code,
    })
    const { name, text } = refusalNote(entry.name, error, house.clock.now())
    await notes.add({ account: entry.account, area: 'errors', name, text }, true)
    await spool.remove(entry)
  }

  /** Tells the sender, and wipes what was judged; all of it waits on where he could not be told, as on a full disk. */
  async #settle(entry: Spooled, decision: Decision): Promise<void> {
    const { notes, spool } = this.#parts
    const { account } = entry
    const judged = this.#hide(entry, [...decision.used, ...decision.refused])
    try {
      for (const note of decision.notes) await notes.add({ account, ...note }, decision.isWritten)
      for (const name of decision.outdated) await notes.remove({ account, area: 'errors', name })
    } catch (thrown) {
      for (const one of judged) one.judging = false
      throw thrown
    }
    for (const one of judged) await spool.remove(one)
  }

  /** It, its marker and the files that it took: they are judged, and nobody sees them any more. */
  #hide(entry: Spooled, used: readonly string[]): readonly Spooled[] {
    const { spool, settings } = this.#parts
    const { marker } = settings.client(entry.account)
    const names = [...used.map((file) => siblingOf(entry, file)), ...markersOf(entry.name, marker)]
    const judged = [entry, ...names.flatMap((name) => spool.find(entry.account, name) ?? [])]
    for (const one of judged) one.judging = true
    return judged
  }
}

function siblingOf({ name }: Spooled, file: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1) + file
}
