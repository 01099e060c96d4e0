import { asError, YizhanError } from '../errors/error.ts'

/**
 * JSON (RFC 8259) from outside. Where an object names a member twice, `JSON.parse` keeps the last and says nothing: here
 * that is an error, for nobody knows which one was meant.
 *
 * @throws YizhanError JSON_MALFORMED, which never quotes what the text holds but the member's name
 */
export function parseForeignJson(text: string): unknown {
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

function endOfString(text: string, open: number): number {
  let at = open
  for (;;) {
    at = text.indexOf('"', at + 1)
    let backslashes = 0
    while (text.charAt(at - 1 - backslashes) === '\\') backslashes++
    if (backslashes % 2 === 0) return at
  }
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from
  while (' \t\r\n'.includes(text.charAt(at)) && at < text.length) at++
  return text.charAt(at) === ':'
}
