import type { UnitView } from '../hop/link.ts'
import { simplified } from '../text/simplified.ts'
import type { Steps } from '../util/turns.ts'
import { keyOf } from './key.ts'
import { spokenForms } from './spoken-forms.ts'

/** A unit that a text names, and how. */
export interface Mention {
  readonly id: string
  readonly name: string
  /** the words by which the text names it, such as 市建委 */
  readonly as: string
}

/**
 * What is written into a name so that nobody finds it, or for show: 住·建·局, “住建”局. Not what stands between two
 * names.
 */
const BETWEEN = /[·•.\-_*~|/\\+=^`'"“”‘’]/gu

/** Units of one step. */
const STEP = 32

/** As names are compared, traditional characters as simplified ones. */
function spokenKey(text: string): string {
  return simplified(keyOf(text))
}

interface Node {
  readonly next: Map<string, Node>
  units?: UnitView[]
  /** a name or alias of the directory, which a form that only people use never takes over */
  isName?: boolean
}

/** Names every unit of a directory that stands in a text, in time linear in the text. */
export class Mentions {
  readonly #root: Node = { next: new Map() }

  /** Gathers all names of thousands of units, in steps. */
  static *of(units: readonly UnitView[]): Steps<Mentions> {
    const mentions = new Mentions()
    for (const [at, unit] of units.entries()) {
      for (const name of [unit.name, ...unit.aliases]) mentions.#add(spokenKey(name), unit, true)
      if (at % STEP === 0) yield
    }
    for (const [at, unit] of units.entries()) {
      for (const form of spokenForms(unit)) mentions.#add(spokenKey(form), unit, false)
      if (at % STEP === 0) yield
    }
    return mentions
  }

  /**
   * Where one name holds another (市国土资源局 in 市国土资源局甲分局), the longer one counts; where two only overlap,
   * as 项城市 and 市教育局 do, both: nobody who may be meant is passed over. A form that two units share names both.
   */
  in(text: string): readonly Mention[] {
    const found = new Map<string, Mention>()
    const key = spokenKey(text.replace(BETWEEN, ''))
    let covered = 0
    for (let at = 0; at < key.length; at++) {
      const hit = this.#longest(key, at)
      if (hit === undefined || hit.end <= covered) continue
      covered = hit.end
      for (const { id, name } of hit.units) if (!found.has(id)) found.set(id, { id, name, as: key.slice(at, hit.end) })
    }
    return [...found.values()]
  }

  #add(key: string, unit: UnitView, isName: boolean): void {
    if (key.length < 2) return
    let node = this.#root
    for (const character of key) {
      let next = node.next.get(character)
      if (next === undefined) node.next.set(character, (next = { next: new Map() }))
      node = next
    }
    if (node.isName === true && !isName) return
    node.isName = isName
    node.units ??= []
    // What a unit is called comes in one run: that it has the name already shows at the end.
    if (node.units.at(-1) !== unit) node.units.push(unit)
  }

  #longest(text: string, from: number): { readonly units: readonly UnitView[]; readonly end: number } | undefined {
    let node: Node | undefined = this.#root
    let longest: { readonly units: readonly UnitView[]; readonly end: number } | undefined
    for (let at = from; at < text.length;) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
      node = node.next.get(character)
      if (node === undefined) break
      at += character.length
      if (node.units !== undefined) longest = { units: node.units, end: at }
    }
    return longest
  }
}
