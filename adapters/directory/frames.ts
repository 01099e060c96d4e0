/** Bytes that are not the LDAP answers that a client may meet (RFC 4511 4.1.1, BER restricted as in 5.1). */
export class NotLdap extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'NotLdap'
  }
}

/** More bytes than one message, or one answer, may have. */
export class TooMuch extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'TooMuch'
  }
}

const SEQUENCE = 0x30
const SET = 0x31
const BOOLEAN = 0x01
const INTEGER = 0x02
const OCTETS = 0x04
const ENUMERATED = 0x0a
const CONTROLS = 0xa0
const ENTRY = 0x64
const REFERENCE = 0x73
const DONE = 0x65
/** BindResponse, SearchResultDone, ExtendedResponse */
const RESULTS: ReadonlySet<number> = new Set([0x61, DONE, 0x78])
/** simple paged results, RFC 2696 */
const PAGING = Buffer.from('1.2.840.113556.1.4.319')

/**
 * Cuts a stream into LDAP messages and checks each from the first byte to the last. ldapts trusts lengths: one hostile
 * attribute makes it loop until memory is full, and it keeps what it cannot read. So it is given only what has the
 * right form.
 */
export class Frames {
  readonly #limit: number
  #rest: Buffer = Buffer.alloc(0)
  #moreFollows = false

  /** @param limit bytes that one message may have */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** bytes of a message that is not complete yet */
  get pending(): number {
    return this.#rest.length
  }

  /**
   * The last search that was answered has further pages. ldapts stops at an empty page, whether it is the last or not.
   */
  get moreFollows(): boolean {
    return this.#moreFollows
  }

  /** The messages that are complete now. @throws NotLdap, TooMuch: then nothing more can be read from the stream */
  take(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    for (;;) {
      const length = messageLength(bytes, this.#limit)
      if (length === undefined || bytes.length < length) break
      const message = bytes.subarray(0, length)
      const { tag, cookie } = checkMessage(message)
      if (tag === DONE) this.#moreFollows = cookie
      messages.push(message)
      bytes = bytes.subarray(length)
    }
    this.#rest = bytes
    return messages
  }
}

/** How long the message at the start is, header included; undefined while that cannot be told. */
function messageLength(bytes: Buffer, limit: number): number | undefined {
  if (bytes.length === 0) return undefined
  if (bytes[0] !== SEQUENCE) throw new NotLdap(`a message starts with 0x${(bytes[0] ?? 0).toString(16)}`)
  if (bytes.length < 2 || bytes.length < 2 + extraBytes(bytes[1] ?? 0)) return undefined
  const reader = new Reader(bytes, 0, bytes.length)
  const { start, length } = reader.header()
  if (start + length > limit) throw new TooMuch(`a message of ${start + length} bytes, limit ${limit}`)
  return start + length
}

function checkMessage(bytes: Buffer): { readonly tag: number; readonly cookie: boolean } {
  const message = new Reader(bytes, 0, bytes.length).into(SEQUENCE)
  message.number(INTEGER)
  const { tag, content } = message.next()
  if (tag === ENTRY) checkEntry(content)
  else if (tag === REFERENCE) content.each(() => content.skip(OCTETS))
  else if (RESULTS.has(tag)) checkResult(content)
  else throw new NotLdap(`no answer has the tag 0x${tag.toString(16)}`)
  const cookie = message.more && checkControls(message.into(CONTROLS))
  message.end()
  return { tag, cookie }
}

function checkEntry(entry: Reader): void {
  entry.skip(OCTETS)
  const attributes = entry.into(SEQUENCE)
  attributes.each(() => {
    const attribute = attributes.into(SEQUENCE)
    attribute.skip(OCTETS)
    const values = attribute.into(SET)
    values.each(() => values.skip(OCTETS))
    attribute.end()
  })
  entry.end()
}

function checkResult(result: Reader): void {
  result.number(ENUMERATED)
  result.skip(OCTETS)
  result.skip(OCTETS)
  // Referrals and credentials: context-specific, and read as opaque bytes.
  result.each(() => {
    const { tag } = result.next()
    if (tag === CONTROLS || (tag & 0x80) === 0) throw new NotLdap(`0x${tag.toString(16)} inside a result`)
  })
}

/** @returns whether paging goes on */
function checkControls(controls: Reader): boolean {
  let cookie = false
  controls.each(() => {
    const control = controls.into(SEQUENCE)
    const isPaging = control.into(OCTETS).is(PAGING)
    if (control.more && control.peek === BOOLEAN) control.number(BOOLEAN)
    if (control.more) {
      const value = control.into(OCTETS)
      if (isPaging) cookie = checkPaging(value)
    }
    control.end()
  })
  return cookie
}

function checkPaging(value: Reader): boolean {
  const paging = value.into(SEQUENCE)
  value.end()
  paging.number(INTEGER)
  const { more } = paging.into(OCTETS)
  paging.end()
  return more
}

function extraBytes(first: number): number {
  return first < 0x80 ? 0 : first & 0x7f
}

/** Walks over tag, length, value within fixed bounds. */
class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  get more(): boolean {
    return this.#at < this.#end
  }

  get peek(): number {
    return this.#byte(this.#at)
  }

  /** Reads tag and length; does not move on. The length of a whole message may reach beyond what is there. */
  header(): { readonly tag: number; readonly start: number; readonly length: number } {
    const tag = this.#byte(this.#at)
    const first = this.#byte(this.#at + 1)
    const extra = extraBytes(first)
    if (first === 0x80) throw new NotLdap('an indefinite length')
    if (extra > 4) throw new NotLdap(`a length of ${extra} bytes`)
    let length = extra === 0 ? first : 0
    for (let at = 0; at < extra; at++) length = length * 256 + this.#byte(this.#at + 2 + at)
    return { tag, start: this.#at + 2 + extra, length }
  }

  next(): { readonly tag: number; readonly content: Reader } {
    const { tag, start, length } = this.header()
    if (start + length > this.#end) throw new NotLdap(`an element of ${length} bytes reaches beyond what holds it`)
    this.#at = start + length
    return { tag, content: new Reader(this.#bytes, start, start + length) }
  }

  into(tag: number): Reader {
    const found = this.next()
    if (found.tag !== tag) throw new NotLdap(`0x${found.tag.toString(16)} where 0x${tag.toString(16)} belongs`)
    return found.content
  }

  skip(tag: number): void {
    this.into(tag)
  }

  /** An INTEGER, ENUMERATED or BOOLEAN of one to four bytes. */
  number(tag: number): void {
    const content = this.into(tag)
    const length = content.#end - content.#at
    if (length < 1 || length > 4) throw new NotLdap(`a number of ${length} bytes`)
  }

  is(bytes: Buffer): boolean {
    return this.#bytes.subarray(this.#at, this.#end).equals(bytes)
  }

  each(one: () => void): void {
    while (this.more) one()
  }

  end(): void {
    if (this.more) throw new NotLdap(`${this.#end - this.#at} bytes too many`)
  }

  #byte(at: number): number {
    if (at >= this.#end) throw new NotLdap('cut off')
    return this.#bytes[at] as number
  }
}
