/** A media type and its parameters, in lower case but for the values. */
export interface ContentType {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

/** What was read last, by header: callers send the same few for ever, and each is asked for several times. */
const known = new Map<string, ContentType>()
const MOST_KNOWN = 64
/** A longer one is none of theirs. */
const MOST_CHARACTERS = 512

/**
 * Reads a Content-Type (RFC 9110, 8.3): quoted and bare values, blanks around, single quotes as some old clients write
 * them. What cannot be made out is left away.
 */
export function parseContentType(header: string | undefined): ContentType {
  const text = header ?? ''
  const before = known.get(text)
  if (before !== undefined) return before
  const read = readContentType(text)
  if (text.length > MOST_CHARACTERS) return read
  if (known.size === MOST_KNOWN) known.clear()
  known.set(text, read)
  return read
}

function readContentType(text: string): ContentType {
  const semicolon = text.indexOf(';')
  const type = (semicolon === -1 ? text : text.slice(0, semicolon)).trim().toLowerCase()
  const parameters = new Map<string, string>()
  if (semicolon !== -1) {
    for (const match of text
      .slice(semicolon)
      .matchAll(/;\s*([\w!#$%&*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g)) {
      const name = (match[1] ?? '').toLowerCase()
      const value = match[2]?.replace(/\\(.)/g, '$1') ?? (match[3] ?? '').trim().replace(/^'(.*)'$/, '$1')
      if (!parameters.has(name)) parameters.set(name, value)
    }
  }
  return { type, parameters }
}
