import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import type { JsonNode } from '../../../core/mapping/json/node.ts'
import { jsonSteps, type JsonLimits } from '../../../core/mapping/json/read.ts'
import { atOnce, inTurns } from '../../../core/util/turns.ts'
import { holdOf, Holds, MOST_HOLD_MS } from '../../lib/holds.ts'
import { mutateText, Random } from '../profile/lib/mutate.ts'
import { errorOf } from './lib/outcome.ts'

const read = (text: string | Buffer, limits?: Partial<JsonLimits>): JsonNode =>
  atOnce(jsonSteps(Buffer.isBuffer(text) ? text : Buffer.from(text), limits))

/** As JavaScript has it; of members that are named as prototypes are, as well. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return new Map([...node.members].map(([name, value]) => [name, plain(value)]))
    case 'array':
      return node.items.map(plain)
    case 'string':
      return node.body?.toString('latin1') ?? node.text
    case 'number':
      return Number(node.text)
    case 'boolean':
      return node.text === 'true'
    case 'null':
      return null
  }
}
const asMaps = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(asMaps)
    : typeof value === 'object' && value !== null
      ? new Map(Object.entries(value).map(([name, inner]) => [name, asMaps(inner)]))
      : value

describe('reads what JSON.parse reads', () => {
  const style = fc.constantFrom(undefined, 1, '\t', '\r\n ')
  it('any value, in any layout', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), style, (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        fc.pre(text.isWellFormed() && !/\\ud[89a-f]/i.test(text))
        const parsed: unknown = JSON.parse(text)
        // Object.entries puts names of digits first: an order of JavaScript's own.
        expect(plain(read(text))).toEqual(asMaps(parsed))
      }),
      { numRuns: 500 },
    )
  })

  it('10,000 wounded texts: refused by both, or read alike', async () => {
    const whole = JSON.stringify({
      title: '关于“防汛”的\\通知\n',
      n: [0, -1, 1.5e3, 12345678901234567890, true, false, null],
      files: [{ name: 'a.ofd', content: 'QUJD' }, {}],
      '': { deep: [[[['\ud83d\ude00']]]] },
    })
    const pieces = [
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\\u12',
      'e',
      '-',
      '01',
      '.',
      'nul',
      ' ',
      '\u0000',
      '"a":1,',
    ]
    const holds = new Holds()
    let read1 = 0
    for (let at = 0; at < 10_000; at++) {
      const random = new Random(at * 7919 + 3)
      const cut = random.below(whole.length)
      const text =
        at % 2 === 0
          ? mutateText(whole, random)
          : whole.slice(0, cut) + random.pick(pieces) + whole.slice(cut + random.below(3))
      const bytes = Buffer.from(text)
      const outcome = await holds.of(() => {
        try {
          return { node: atOnce(jsonSteps(bytes)) }
        } catch (error) {
          if (!(error instanceof YizhanError) || !/^JSON_/.test(error.code)) throw error
          return { error }
        }
      })
      const theirs = ((): { value: unknown } | undefined => {
        try {
          return { value: JSON.parse(bytes.toString('utf8')) as unknown }
        } catch {
          return undefined
        }
      })()
      if (outcome.node !== undefined) {
        read1++
        expect(theirs, text).toBeDefined()
        expect(plain(outcome.node)).toEqual(asMaps(theirs?.value))
      } else if (theirs !== undefined) expect(outcome.error.message, text).toMatch(/两次|代理对/)
    }
    expect(read1).toBeGreaterThan(200)
    expect(holds.longest, 'ms').toBeLessThan(MOST_HOLD_MS)
  })

  it('keeps every digit of a number, and the order of members', () => {
    const node = read('{"b":12345678901234567890.10,"a":-0}')
    expect(node.kind === 'object' && [...node.members]).toMatchObject([
      ['b', { kind: 'number', text: '12345678901234567890.10' }],
      ['a', { kind: 'number', text: '-0' }],
    ])
  })

  it('passes over a byte order mark, and counts lines', () => {
    const node = read('\ufeff{\n"a":\n1}')
    expect(node).toMatchObject({ kind: 'object', line: 1 })
    expect(node.kind === 'object' && node.members.get('a')).toMatchObject({ line: 3 })
  })

  it('long strings are cut at no character and no escape', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('\\\\', '\\"', '\\u4e2d', '\\ud83d\\ude00', '中', '😀', 'a', '\\n'), {
          minLength: 1,
          maxLength: 9,
        }),
        fc.nat(9),
        (parts, shift) => {
          const text = `"${'x'.repeat(shift)}${parts.join('').repeat(Math.ceil(140_000 / parts.join('').length))}"`
          expect(plain(read(text))).toBe(JSON.parse(text))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('cuts long base64 out as it stands, a view on the bytes', () => {
    const bytes = Buffer.from(JSON.stringify({ a: 'QUJD'.repeat(2000), b: `${'QUJD'.repeat(2000)}%` }))
    const node = read(bytes)
    const [a, b] = node.kind === 'object' ? [node.members.get('a'), node.members.get('b')] : []
    expect(a).toMatchObject({ text: '' })
    expect(a?.kind === 'string' && a.body?.buffer === bytes.buffer && a.body.length).toBe(8000)
    expect(b).toMatchObject({ body: undefined })
  })
})

describe('refuses, and says where', () => {
  it.each([
    ['', '1:1'],
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['[{"x":{"__proto__":1,"__proto__":2}}]', '__proto__'],
    ['{"a":1} {}', '1:9'],
    ['{\n "a": 01}', '2:7'],
    ['{"a":1,}', '1:8'],
    ['[1 2]', '1:4'],
    ['{a:1}', '1:2'],
    ["{'a':1}", '1:2'],
    ['{"a":.5}', '1:6'],
    ['{"a":NaN}', '1:6'],
    ['{"a":"x\ny"}', '1:6'],
    ['{"a":"\\x41"}', '1:6'],
    ['{"a":"\\ud800"}', '1:6'],
    ['{"a":"x', '1:6'],
    [`{"a":"${'QUJD'.repeat(2000)}\n"}`, '1:6'],
    [`{"a":"${'QUJD'.repeat(2000)}\t"}`, '1:6'],
    [`[${'9'.repeat(101)}]`, '1:2'],
    ['{"a":1}// comment', '1:8'],
  ])('%s', (text, field) => {
    const error = errorOf(() => read(text))
    expect(error).toMatchObject({ code: 'JSON_MALFORMED', facts: { field } })
  })

  it('what is no UTF-8', () => {
    expect(errorOf(() => read(Buffer.from([0x22, 0xb9, 0xab, 0x22])))).toMatchObject({ code: 'ENCODING_INVALID' })
  })

  it('never quotes what stands there', () => {
    const error = errorOf(() => read('{"phone":"13800000000" "x"}'))
    expect(JSON.stringify(error) + error.message).not.toContain('13800')
  })

  it.each<[string, string, Partial<JsonLimits>]>([
    ['depth', '[['.repeat(40), {}],
    ['values', `[${'1,'.repeat(100_001)}1]`, {}],
    ['size', '[1,2,3]', { size: 6 }],
    ['nameLength', `{"${'长'.repeat(257)}":1}`, {}],
    ['text', `["${'%'.repeat(200)}"]`, { text: 100 }],
  ])('too much: %s', (rule, text, limits) => {
    const error = errorOf(() => read(text, limits))
    expect(error).toMatchObject({ code: 'JSON_LIMIT' })
    expect(error.facts.rule).toContain(rule)
  })
})

describe('nothing of 8 MB holds the event loop', () => {
  const SIZE = 8_000_000
  const full = (piece: string): string => piece.repeat(Math.floor(SIZE / Buffer.byteLength(piece)))
  it.each<[string, string]>([
    ['brackets', full('[')],
    ['numbers', `[${full('1,')}1]`],
    ['as many values as there may be', `[${'{"a":1},'.repeat(49_990)}1]`],
    ['a string of quotes', `["${full('\\"')}"]`],
    ['a string of backslashes', `["${full('\\\\')}"]`],
    ['backslashes without end', `["${full('\\')}`],
    ['escapes', `["${full('\\u4e2d')}"]`],
    ['Chinese', `["${full('防汛')}"]`],
    ['base64', `["${full('QUJD')}"]`],
    ['nearly base64', `["${full('QUJD')}%"]`],
    ['blanks', full(' ')],
    ['line ends', full('\n')],
    ['one name', `{"${full('a')}":1}`],
    ['digits', full('9')],
  ])('%s', async (_what, text) => {
    const bytes = Buffer.from(text)
    const ms = await holdOf(() => inTurns(jsonSteps(bytes)).catch(() => undefined), MOST_HOLD_MS)
    expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
  })
})
