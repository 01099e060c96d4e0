import { YizhanError } from '../errors/error.ts'

/** What one request holds of the memory of all. */
export interface Holding {
  /** so many more bytes have come; throws OVERLOADED where they do not fit */
  grow(bytes: number): void
  /** the request has said whose it is: from now on it counts as that account's, and no longer as a stranger's */
  own(account: string): void
  /** gives everything back; may be called again */
  release(): void
}

/** Parts of the whole: what strangers may hold together, what one source of strangers, and what one account. */
const STRANGERS = 1 / 4
const SOURCE = 1 / 8
const ACCOUNT = 1 / 2

/**
 * Bytes that requests in hand may hold together, as they come: beyond it, callers are asked to come back later. Most of
 * it is kept for those who have logged in, so that nobody without a login can keep them out, and none of them the
 * others.
 */
export class MemoryBudget {
  readonly #limit: number
  readonly #used = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get used(): number {
    return this.#of('all')
  }

  /** @param source where the request comes from: an address */
  open(source: string, account?: string): Holding {
    let groups = account === undefined ? this.#stranger(source) : this.#member(account)
    let held = 0
    return {
      grow: (bytes) => {
        this.#take(groups, bytes)
        held += bytes
      },
      own: (owner) => {
        const next = this.#member(owner)
        this.#give(groups, held)
        groups = next
        this.#take(groups, held)
      },
      release: () => {
        this.#give(groups, held)
        held = 0
      },
    }
  }

  #stranger(source: string): Groups {
    return [
      ['all', 1],
      ['strangers', STRANGERS],
      [`source ${source}`, SOURCE],
    ]
  }

  #member(account: string): Groups {
    return [
      ['all', 1],
      [`account ${account}`, ACCOUNT],
    ]
  }

  #of(group: string): number {
    return this.#used.get(group) ?? 0
  }

  /** A group that holds nothing may always take one piece, however small the limit. */
  #take(groups: Groups, bytes: number): void {
    for (const [group, part] of groups) {
      const limit = Math.floor(this.#limit * part)
      if (this.#of(group) > 0 && this.#of(group) + bytes > limit)
        throw new YizhanError('OVERLOADED', { rule: `memoryBytes ${group === 'all' ? limit : `${group} ${limit}`}` })
    }
    for (const [group] of groups) this.#used.set(group, this.#of(group) + bytes)
  }

  #give(groups: Groups, bytes: number): void {
    for (const [group] of groups) {
      const left = this.#of(group) - bytes
      if (left > 0) this.#used.set(group, left)
      else this.#used.delete(group)
    }
  }
}

type Groups = readonly (readonly [name: string, part: number])[]
