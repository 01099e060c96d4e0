import type { IncomingHttpHeaders } from 'node:http'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { beforeAll, describe, expect, it } from 'vitest'
import { readEnvelope } from '../../../adapters/oa/soap/envelope.ts'
import { usernameToken } from '../../lib/username-token.ts'
import { describedCity, EXAMPLE_FOLDER } from './lib/described.ts'
import { bareHouse, handle, type BareHouse } from './lib/bare.ts'
import { PASSWORD } from './lib/house.ts'
import { basic, envelope, file, NS, notice, submit } from './lib/soap.ts'
import { Holds, MOST_HOLD_MS } from '../../lib/holds.ts'

/** Mutated requests against each served endpoint: always an answer, always a SOAP message, never an inner error. */
const TIMES = 20_000

interface Seed {
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
}

/** The same numbers every time (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const TOKENS = [
  '<',
  '>',
  '</',
  '/>',
  '&',
  '&amp;',
  '&#0;',
  '&#xD800;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '<!DOCTYPE a>',
  '<?x?>',
  '"',
  "'",
  ' xmlns=""',
  '\0',
  '\ufffe',
  '😀',
  '机密★1年',
  'null',
  '-1',
  '9'.repeat(40),
  'A'.repeat(5000),
  '<a>'.repeat(100),
  NS,
  'content',
  'ParasXml',
  '；;；',
].map((token) => Buffer.from(token))
const TYPES = [
  'text/xml',
  'text/xml; charset=gbk',
  'text/xml; charset="utf-16"',
  'application/soap+xml; action="x"',
  'text/plain',
  'text/xml; charset=',
  ';;;=',
  'text/xml; charset=utf-8; charset=gbk',
]
const CODINGS = ['gzip', 'deflate', 'identity', 'br', 'x-gzip', '']

function mutate(seed: Seed, next: (below: number) => number): Seed {
  let { bytes, headers } = seed
  for (let n = next(4); n >= 0; n--) {
    const at = next(bytes.length + 1)
    const length = next(Math.min(60, bytes.length - at + 1))
    const token = TOKENS[next(TOKENS.length)] ?? Buffer.alloc(0)
    switch (next(7)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)])
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      case 3:
        bytes = Buffer.from(bytes)
        if (at < bytes.length) bytes[at] = next(256)
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at + length)])
        break
      case 5:
        if (next(8) === 0) headers = { ...headers, 'content-type': TYPES[next(TYPES.length)] }
        break
      case 6:
        if (next(8) === 0) headers = { ...headers, 'content-encoding': CODINGS[next(CODINGS.length)] }
        break
    }
  }
  return { bytes, headers }
}

let bare: BareHouse
beforeAll(async () => {
  bare = await bareHouse(describedCity(), EXAMPLE_FOLDER)
})

async function fuzz(prefix: string, seeds: readonly Seed[], times = TIMES): Promise<ReadonlyMap<string, number>> {
  const mount = bare.mount(prefix)
  const next = random(2011)
  const seen = new Map<string, number>()
  const statuses = new Set<number>()
  const holds = new Holds()
  for (let n = 0; n < times; n++) {
    const seed = seeds[next(seeds.length)]
    if (seed === undefined) throw new Error('no seed')
    const { bytes, headers } = mutate(seed, next)
    const answer = await holds.of(() => handle(mount, bytes, headers, prefix))
    const { body } = readEnvelope(answer.bytes, { contentType: String(answer.headers['content-type']) })
    statuses.add(answer.status)
    const what =
      body.local === 'Fault' ? (/<e:code>(\w+)</.exec(answer.bytes.toString('latin1'))?.[1] ?? 'none') : 'answered'
    seen.set(what, (seen.get(what) ?? 0) + 1)
  }
  expect(bare.events.filter((event) => event.code === 'internal.error')).toEqual([])
  for (const status of statuses) expect([200, 400, 401, 500]).toContain(status)
  expect(holds.longest, 'ms').toBeLessThan(MOST_HOLD_MS)
  return seen
}

describe(`${TIMES} mutated requests`, () => {
  it('to our own service never crash it', { timeout: 180_000 }, async () => {
    const auth = { authorization: basic('office', PASSWORD), 'content-type': 'text/xml; charset=utf-8' }
    const full = submit(
      notice({
        id: 'F-1',
        more: '<securityClass>公开</securityClass><emergencyDegree>特急</emergencyDegree><topicWords><topicWord>防汛</topicWord></topicWords>',
        files: file('正文.ofd', Buffer.alloc(5000, 3), '<digest>md5:00</digest>'),
      }),
    )
    const act = envelope(
      `<ReturnDocument xmlns="${NS}"><unit>office</unit><id>st-1/office</id><reason>附件不全</reason><by>张三</by></ReturnDocument>`,
    )
    const token = envelope(
      `<ListItems xmlns="${NS}"><maxItems>10</maxItems><kind>document</kind></ListItems>`,
      usernameToken('office', PASSWORD, new Date()),
    )
    const beside = envelope(
      `<Submit xmlns="${NS}"><document>${notice({ files: '<file><name>a</name><content><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:1@x"/></content></file>' })}</document></Submit>`,
      '<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">urn:1</a:MessageID>',
    )
    const mtom = `--B\r\nContent-Type: application/xop+xml; charset=utf-8; type="text/xml"\r\n\r\n${beside}\r\n--B\r\nContent-ID: <1@x>\r\n\r\n${'x'.repeat(300)}\r\n--B--\r\n`
    const seen = await fuzz('/oa/yizhan', [
      {
        bytes: Buffer.from(mtom),
        headers: { ...auth, 'content-type': 'multipart/related; type="application/xop+xml"; boundary=B' },
      },
      { bytes: Buffer.from(full), headers: auth },
      { bytes: Buffer.from(act), headers: auth },
      { bytes: Buffer.from(token), headers: { 'content-type': 'text/xml' } },
      { bytes: iconv.encode(full, 'gbk'), headers: { ...auth, 'content-type': 'text/xml; charset=gbk' } },
      { bytes: gzipSync(full), headers: { ...auth, 'content-encoding': 'gzip' } },
      {
        bytes: Buffer.from(envelope(`<Status xmlns="${NS}"><id>周政办〔2011〕1号</id></Status>`, '', '1.2')),
        headers: { ...auth, 'content-type': 'application/soap+xml' },
      },
    ])
    // Mutations that reach every layer, and some that are harmless.
    for (const code of [
      'answered',
      'XML_MALFORMED',
      'PROFILE_FIELD',
      'GZIP_INVALID',
      'ENCODING_INVALID',
      'SOAP_ENVELOPE',
      'OPERATION_UNKNOWN',
      'XML_DOCTYPE',
    ])
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(0)
  })

  it('to the exchange centre of dialect A never crash it', { timeout: 180_000 }, async () => {
    const paras =
      '<?xml version="1.0" encoding="gb2312"?><paras><DeptGuid>office</DeptGuid><电子公文 公文标识="E" 公文种类="通知"><公文体><眉首><紧急程度>较急</紧急程度><发文字号><发文机关代字>周教</发文机关代字><发文年号>2011</发文年号><发文序号>5号</发文序号></发文字号></眉首><主体><标题>关于A&B</标题><主送机关>市政府办公室;</主送机关><正文><版式文件 文件名="a.ceb" 编码方式="BASE64">QUJD</版式文件></正文><成文日期>null</成文日期></主体></公文体></电子公文></paras></paras>'
    const call = (operation: string, xml: string): string =>
      envelope(
        `<${operation} xmlns="http://tempuri.org/"><TokenBase64>${Buffer.from(`edu:${PASSWORD}`).toString('base64')}</TokenBase64><ParasXml>${xml.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</ParasXml></${operation}>`,
      )
    const headers = { 'content-type': 'text/xml; charset=utf-8' }
    const send = call('OutboxArchive_Send', paras)
    const seen = await fuzz('/oa/epoint/ArchiveExchange.asmx', [
      { bytes: Buffer.from(send), headers },
      { bytes: iconv.encode(send, 'gbk'), headers: { 'content-type': 'text/xml; charset=gb2312' } },
      {
        bytes: Buffer.from(
          call('InboxArchive_Return', '<paras><originalPaperGUID>x</originalPaperGUID><Reason>y</Reason></paras>'),
        ),
        headers,
      },
      { bytes: Buffer.from(call('InboxArchive_Receive', '<paras><InboxGuid>x</InboxGuid></paras>')), headers },
    ])
    for (const code of ['answered', 'XML_MALFORMED', 'ENCODING_INVALID', 'OPERATION_UNKNOWN'])
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(0)
    expect(bare.drafts.length).toBeGreaterThan(1000)
  })

  it('to a dialect that is a file never crash it', { timeout: 180_000 }, async () => {
    const call = (operation: string, inner: string): string =>
      envelope(
        `<${operation} xmlns="http://gwjh.example.gov.cn/service"><zhangHao>water</zhangHao><kouLing>${PASSWORD.replace('&', '&amp;').replace('<', '&lt;')}</kouLing>${inner}</${operation}>`,
      )
    const headers = { 'content-type': 'text/xml; charset=utf-8' }
    const send = call(
      'FaSongGongWen',
      '<waiBuHao>1</waiBuHao><wenHao>周水〔2026〕1号</wenHao><biaoTi>关于A&amp;B的通知</biaoTi><fenShu>3</fenShu><wenJian><wenJianMing>a.ofd</wenJianMing><leiXing>main</leiXing><neiRong>QUJD</neiRong></wenJian>',
    )
    const seen = await fuzz(
      '/oa/soap/jiaohuan',
      [
        { bytes: Buffer.from(send), headers },
        { bytes: iconv.encode(send, 'gbk'), headers: { 'content-type': 'text/xml; charset=gbk' } },
        { bytes: Buffer.from(call('TuiHuiGongWen', '<gongWenHao>x</gongWenHao><yuanYin>y</yuanYin>')), headers },
        { bytes: Buffer.from(call('QuGongWen', '<gongWenHao>x</gongWenHao>')), headers },
        { bytes: Buffer.from(call('ChaDaiShou', '<zuiDuo>10</zuiDuo>')), headers },
      ],
      TIMES / 4,
    )
    for (const code of ['answered', 'XML_MALFORMED', 'ENCODING_INVALID', 'OPERATION_UNKNOWN'])
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(0)
  })
})
