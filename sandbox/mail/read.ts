/** Just enough of MIME (RFC 2045, 2047, 5322) to read what arrives, written for the sandbox alone. */

export interface ReadMail {
  readonly messageId: string
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly attachments: readonly { readonly name: string; readonly bytes: Buffer }[]
}

interface Part {
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export function readMail(raw: Buffer): ReadMail {
  const whole = split(raw)
  const leaves = leavesOf(whole)
  const isAttached = (part: Part): boolean => /^attachment/i.test(part.headers.get('content-disposition') ?? '')
  const text = leaves.find((part) => !isAttached(part))
  return {
    messageId: whole.headers.get('message-id') ?? '',
    from: words(whole.headers.get('from') ?? ''),
    to: words(whole.headers.get('to') ?? ''),
    subject: words(whole.headers.get('subject') ?? ''),
    text: text === undefined ? '' : decoded(text).toString('utf8').replace(/\r\n/g, '\n'),
    attachments: leaves.filter(isAttached).map((part) => ({ name: nameOf(part), bytes: decoded(part) })),
  }
}

function split(raw: Buffer): Part {
  const end = raw.indexOf('\r\n\r\n')
  const head = raw.subarray(0, end < 0 ? raw.length : end).toString('utf8')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = lines.map(
    (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
  )
  return { headers: new Map(headers), body: end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4) }
}

function leavesOf(part: Part): Part[] {
  const type = part.headers.get('content-type') ?? 'text/plain'
  const boundary = /^multipart\/.*boundary="?([^";]+)/i.exec(type)?.[1]
  if (boundary === undefined) return [part]
  const pieces = part.body
    .toString('latin1')
    .split(new RegExp(`(?:^|\\r\\n)--${boundary.replace(/[^A-Za-z0-9]/g, '\\$&')}(?:--)?(?:\\r\\n|$)`))
  return pieces.slice(1, -1).flatMap((piece) => leavesOf(split(Buffer.from(piece, 'latin1'))))
}

function decoded(part: Part): Buffer {
  const encoding = (part.headers.get('content-transfer-encoding') ?? '7bit').toLowerCase()
  const text = part.body.toString('latin1')
  if (encoding === 'base64') return Buffer.from(text, 'base64')
  if (encoding === 'quoted-printable') return quoted(text.replace(/[ \t]*=\r\n/g, ''))
  return part.body
}

function quoted(text: string): Buffer {
  return Buffer.from(
    text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

/** Encoded words (RFC 2047); blanks between two of them belong to neither. */
function words(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/(?:=\?utf-8\?[BQ]\?[^?]*\?=)+/gi, (run) =>
      Buffer.concat(
        [...run.matchAll(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi)].map(([, kind = '', word = '']) =>
          kind.toUpperCase() === 'B' ? Buffer.from(word, 'base64') : quoted(word.replaceAll('_', ' ')),
        ),
      ).toString('utf8'),
    )
}

/** A file's name: RFC 2231 with its continuations, or an encoded word. */
function nameOf(part: Part): string {
  const header = part.headers.get('content-disposition') ?? ''
  const pieces = [...header.matchAll(/filename(?:\*(\d+))?\*=([^;]+)/gi)].sort(
    (a, b) => Number(a[1] ?? 0) - Number(b[1] ?? 0),
  )
  if (pieces.length > 0)
    return decodeURIComponent(
      pieces
        .map(([, , value = '']) => value.trim())
        .join('')
        .replace(/^utf-8''/i, ''),
    )
  return words(/filename="?([^";]+)/i.exec(header)?.[1] ?? '')
}
