import { hash } from 'node:crypto'
import type { DeadGroup } from '../api/contract/dead-letters.ts'
import type { NamedLetter } from '../operations.ts'
import { shownFault } from './shown.ts'

/** Read at once, and looked at in all, at most: of more the oldest are grouped, and `more` says so. */
const PAGE = 1_000
const MOST = 20_000

/** What list of dead letters they are read from. */
export type LetterList = (request: {
  readonly max: number
  readonly after?: string | undefined
  readonly system?: string | undefined
  readonly subscription?: string | undefined
}) => Promise<readonly NamedLetter[]>

export interface GroupedLetters {
  readonly items: readonly DeadGroup[]
  readonly counted: number
  /** of these may have arrived */
  readonly doubtful: number
  readonly more: boolean
}

/** Dead letters by cause and place. */
export class DeadGroups {
  readonly #list: LetterList
  /** as they were when somebody asked last */
  last: GroupedLetters | undefined

  constructor(list: LetterList) {
    this.#list = list
  }

  /** The most first. */
  async all(): Promise<GroupedLetters> {
    const groups = new Map<string, DeadGroup>()
    let counted = 0
    let doubtful = 0
    let more = false
    for await (const letter of this.letters({})) {
      if (counted === MOST) {
        more = true
        break
      }
      counted++
      if (isDoubtful(letter)) doubtful++
      const key = groupOf(letter)
      const known = groups.get(key)
      groups.set(
        key,
        known === undefined ? newGroup(key, letter) : { ...known, count: known.count + 1, lastAt: letter.at },
      )
    }
    this.last = { items: [...groups.values()].sort((a, b) => b.count - a.count), counted, doubtful, more }
    return this.last
  }

  /** of a system, as they were then */
  countOf(system: string): number {
    const mine = this.last?.items.filter(({ place }) => place.system?.id === system) ?? []
    return mine.reduce((sum, { count }) => sum + count, 0)
  }

  /** Those of a filter, the oldest first; what is replayed or dropped meanwhile is passed over. */
  async *letters(filter: {
    readonly group?: string | undefined
    readonly system?: string | undefined
    readonly subscription?: string | undefined
    readonly after?: string | undefined
  }): AsyncGenerator<NamedLetter> {
    const { group, system, subscription } = filter
    let { after } = filter
    for (;;) {
      const page = await this.#list({ max: PAGE, after, system, subscription })
      for (const letter of page) if (group === undefined || groupOf(letter) === group) yield letter
      after = page.at(-1)?.id
      if (page.length < PAGE) return
    }
  }
}

/** The same for all of one cause at one place. */
function groupOf({ what, error, system, subscription }: NamedLetter): string {
  const parts = [what, error.code, system ?? subscription ?? '', error.node ?? '']
  return hash('sha256', parts.join('\n'), 'hex').slice(0, 16)
}

/** It may have arrived: only a person can say. */
export function isDoubtful({ inDoubt }: NamedLetter): boolean {
  return inDoubt === true
}

export function deadPlaceOf({ what, subscription, system, error, names = {} }: NamedLetter): DeadGroup['place'] {
  const { tab, node, nodeName } = error
  return {
    what,
    ...(subscription === undefined ? {} : { subscription }),
    ...(tab === undefined ? {} : { tab }),
    ...(node === undefined ? {} : { node }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(system === undefined ? {} : { system: { id: system, name: names[system] ?? system } }),
  }
}

function newGroup(key: string, letter: NamedLetter): DeadGroup {
  const { code, zh, en } = shownFault(letter.error.code, letter.error.message)
  const { at } = letter
  return { key, code, text: { zh, en }, place: deadPlaceOf(letter), count: 1, firstAt: at, lastAt: at }
}
