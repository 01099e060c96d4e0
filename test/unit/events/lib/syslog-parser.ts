/** A syslog message as a collector understands it. */
export interface Parsed {
  readonly facility: number
  readonly severity: number
  readonly timestamp: string
  readonly host: string
  readonly app: string
  readonly proc: string
  readonly id: string
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** absent where there is none; without its BOM */
  readonly message?: string
}

/**
 * RFC 5424, section 6, read strictly and byte by byte, apart from what the house writes with. Throws for what breaks
 * it.
 */
export function parseSyslog(bytes: Uint8Array): Parsed {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  let at = 0
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${text.slice(at, at + 40)}`)
  }
  const take = (literal: string): void => {
    if (!text.startsWith(literal, at)) fail(`no ${JSON.stringify(literal)}`)
    at += literal.length
  }
  const field = (name: string, most: number): string => {
    const end = text.indexOf(' ', at)
    const value = text.slice(at, end < 0 ? undefined : end)
    if (value.length < 1 || value.length > most || !isPrintable(value)) fail(name)
    at += value.length
    return value
  }
  take('<')
  const close = text.indexOf('>', at)
  const priority = text.slice(at, close)
  if (!/^(0|[1-9]\d{0,2})$/.test(priority) || Number(priority) > 191) fail('PRI')
  at = close
  take('>1 ')
  const timestamp = field('TIMESTAMP', 32)
  if (timestamp !== '-' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(timestamp)) fail('TIMESTAMP')
  take(' ')
  const host = field('HOSTNAME', 255)
  take(' ')
  const app = field('APP-NAME', 48)
  take(' ')
  const proc = field('PROCID', 128)
  take(' ')
  const id = field('MSGID', 32)
  take(' ')
  const data: Record<string, Record<string, string>> = {}
  const name = (): string => {
    const start = at
    while (at < text.length && !'= ]"'.includes(text[at] ?? '')) at++
    const value = text.slice(start, at)
    if (value.length < 1 || value.length > 32 || !isPrintable(value)) fail('SD-NAME')
    return value
  }
  while (text[at] === '[') {
    at++
    const element = name()
    if (element in data) fail('SD-ID twice')
    if (!/^(meta|[^@]+@[1-9]\d*)$/.test(element)) fail('SD-ID')
    const params: Record<string, string> = (data[element] = {})
    while (text[at] === ' ') {
      at++
      const key = name()
      take('="')
      let value = ''
      while (text[at] !== '"') {
        if (at >= text.length || text[at] === ']') fail('PARAM-VALUE')
        if (text[at] === '\\' && '"\\]'.includes(text[at + 1] ?? ' ')) at++
        value += text.charAt(at++)
      }
      at++
      params[key] = value
    }
    take(']')
  }
  const parts = { facility: Math.floor(Number(priority) / 8), severity: Number(priority) % 8, timestamp, host, app }
  if (at === text.length) return { ...parts, proc, id, data }
  take(' \uFEFF')
  return { ...parts, proc, id, data, message: text.slice(at) }
}

function isPrintable(text: string): boolean {
  return /^[!-~]*$/.test(text)
}
