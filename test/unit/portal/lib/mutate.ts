import { formOf, petition } from './petitions.ts'

/** A request's body, to be spoilt. */
export interface Seed {
  readonly contentType: string
  readonly bytes: Buffer
}

/** The same numbers every time (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '[['.repeat(500),
  '"',
  '\\u0000',
  '\\ud800',
  '":',
  ',',
  'null',
  'true',
  '-1',
  '1e999',
  '"__proto__":{"a":1},',
  '"constructor":1,',
  '\r\n',
  '\r\n\r\n',
  '--b',
  '--b--',
  '--',
  '\0',
  '\ufeff',
  'ÿ',
  '😀',
  'Content-Disposition: form-data; name="title"\r\n\r\n',
  '; filename="../../x"',
  "; filename*=gbk''%ff",
  'Content-Type: ;;;=\r\n',
  'Content-Transfer-Encoding: x\r\n',
  '<script>alert(1)</script>',
  '9'.repeat(300),
  'A'.repeat(3000),
].map((token) => Buffer.from(token))
const TYPES = [
  'application/json',
  'application/json; charset="',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="b',
  'multipart/form-data; boundary=b',
  `multipart/form-data; boundary=${'x'.repeat(300)}`,
  ';',
  '\u00ff',
]

export function mutate(seed: Seed, next: (below: number) => number): Seed {
  let { bytes, contentType } = seed
  for (let n = next(4); n >= 0; n--) {
    const at = next(bytes.length + 1)
    const length = next(Math.min(80, bytes.length - at + 1))
    const token = TOKENS[next(TOKENS.length)] ?? Buffer.alloc(0)
    switch (next(7)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)])
        break
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at + length)])
        break
      case 3:
        bytes = Buffer.concat([bytes, bytes.subarray(at, at + length), bytes])
        break
      case 4:
        bytes = bytes.subarray(0, at)
        break
      case 5:
        bytes = Buffer.from(bytes)
        if (bytes.length > 0) bytes[at % bytes.length] = next(256)
        break
      default:
        if (next(4) === 0) contentType = TYPES[next(TYPES.length)] ?? ''
    }
    if (bytes.length > 8_000) bytes = bytes.subarray(0, 8_000)
  }
  return { bytes, contentType }
}

/** A whole petition as JSON and as a form; the form has a short boundary, so that mutations hit it. */
export async function bodies(): Promise<readonly Seed[]> {
  const json = petition({ externalId: 'w-1', accused: '某单位' })
  const form = await formOf(json)
  const boundary = /boundary=(.*)$/.exec(form.contentType)?.[1] ?? ''
  return [
    { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(json)) },
    {
      contentType: 'multipart/form-data; boundary=b',
      bytes: Buffer.from(form.bytes.toString('latin1').replaceAll(boundary, 'b'), 'latin1'),
    },
  ]
}
