import { asError, YizhanError } from '../errors/error.ts'

/** More values and members than any message of ours or of others has; so many are parsed in a few milliseconds. */
const MOST_JSON_VALUES = 50_000
/** … and as the payload of a channel, which is checked against its schema value by value. */
export const MOST_PAYLOAD_VALUES = 25_000

/** Whether JSON holds more than that, told without parsing it: that cannot be done in steps. */
export function hasManyValues(text: string, most: number = MOST_JSON_VALUES): boolean {
  let left = most
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = endOfString(text, at)
      if (at === -1) return false
    } else if ((code === 0x2c || code === 0x5b || code === 0x7b) && --left < 0) return true
  }
  return false
}

/** The same of values that were parsed already: members and items of all depths; stops where there are more. */
export function holdsMoreValues(value: unknown, most: number): boolean {
  let left = most
  const open = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const inside = Object.values(next)
    if ((left -= inside.length) < 0) return true
    for (const one of inside) if (typeof one === 'object' && one !== null) open.push(one)
  }
  return false
}

/**
 * JSON (RFC 8259) from outside. Where an object names a member twice, `JSON.parse` keeps the last and says nothing:
 * here that is an error, for nobody knows which one was meant.
 *
 * @throws YizhanError JSON_MALFORMED, which never quotes what the text holds but the member's name
 */
export function parseForeignJson(text: string): unknown {
  if (hasManyValues(text))
    throw new YizhanError('JSON_MALFORMED', {
      field: 'body',
      detail: `至多 ${MOST_JSON_VALUES} 个值 / at most ${MOST_JSON_VALUES} values`,
    })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    // The parser quotes what it stumbled on, and that may be a citizen's phone number: only the place is told.
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(asError(cause).message)?.[0]
    throw new YizhanError(
      'JSON_MALFORMED',
      { field: 'body', detail: place ?? '内容不完整 / it ends too early' },
      { cause },
    )
  }
  const twice = memberNamedTwice(text)
  if (twice === undefined) return value
  throw new YizhanError('JSON_MALFORMED', {
    field: twice,
    detail: `“${twice}”在同一对象中出现两次 / it stands twice in one object`,
  })
}

/** Of well-formed JSON: each string before a colon is a member's name. */
function memberNamedTwice(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (names !== undefined && isBeforeColon(text, end + 1)) {
        const name = JSON.parse(text.slice(at, end + 1)) as string
        if (names.has(name)) return name.toWellFormed().slice(0, 40)
        names.add(name)
      }
      at = end
    }
  }
  return undefined
}

/** -1 where it has no end: then it is no JSON. A look at each unit is cheaper than a search from escape to escape. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at
    if (code === 0x5c) at++
  }
  return -1
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from
  while (' \t\r\n'.includes(text.charAt(at)) && at < text.length) at++
  return text.charAt(at) === ':'
}
