import type { XmlElement } from '../../../../core/mapping/xml/element.ts'

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** from 0 below `limit` */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

const pieces = [
  '&',
  '<',
  '>',
  '"',
  '',
  '\u0000',
  '\uffff',
  '\ud800',
  'null',
  ';;',
  '〔',
  '秘密',
  '★',
  '9'.repeat(40),
  '😀',
  '<x/>',
  '</paras>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '<?x',
  'xmlns:a="b"',
  '=',
  '2011-99-99',
  '-1',
  '1e9',
  '../',
  '\r\n',
  '　',
]

/** Text with a few small wounds. */
export function mutateText(text: string, random: Random): string {
  let mutant = text
  for (let wounds = 1 + random.below(4); wounds > 0; wounds--) {
    const at = random.below(mutant.length + 1)
    const length = random.below(random.below(4) === 0 ? 200 : 6)
    const from = random.below(mutant.length + 1)
    const filling = random.pick([
      random.pick(pieces),
      mutant.slice(from, from + random.below(80)),
      String.fromCharCode(random.below(0x10000)),
    ])
    mutant = mutant.slice(0, at) + filling + mutant.slice(at + length)
  }
  return mutant
}

/** A tree with a few changes that a parser would never let through as often: it stays an element. */
export function mutateTree(element: XmlElement, random: Random): XmlElement {
  let mutant = element
  for (let wounds = 1 + random.below(5); wounds > 0; wounds--) mutant = wound(mutant, random)
  return mutant
}

function wound(element: XmlElement, random: Random): XmlElement {
  if (element.children.length > 0 && random.below(5) > 0) {
    const at = random.below(element.children.length)
    return {
      ...element,
      children: element.children.map((child, index) => (index === at ? wound(child, random) : child)),
    }
  }
  const children = [...element.children]
  switch (random.below(8)) {
    case 0:
      return { ...element, text: random.pick(pieces).repeat(random.pick([1, 1, 1, 500])), body: undefined }
    case 1:
      return {
        ...element,
        local: random.pick([...pieces, element.local.toLowerCase(), '份号', '__proto__', 'constructor', 'toString']),
      }
    case 2:
      return { ...element, uri: random.pick(['', 'urn:other', 'http://tempuri.org/', 'urn:yizhan:oa:1']) }
    case 3:
      return {
        ...element,
        attributes: new Map(
          [...element.attributes].map(([name, value]) => [
            random.below(2) === 0 ? name : `${name}x`,
            random.pick([value, ...pieces]),
          ]),
        ),
      }
    case 4:
      return { ...element, body: Buffer.from(random.pick(['AAAA', 'A', 'x'.repeat(5000), '=', ''])), text: '' }
    case 5:
      return { ...element, children: [...children, ...children, ...children] }
    case 6:
      return { ...element, children: children.filter(() => random.below(2) === 0) }
    default:
      return {
        ...element,
        children: [
          ...children,
          { ...element, children: [] },
          {
            local: 'Include',
            uri: 'http://www.w3.org/2004/08/xop/include',
            attributes: new Map([['href', 'cid:x']]),
            children: [],
            text: '',
            body: undefined,
            line: 1,
          },
        ],
      }
  }
}
