import type { Group, Hop } from './hop.ts'
import type { HopEnd, HopError, LateSend } from './types.ts'

/** At least this many ended hops are remembered, and at most twice as many, to tell how a late message's had ended. */
const REMEMBERED = 4096

type Ended = 'ok' | 'failed' | 'told'

/** The open hops, and the decision when one has ended. */
export class OpenHops {
  readonly #open = new Map<string, Hop>()
  /** Two generations: to take the oldest out of one map, again and again, is slow. */
  #ended = new Map<string, Ended>()
  #endedBefore = new Map<string, Ended>()
  #quiet: Group[] = []
  readonly #idle: () => void
  #opened = 0

  /** @param idle is called when the last open hop has ended */
  constructor(idle: () => void) {
    this.#idle = idle
  }

  get size(): number {
    return this.#open.size
  }

  get(key: string): Hop | undefined {
    return this.#open.get(key)
  }

  values(): Iterable<Hop> {
    return this.#open.values()
  }

  /** Opens a hop whose source is sending. */
  open(key: string, resolve: (end: HopEnd) => void): Hop {
    const group: Group = {
      members: [],
      held: new Set(),
      sending: 1,
      holds: 0,
      timers: 0,
      error: undefined,
      end: undefined,
      watched: false,
    }
    const hop: Hop = { key, number: ++this.#opened, group, resolve, release: () => undefined }
    group.members.push(hop)
    this.#open.set(key, hop)
    return hop
  }

  /** Remembers the first failure; the group ends when its other branches have finished too. */
  fail(hop: Hop, error: HopError): void {
    hop.group.error ??= error
    this.look(hop.group)
  }

  /**
   * Decides in a later turn whether the group has ended, when nothing is open now: a node that fails says first that
   * it is done and then raises the error that makes a Catch node go on, and some send after they said done.
   */
  look(group: Group): void {
    if (group.watched || group.end !== undefined || isBusy(group)) return
    group.watched = true
    if (this.#quiet.push(group) === 1) setImmediate(this.#sweep)
  }

  readonly #sweep = (): void => {
    const quiet = this.#quiet
    this.#quiet = []
    for (const group of quiet) {
      group.watched = false
      if (!isBusy(group)) this.end(group, group.error)
    }
  }

  /** Ends a group at once, whatever is open. */
  end(group: Group, error: HopError | undefined): void {
    if (group.end !== undefined || group.members.length === 0) return
    const keys = keysOf(group)
    group.end = error === undefined ? { ok: true, keys } : { ok: false, keys, error }
    group.held.clear()
    for (const hop of group.members) {
      hop.release()
      this.#open.delete(hop.key)
      this.#remember(hop.key, error === undefined ? 'ok' : 'failed')
      hop.resolve(group.end)
    }
    if (this.#open.size === 0) this.#idle()
  }

  /** Makes the groups of two hops one. */
  join(one: Hop, other: Hop): void {
    const [into, from] = bySize(one.group, other.group)
    if (into === from || into.end !== undefined || from.end !== undefined) return
    for (const hop of from.members) hop.group = into
    for (const holding of from.held) into.held.add(holding)
    into.members.push(...from.members)
    into.sending += from.sending
    into.holds += from.holds
    into.timers += from.timers
    into.error ??= from.error
    from.members = []
    from.held.clear()
    this.look(into)
  }

  /** How the hop of a late message had ended; undefined when that was told before. */
  tellLate(key: string): LateSend['ended'] | undefined {
    const ended = this.#ended.get(key) ?? this.#endedBefore.get(key)
    if (ended === 'told') return undefined
    this.#remember(key, 'told')
    return ended ?? 'unknown'
  }

  #remember(key: string, ended: Ended): void {
    if (this.#ended.size >= REMEMBERED) {
      this.#endedBefore = this.#ended
      this.#ended = new Map()
    }
    this.#ended.set(key, ended)
  }
}

/** The keys of hops that end together, the first opened first. */
export function keysOf(group: Group): string[] {
  if (group.members.length > 1) group.members.sort((a, b) => a.number - b.number)
  return group.members.map((hop) => hop.key)
}

function isBusy(group: Group): boolean {
  return group.sending > 0 || group.holds > 0 || group.timers > 0 || group.held.size > 0
}

function bySize(a: Group, b: Group): [larger: Group, smaller: Group] {
  return a.members.length >= b.members.length ? [a, b] : [b, a]
}
