import { AndFilter, FilterParser, GreaterThanEqualsFilter, type Filter } from 'ldapts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import { inTurns } from '../../core/util/turns.ts'
import { assemble, type Entries, type UnusableEntry } from './assemble.ts'
import type { DirectoryClient, Session } from './client.ts'
import type { DirectoryConfig } from './config.ts'
import { newest, sinceValue, type DirectoryCursor } from './cursor.ts'
import { changesBetween, type EntryChange } from './diff.ts'
import { dnKey } from '../../core/text/distinguished-name.ts'
import type { DirectoryEntry } from './entry.ts'
import type { Snapshot } from './model.ts'

export interface SyncOptions {
  /** takes the directory as it is, however much smaller it has become: an operator has looked */
  readonly accept?: boolean
  /** reads everything anew */
  readonly full?: boolean
}

export interface SyncResult {
  /** `changes`: only what changed was read; `keys`: that, and a listing of all keys; `full`: everything */
  readonly how: 'full' | 'keys' | 'changes'
  readonly snapshot: Snapshot
  /** against the snapshot before */
  readonly changes: readonly EntryChange[]
  /** entries that cannot be used, at most a hundred */
  readonly notes: readonly UnusableEntry[]
}

/** Reads the directory into snapshots. One synchronisation at a time: the caller sees to it. */
export interface DirectorySync {
  /**
   * Rejects as `DirectoryClient.session` does, and with DIRECTORY_EMPTY or DIRECTORY_SHRUNK when far too much is gone.
   * After a rejection everything is as before.
   */
  run(old: Snapshot | undefined, signal: AbortSignal, options?: SyncOptions): Promise<SyncResult>
}

interface State {
  readonly entries: Entries
  /** undefined: the server tells no times, only full readings see changes */
  readonly cursor: DirectoryCursor | undefined
  readonly keysAt: number
  readonly fullAt: number
}

const kinds = ['units', 'people'] as const
type Kind = (typeof kinds)[number]
/** A directory in which units are renamed all the time is taken as it was read the last time. */
const MOST_AGAIN = 2

export function directorySync(config: DirectoryConfig, client: DirectoryClient, clock: Clock): DirectorySync {
  let state: State | undefined
  return {
    async run(old, signal, options = {}) {
      const reader = new Reader(config, clock)
      const before = options.full === true ? undefined : state
      const { how, next } = await client.session(signal, (session) => reader.read(session, before))
      const { snapshot, notes } = await inTurns(assemble(next.entries, config), signal)
      if (options.accept !== true) checkLosses(config, old, snapshot)
      state = next
      return { how, snapshot, notes, changes: changesBetween(old, snapshot) }
    },
  }
}

class Reader {
  readonly #config: DirectoryConfig
  readonly #clock: Clock

  constructor(config: DirectoryConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  async read(
    session: Session,
    state: State | undefined,
  ): Promise<{ readonly how: SyncResult['how']; readonly next: State }> {
    const now = this.#clock.now()
    const { sync } = this.#config
    if (state?.cursor === undefined || now - state.fullAt >= sync.fullEveryMs || now < state.fullAt)
      return { how: 'full', next: await this.#whole(session) }
    const { next, unitMoved } = await this.#changes(session, state, state.cursor)
    // Entries below a unit that moved have a new DN, and no time stamp that says so.
    if (!unitMoved && now - state.keysAt < sync.keysEveryMs) return { how: 'changes', next }
    const listed = await this.#keys(session, next)
    if (listed === undefined || !(await this.#stand(session, listed)))
      return { how: 'full', next: await this.#whole(session) }
    return { how: 'keys', next: listed }
  }

  /**
   * Units are read before people: where one was renamed in between, its people would seem to have left it. Then all is
   * read again.
   */
  async #whole(session: Session): Promise<State> {
    for (let again = 0; ; again++) {
      const state = await this.#full(session)
      if (again === MOST_AGAIN || (await this.#stand(session, state))) return state
    }
  }

  /** Whether the units are still where they were read. */
  async #stand(session: Session, { entries: { units } }: State): Promise<boolean> {
    for await (const page of session.pages({
      ...this.#search('units', this.#filter('units')),
      attributes: [this.#config.key],
    })) {
      for (const { key, dn } of this.#usable('units', page)) {
        const known = units.get(key)
        if (known !== undefined && dnKey(known.dn) !== dnKey(dn)) return false
      }
    }
    return true
  }

  async #full(session: Session): Promise<State> {
    const started = this.#clock.now()
    const entries: Entries = { units: new Map(), people: new Map() }
    for (const kind of kinds) {
      for await (const page of session.pages(this.#search(kind, this.#filter(kind))))
        for (const entry of this.#usable(kind, page)) entries[kind].set(entry.key, entry)
    }
    const { changedBy } = this.#config.sync
    const at =
      changedBy === 'off' ? undefined : newest([...entries.units.values(), ...entries.people.values()], changedBy)
    const cursor = at === undefined ? undefined : { at, tookMs: this.#since(started) }
    return { entries, cursor, keysAt: started, fullAt: started }
  }

  async #changes(
    session: Session,
    state: State,
    cursor: DirectoryCursor,
  ): Promise<{ readonly next: State; readonly unitMoved: boolean }> {
    const started = this.#clock.now()
    const { changedBy, overlapMs } = this.#config.sync
    const entries: Entries = { units: new Map(state.entries.units), people: new Map(state.entries.people) }
    let at = cursor.at
    let unitMoved = false
    if (changedBy === 'off') return { next: { ...state, entries }, unitMoved }
    const since = new GreaterThanEqualsFilter({ attribute: changedBy, value: sinceValue(cursor, overlapMs, changedBy) })
    for (const kind of kinds) {
      const filter = new AndFilter({ filters: [this.#filter(kind), since] })
      for await (const page of session.pages(this.#search(kind, filter))) {
        at = newest(page, changedBy, at) ?? at
        for (const entry of this.#usable(kind, page)) {
          const known = entries[kind].get(entry.key)
          if (kind === 'units' && known !== undefined && dnKey(known.dn) !== dnKey(entry.dn)) unitMoved = true
          entries[kind].set(entry.key, entry)
        }
      }
    }
    return { next: { ...state, entries, cursor: { at, tookMs: this.#since(started) } }, unitMoved }
  }

  /**
   * Where every entry is now; what is not listed is gone. Undefined when one is listed that was never read: then all is
   * read anew.
   */
  async #keys(session: Session, state: State): Promise<State | undefined> {
    const entries: Entries = { units: new Map(), people: new Map() }
    for (const kind of kinds) {
      for await (const page of session.pages({
        ...this.#search(kind, this.#filter(kind)),
        attributes: [this.#config.key],
      })) {
        for (const { key, dn } of this.#usable(kind, page)) {
          const known = state.entries[kind].get(key)
          if (known === undefined) return undefined
          entries[kind].set(key, { ...known, dn })
        }
      }
    }
    return { ...state, entries, keysAt: this.#clock.now() }
  }

  #filter(kind: Kind): Filter {
    return FilterParser.parseString(this.#config[kind].filter)
  }

  #search(kind: Kind, filter: Filter): { base: string; scope: 'sub'; filter: Filter; attributes: string[] } {
    const { units, people, key, sync } = this.#config
    const wanted =
      kind === 'units'
        ? [units.name, units.code]
        : [people.uid, people.name, people.mobile, people.mail, people.title, people.unit]
    const attributes = [...new Set([...wanted, key, ...(sync.changedBy === 'off' ? [] : [sync.changedBy])])]
    return { base: this.#base(kind), scope: 'sub', filter, attributes }
  }

  #base(kind: Kind): string {
    return this.#config[kind].base ?? this.#config.base
  }

  /** Entries without a key cannot be followed; the base holds the units and is none of them. */
  #usable(kind: Kind, page: readonly DirectoryEntry[]): (DirectoryEntry & { readonly key: string })[] {
    const base = dnKey(this.#base(kind))
    return page.filter(
      (entry): entry is DirectoryEntry & { readonly key: string } =>
        entry.key !== undefined && (kind !== 'units' || dnKey(entry.dn) !== base),
    )
  }

  #since(started: number): number {
    return Math.max(0, this.#clock.now() - started)
  }
}

function checkLosses(config: DirectoryConfig, old: Snapshot | undefined, now: Snapshot): void {
  const searched = `${config.units.base ?? config.base} ${config.units.filter}, ${config.key}`
  if (now.units.length === 0) throw new YizhanError('DIRECTORY_EMPTY', { field: config.id, rule: searched })
  if (old === undefined) return
  const { maxLossShare, freeLosses } = config.sync
  for (const [kind, zh, en] of [
    ['units', '单位', 'units'],
    ['people', '人员', 'people'],
  ] as const) {
    // Counted by key: a directory rebuilt with new keys has lost them all, however many others it has.
    const ids = new Set<string>(now[kind].map(({ id }) => id))
    const lost = old[kind].filter(({ id }) => !ids.has(id)).length
    if (lost <= freeLosses || lost <= old[kind].length * maxLossShare) continue
    throw new YizhanError('DIRECTORY_SHRUNK', {
      field: config.id,
      value: `${lost}/${old[kind].length} ${zh} ${en}`,
      rule: `sync.maxLossShare ${maxLossShare}`,
    })
  }
}
