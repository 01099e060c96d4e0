import { digestOf } from '../../core/content/digest.ts'
import type { DraftFile } from '../../core/door/port.ts'
import type { RawRecord } from '../../core/ledger/port.ts'

/** Bodies from this size on are named by their digest instead of being kept a second time. */
const CUT_FROM = 4096
/** A body is looked for by its first characters; so many places are compared at most. */
const SEARCH_LENGTH = 64
const MOST_PLACES = 16

/** A secret in a request: the name of the element that holds it, and how it is written there. */
export interface SecretPlace {
  readonly within: string
  readonly value: string
}

/**
 * The record of a request's bytes: large bodies replaced by their digests where the base64 that stood there is exactly
 * what encoding the decoded bytes gives (anything else is kept as it came), passwords blotted out.
 *
 * @param files those that were decoded from these bytes
 * @param secrets passwords and tokens that stand in the bytes
 */
export function rawRecord(bytes: Buffer, contentType: string, files: readonly DraftFile[], secrets: readonly SecretPlace[] = []): RawRecord {
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
  return { contentType, pieces: secrets.length === 0 ? pieces : pieces.map((piece) => ('bytes' in piece ? { bytes: blotted(piece.bytes, secrets) } : piece)) }
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

function blotted(bytes: Uint8Array, secrets: readonly SecretPlace[]): Uint8Array {
  const copy = Buffer.from(bytes)
  for (const { within, value } of secrets) {
    const element = copy.indexOf(within)
    const at = element === -1 || value === '' ? -1 : copy.indexOf(value, element, 'utf8')
    if (at !== -1) copy.fill(0x2a, at, at + Buffer.byteLength(value))
  }
  return copy
}
