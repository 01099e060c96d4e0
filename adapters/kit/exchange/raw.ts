import { digestOnce } from '../../../core/content/digest.ts'
import type { DraftFile } from '../../../core/door/port.ts'
import type { RawRecord } from '../../../core/ledger/port.ts'

/** Bodies from this size on are named by their digest instead of being kept a second time. */
const CUT_FROM = 4096
/**
 * A body is looked for by its first bytes, and compared in parts (both multiples of 3); so many places are compared at
 * most.
 */
const HEAD = 48
const PART = 48 * 1024
const MOST_PLACES = 16

/**
 * The record of a request's bytes: large bodies replaced by their digests where they stood there themselves (MTOM), or
 * where the base64 that stood there is exactly what encoding the decoded bytes gives; anything else is kept as it came.
 *
 * @param files those that were decoded from these bytes
 * @param secret local name of an element whose content is blotted out; without it in the bytes there is no record
 */
export function rawRecord(
  bytes: Buffer,
  contentType: string,
  files: readonly DraftFile[],
  secret?: string,
): RawRecord | undefined {
  const kept = secret === undefined ? bytes : blot(bytes, secret)
  return kept === undefined ? undefined : { contentType, pieces: piecesOf(kept, files, bytes) }
}

/** @param original the bytes on which files that stood there are views; `bytes` may be a copy */
function piecesOf(bytes: Buffer, files: readonly DraftFile[], original: Buffer): RawRecord['pieces'] {
  const cuts = files
    .filter((file) => file.bytes.length >= CUT_FROM)
    .flatMap((file) => viewOn(original, file.bytes) ?? findBody(bytes, file.bytes) ?? [])
  cuts.sort((a, b) => a.start - b.start)
  const pieces: RawRecord['pieces'][number][] = []
  let from = 0
  for (const cut of cuts) {
    // Two files with the same bytes may have found the same place.
    if (cut.start < from) continue
    if (cut.start > from) pieces.push({ bytes: bytes.subarray(from, cut.start) })
    pieces.push(cut.encoded ? { base64Of: cut.digest } : { bytesOf: cut.digest })
    from = cut.end
  }
  if (from < bytes.length || pieces.length === 0) pieces.push({ bytes: bytes.subarray(from) })
  return pieces
}

interface Cut {
  readonly start: number
  readonly end: number
  readonly digest: string
  /** base64 stood there, not the bytes */
  readonly encoded: boolean
}

/** Where a body stands that was never encoded. */
function viewOn(whole: Buffer, body: Buffer): Cut | undefined {
  const start = body.byteOffset - whole.byteOffset
  if (body.buffer !== whole.buffer || start < 0 || start + body.length > whole.length) return undefined
  return { start, end: start + body.length, digest: digestOnce(body), encoded: false }
}

function findBody(haystack: Buffer, body: Buffer): Cut | undefined {
  const head = Buffer.from(body.toString('base64', 0, HEAD), 'latin1')
  const length = Math.ceil(body.length / 3) * 4
  let start = haystack.indexOf(head)
  for (let places = 0; start !== -1 && places < MOST_PLACES; places++) {
    if (stands(haystack, start, body)) return { start, end: start + length, digest: digestOnce(body), encoded: true }
    start = haystack.indexOf(head, start + 1)
  }
  return undefined
}

/**
 * Whether the body's base64 stands there; encoded part by part, since a string of all of it costs more than the
 * comparison.
 */
function stands(haystack: Buffer, start: number, body: Buffer): boolean {
  for (let from = 0, at = start; from < body.length; from += PART) {
    const encoded = body.toString('base64', from, from + PART)
    if (haystack.toString('latin1', at, at + encoded.length) !== encoded) return false
    at += encoded.length
  }
  return true
}

/** A copy with asterisks for what every element of that name holds; undefined if there is none. */
function blot(bytes: Buffer, element: string): Buffer | undefined {
  const copy = Buffer.from(bytes)
  let found = false
  for (let at = copy.indexOf(element); at !== -1; at = copy.indexOf(element, at + element.length)) {
    const [before, after] = [copy[at - 1], copy[at + element.length]]
    const isStartTag = (before === 0x3c || before === 0x3a) && after !== undefined && (after === 0x3e || after <= 0x20)
    const start = isStartTag ? copy.indexOf(0x3e, at) + 1 : 0
    const end = start === 0 ? -1 : endTag(copy, element, start)
    if (end === -1) continue
    copy.fill(0x2a, start, end)
    found = true
  }
  return found ? copy : undefined
}

/** Where the element's end tag stands, or -1; a CDATA section or a comment before it is content like any other. */
function endTag(bytes: Buffer, element: string, from: number): number {
  for (let at = bytes.indexOf('</', from); at !== -1; at = bytes.indexOf('</', at + 2)) {
    const close = bytes.indexOf(0x3e, at)
    const name = close === -1 ? '' : bytes.toString('latin1', at + 2, close).trimEnd()
    if (name === element || name.endsWith(`:${element}`)) return at
  }
  return -1
}
