import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../../core/errors/catalogue.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { decodeText, encodeText } from '../../../core/mapping/encoding/text.ts'
import { readEnvelope } from '../../../adapters/oa/soap/envelope.ts'
import { readUsernameToken, securityNamespace } from '../../../adapters/oa/soap/security.ts'
import { readXml, readXmlString } from '../../../core/mapping/xml/read.ts'
import { repairXml } from '../../../core/mapping/xml/repair.ts'
import { atOnce } from '../../../core/util/turns.ts'
import { plain } from './lib/outcome.ts'
import { Holds, MOST_HOLD_MS } from '../../lib/holds.ts'
import { usernameToken } from '../../lib/username-token.ts'

const body = Buffer.alloc(450, '公文').toString('base64').replace(/.{76}/g, '$&\r\n')
const document = `<?xml version="1.0" encoding="gb2312"?>\n<EpointDataBody><DATA><ReturnInfo><Status>True</Status></ReturnInfo><UserArea><电子公文 版本号="1.0"><眉首 紧急程度='特急'>周政办〔2011〕83号 A&B</眉首><!-- <正文>${body}</正文> --><正文 编码方式="BASE64">${body}</正文><附注><![CDATA[<a & b>]]>&#20013;&lt;</附注></电子公文></UserArea></UserArea></DATA></EpointDataBody>`
const envelope = Buffer.concat([
  Buffer.from('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'),
  Buffer.from(usernameToken('oa-01', 'secret', new Date(0))),
  Buffer.from(
    `</s:Header><s:Body><t:Submit xmlns:t="http://tempuri.org/" t:id="1" id='2'><t:ParasXml>${'&lt;paras&gt;'.repeat(40)}</t:ParasXml><t:Body>${body}</t:Body></t:Submit></s:Body></s:Envelope>`,
  ),
])
const seeds: readonly Buffer[] = [
  envelope,
  Buffer.from(
    '\ufeff<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><h s:mustUnderstand="0"/></s:Header><s:Body><a/></s:Body></s:Envelope>',
    'utf16le',
  ),
  encodeText(document.replace('A&B', 'A&amp;B').replace('</UserArea></UserArea>', '</UserArea>'), 'gbk'),
  encodeText(document, 'gb18030'),
  Buffer.from(document),
]
const tokens = [
  '<',
  '>',
  '</',
  '/>',
  '&',
  '&amp;',
  ';',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '?>',
  '<!DOCTYPE a [',
  '"',
  "'",
  '=',
  ' xmlns="',
  ' xmlns:p="u"',
  'p:',
  ':',
  '\u0000',
  '\ufeff',
  '\r',
  '\u3000',
  '</UserArea>',
  '<a>',
  '<a b="',
  '&#x110000;',
  '&#xD800;',
  'encoding="utf-16"',
  'charset',
  's:Body',
  'mustUnderstand="1"',
].map((token) => Buffer.from(token))

/** Low, so that small inputs do. */
const cutAbove = 200

/** xorshift32: the same inputs in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

function mutate(source: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(source)
  for (let count = 1 + random(4); count > 0; count--) {
    // Half of the hits go where the markup is.
    const at =
      random(2) === 0
        ? random(bytes.length + 1)
        : Math.max(bytes.indexOf('<', random(bytes.length + 1)), 0) + random(12)
    const length = random(3) === 0 ? random(200) : random(6)
    const kind = random(7)
    const piece = tokens[random(tokens.length)] as Buffer
    const from = random(bytes.length + 1)
    if (kind === 0) bytes[at % Math.max(bytes.length, 1)] = random(256)
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + length), bytes.subarray(at)])
    else if (kind === 3 && random(4) === 0) bytes = bytes.subarray(0, at)
    else bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + (kind === 4 ? piece.length : 0))])
  }
  return bytes
}

/** The result, or the error's code; anything but an error of ours is a crash and goes on. */
function attempt<T>(act: () => T): { readonly value?: T; readonly code?: string } {
  try {
    return { value: act() }
  } catch (thrown) {
    if (!(thrown instanceof YizhanError)) throw thrown
    // Both texts can be made of it, whatever it quotes.
    if (thrown.zh === '' || thrown.en === '' || !(thrown.code in CATALOGUE))
      throw new Error(`bad error ${thrown.code}`, { cause: thrown })
    return { code: thrown.code }
  }
}

describe('20,000 mutated inputs', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])(
    'are read or refused by an error of ours, quickly, cut or uncut (part %i)',
    async (part) => {
      const random = generator(part * 7919)
      const outcomes = new Map<string, number>()
      const holds = new Holds()
      for (let count = 0; count < 1250; count++) {
        const index = random(seeds.length)
        const bytes = mutate(seeds[index] as Buffer, random)
        const charset = index === 2 || index === 3 ? 'gbk' : undefined
        const cut = await holds.of(() => {
          const read = attempt(() => readXml(bytes, { charset, cutAbove }))
          const text = attempt(() => decodeText(bytes, charset)).value
          if (text !== undefined) {
            const repaired = attempt(() =>
              atOnce(repairXml(text, { ampersands: true, doubledEndTags: ['UserArea', 'a'] })),
            ).value
            if (repaired === undefined) throw new Error('the repair threw')
            attempt(() => readXmlString(repaired.text, { cutAbove }))
          }
          const envelope = attempt(() =>
            readEnvelope(bytes, {
              contentType: charset === undefined ? undefined : `text/xml; charset=${charset}`,
              understood: [securityNamespace],
              cutAbove,
            }),
          )
          if (envelope.value !== undefined) attempt(() => readUsernameToken(envelope.value?.headers ?? []))
          return read
        })
        const uncut = attempt(() => readXml(bytes, { charset, cutAbove: Infinity }))
        if ((cut.value === undefined) !== (uncut.value === undefined))
          expect.fail(`cut ${cut.code}, uncut ${uncut.code}: ${bytes.toString('latin1')}`)
        // A mutation may leave a carriage return alone in a run, where it counts as no line.
        if (cut.value !== undefined && uncut.value !== undefined) {
          expect(JSON.stringify(plain(cut.value, 'no lines'))).toBe(JSON.stringify(plain(uncut.value, 'no lines')))
        }
        const outcome = cut.code ?? 'read'
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      expect(holds.longest, 'ms').toBeLessThan(MOST_HOLD_MS)
      // The mutations reach all of it: some still read, some are malformed in each way.
      expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['read', 'XML_MALFORMED', 'ENCODING_INVALID']))
      expect(outcomes.get('read')).toBeGreaterThan(50)
    },
    60_000,
  )
})
