import { digestOf } from '../../core/content/digest.ts'
import type { DraftFile } from '../../core/door/port.ts'
import type { RawRecord } from '../../core/ledger/port.ts'

/** Bodies from this size on are named by their digest instead of being kept a second time. */
const CUT_FROM = 4096
/** A body is looked for by its first characters; so many places are compared at most. */
const SEARCH_LENGTH = 64
const MOST_PLACES = 16

/**
 * The record of a request's bytes: large bodies replaced by their digests where the base64 that stood there is exactly
 * what encoding the decoded bytes gives; anything else is kept as it came.
 *
 * @param files those that were decoded from these bytes
 * @param secret local name of an element whose content is blotted out; without it in the bytes there is no record
 */
export function rawRecord(bytes: Buffer, contentType: string, files: readonly DraftFile[], secret?: string): RawRecord | undefined {
  if (secret === undefined) return { contentType, pieces: piecesOf(bytes, files) }
  const blotted = blot(bytes, secret)
  return blotted === undefined ? undefined : { contentType, pieces: piecesOf(blotted, files) }
}

function piecesOf(bytes: Buffer, files: readonly DraftFile[]): RawRecord['pieces'] {
  const cuts = files.filter((file) => file.bytes.length >= CUT_FROM).flatMap((file) => findBody(bytes, file.bytes) ?? [])
  cuts.sort((a, b) => a.start - b.start)
  const pieces: RawRecord['pieces'][number][] = []
  let from = 0
  for (const cut of cuts) {
    // Two files with the same bytes may have found the same place.
    if (cut.start < from) continue
    if (cut.start > from) pieces.push({ bytes: bytes.subarray(from, cut.start) })
    pieces.push({ base64Of: cut.digest })
    from = cut.end
  }
  if (from < bytes.length || pieces.length === 0) pieces.push({ bytes: bytes.subarray(from) })
  return pieces
}

interface Cut { readonly start: number; readonly end: number; readonly digest: string }

function findBody(haystack: Buffer, body: Buffer): Cut | undefined {
  const encoded = Buffer.from(body.toString('base64'), 'latin1')
  const head = encoded.subarray(0, SEARCH_LENGTH)
  let start = haystack.indexOf(head)
  for (let places = 0; start !== -1 && places < MOST_PLACES; places++) {
    const end = start + encoded.length
    if (haystack.compare(encoded, 0, encoded.length, start, Math.min(end, haystack.length)) === 0) return { start, end, digest: digestOf(body) }
    start = haystack.indexOf(head, start + 1)
  }
  return undefined
}

/** A copy with asterisks for what every element of that name holds; undefined if there is none. */
function blot(bytes: Buffer, element: string): Buffer | undefined {
  const copy = Buffer.from(bytes)
  let found = false
  for (let at = copy.indexOf(element); at !== -1; at = copy.indexOf(element, at + element.length)) {
    const [before, after] = [copy[at - 1], copy[at + element.length]]
    const isStartTag = (before === 0x3c || before === 0x3a) && after !== undefined && (after === 0x3e || after <= 0x20)
    const start = isStartTag ? copy.indexOf(0x3e, at) + 1 : 0
    const end = start === 0 ? -1 : copy.indexOf(0x3c, start)
    if (end === -1) continue
    copy.fill(0x2a, start, end)
    found = true
  }
  return found ? copy : undefined
}
