import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oaProof } from '../../../adapters/oa/proof.ts'
import { oaManifest } from '../../../adapters/oa/manifest.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { childOf, textOf } from '../../../core/mapping/xml/element.ts'
import { readEnvelope } from '../../../adapters/oa/soap/envelope.ts'
import { describedCity, EXAMPLE_FOLDER } from './lib/described.ts'
import { PASSWORD, TestHouse } from './lib/house.ts'
import { basic } from './lib/soap.ts'

/** The worked example of docs/new-dialect.md: a SOAP service that is a file, from sending to signing and returning. */

const NS = 'http://gwjh.example.gov.cn/service'
let t: TestHouse
let url: string
beforeAll(async () => {
  t = await TestHouse.open(describedCity(), EXAMPLE_FOLDER)
  url = `${t.url}/oa/soap/jiaohuan`
})
afterAll(() => t.close())

const escaped = (text: string): string => text.replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'))
const login = (account: string, password = PASSWORD): string =>
  `<zhangHao>${account}</zhangHao><kouLing>${escaped(password)}</kouLing>`

interface Asked {
  readonly version?: '1.1' | '1.2'
  readonly encoding?: 'utf-8' | 'gbk'
  readonly headers?: Readonly<Record<string, string>>
}

async function post(
  operation: string,
  inner: string,
  { version = '1.1', encoding = 'utf-8', headers }: Asked = {},
  address = url,
) {
  const soap =
    version === '1.1' ? 'http://schemas.xmlsoap.org/soap/envelope/' : 'http://www.w3.org/2003/05/soap-envelope'
  const xml = `<?xml version="1.0" encoding="${encoding}"?><s:Envelope xmlns:s="${soap}"><s:Body><${operation} xmlns="${NS}">${inner}</${operation}></s:Body></s:Envelope>`
  const type = version === '1.1' ? 'text/xml' : 'application/soap+xml'
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': `${type}; charset=${encoding}`, ...headers },
    body: new Uint8Array(iconv.encode(xml, encoding)),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const contentType = response.headers.get('content-type') ?? ''
  return { status: response.status, contentType, bytes, body: readEnvelope(bytes, { contentType }).body }
}

const at = (element: XmlElement, ...path: readonly string[]): string | undefined => {
  const found = path.reduce<XmlElement | undefined>((one, name) => one && childOf(one, name), element)
  return found && textOf(found)
}
const codeOf = (body: XmlElement): string | undefined => at(body, 'jieGuo', 'daiMa')

let sent = 0
const document = (to = '市林业局', more = ''): string =>
  `<waiBuHao>w-${++sent}</waiBuHao><wenHao>周水〔2026〕${sent}号</wenHao><wenZhong>通知</wenZhong><biaoTi>关于防汛的通知 ${sent}</biaoTi><zhuSong>${to}</zhuSong><fenShu>3</fenShu>${more}<wenJian><wenJianMing>正文.ofd</wenJianMing><leiXing>main</leiXing><neiRong>${Buffer.from('正文').toString('base64')}</neiRong></wenJian>`
async function submitted(): Promise<string> {
  const { body } = await post('FaSongGongWen', login('water') + document())
  expect(codeOf(body)).toBe('0')
  await t.flow()
  return at(body, 'bianHao') ?? ''
}

describe('a served dialect that is a file', () => {
  it.each(['1.1', '1.2'] as const)('submits, lists, fetches, signs and answers by SOAP %s', async (version) => {
    const accepted = await post('FaSongGongWen', login('water') + document(), { version })
    expect(accepted.status).toBe(200)
    expect([accepted.body.local, accepted.body.uri]).toEqual(['FaSongGongWenJieGuo', NS])
    expect([codeOf(accepted.body), at(accepted.body, 'yiShouGuo')]).toEqual(['0', 'false'])
    const id = at(accepted.body, 'bianHao') ?? ''
    await t.flow()

    const list = await post('ChaDaiShou', `${login('forest')}<zuiDuo>50</zuiDuo>`, { version })
    const rows = list.body.children.filter(({ local }) => local === 'tiaoMu')
    expect(at(list.body, 'gongJi')).toBe(String(rows.length))
    const row = rows.find((one) => at(one, 'tiMing') === `关于防汛的通知 ${sent}`)
    expect(row && [at(row, 'xiaoXiLeiXing'), at(row, 'laiWenDanWei')]).toEqual(['document', '市水务局'])
    const item = (row && at(row, 'shouWenHao')) ?? ''

    const { body: fetched } = await post('QuGongWen', `${login('forest')}<gongWenHao>${item}</gongWenHao>`, { version })
    expect(codeOf(fetched)).toBe('0')
    expect(at(fetched, 'gongWen', 'wenHao')).toBe(`周水〔2026〕${sent}号`)
    expect(Buffer.from(at(fetched, 'gongWen', 'wenJian', 'neiRong') ?? '', 'base64').toString()).toBe('正文')

    const signed = await post(
      'QianShouGongWen',
      `${login('forest')}<gongWenHao>${item}</gongWenHao><qianShouRen>张三</qianShouRen>`,
      { version },
    )
    expect(codeOf(signed.body)).toBe('0')
    const replied = await post(
      'HuiFuGongWen',
      `${login('forest')}<gongWenHao>${item}</gongWenHao><yiJian>已办结</yiJian>`,
      { version },
    )
    expect(codeOf(replied.body)).toBe('0')
    await t.flow()
    const status = await post('ChaZhuangTai', `${login('water')}<gongWenHao>${id}</gongWenHao>`, { version })
    expect([at(status.body, 'yiCheHui'), at(status.body, 'shouWenDanWei', 'zhuangTai')]).toEqual(['false', 'replied'])
    expect(at(status.body, 'shouWenDanWei', 'shiJian')).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/)
  })

  it('returns and withdraws', async () => {
    const [returned, withdrawn] = [await submitted(), await submitted()]
    const back = await post(
      'TuiHuiGongWen',
      `${login('forest')}<gongWenHao>${returned}</gongWenHao><yuanYin>附件不全</yuanYin>`,
    )
    expect(codeOf(back.body)).toBe('0')
    const away = await post(
      'CheHuiGongWen',
      `${login('water')}<gongWenHao>${withdrawn}</gongWenHao><yuanYin>有误</yuanYin>`,
    )
    expect(codeOf(away.body)).toBe('0')
    const messages = await t.flow()
    expect(messages.map(({ kind }) => kind)).toEqual(['return', 'withdrawal'])
  })

  it('the same again gets the same answer', async () => {
    const again = document()
    const [first, second] = [
      await post('FaSongGongWen', login('water') + again),
      await post('FaSongGongWen', login('water') + again),
    ]
    expect([at(first.body, 'yiShouGuo'), at(second.body, 'yiShouGuo')]).toEqual(['false', 'true'])
    expect(at(second.body, 'bianHao')).toBe(at(first.body, 'bianHao'))
  })

  it('speaks GBK with who speaks GBK, password and all', async () => {
    const { body, contentType, bytes } = await post('FaSongGongWen', login('water') + document('市没有局'), {
      encoding: 'gbk',
    })
    expect(contentType).toContain('gbk')
    expect(iconv.decode(bytes, 'gbk')).toContain('市没有局')
    expect(codeOf(body)).toBe('3')
    expect(codeOf((await post('FaSongGongWen', login('water') + document(), { encoding: 'gbk' })).body)).toBe('0')
  })

  it('takes HTTP Basic too', async () => {
    const headers = { authorization: basic('forest', PASSWORD) }
    expect(codeOf((await post('ChaDaiShou', '', { headers })).body)).toBe('0')
  })

  it.each<[string, string, string, string, string]>([
    ['a wrong password', 'ChaDaiShou', login('forest', 'wrong'), '1', 'UNAUTHENTICATED'],
    ['nobody', 'ChaDaiShou', '', '1', 'UNAUTHENTICATED'],
    ['an account of another dialect', 'ChaDaiShou', login('office'), '1', 'UNAUTHENTICATED'],
    ['a broken rule', 'FaSongGongWen', `${login('water')}<biaoTi> </biaoTi>`, '2', 'biaoTi'],
    [
      'an element that it does not have',
      'FaSongGongWen',
      `${login('water')}<biaoTi>甲</biaoTi><miJi2>x</miJi2>`,
      '2',
      'miJi2',
    ],
    ['what there is not', 'QuGongWen', `${login('forest')}<gongWenHao>nothing</gongWenHao>`, '4', 'nothing'],
    [
      'what there is not, asked for',
      'ChaZhuangTai',
      `${login('forest')}<gongWenHao>nothing</gongWenHao>`,
      '4',
      'nothing',
    ],
    ['a list of too many', 'ChaDaiShou', `${login('forest')}<zuiDuo>1001</zuiDuo>`, '2', 'zuiDuo'],
  ])('%s is refused by an answer', async (_what, operation, inner, code, text) => {
    const { status, body } = await post(operation, inner)
    expect(status).toBe(200)
    expect(body.local).toBe(`${operation}JieGuo`)
    expect([codeOf(body), at(body, 'jieGuo', 'xinXi')]).toEqual([code, expect.stringContaining(text)])
  })

  it('its system calls us, and renames nothing', () => {
    const system = { id: 'a', name: 'a', adapter: 'oa', profile: 'soap-jiaohuan' }
    const faults = (more: object) => oaManifest.check?.(systemSchema.parse({ ...system, ...more }), [])
    expect(faults({ roles: ['calls-us'] })).toEqual([])
    expect(
      faults({ roles: ['calls-us', 'we-call'], url: 'http://h', settings: { operations: { submit: 'Send' } } }),
    ).toMatchObject([
      { path: ['operations', 'submit'], value: 'submit' },
      { path: ['roles'], value: 'we-call' },
    ])
  })

  it('an operation that it does not have is a fault: no answer is known', async () => {
    const { status, body } = await post('ShanChu', login('water'))
    expect([status, body.local]).toEqual([500, 'Fault'])
  })

  it('keeps no password with the record of a request', async () => {
    const id = await submitted()
    const text = (await t.opened.raw.read(id))?.bytes.toString('utf8') ?? ''
    expect(text).toContain('zhangHao')
    expect(text).not.toContain('口令-p')
  })

  it('is found where it is listed, and nowhere else', async () => {
    expect(await (await fetch(`${t.url}/oa/soap`)).text()).toContain(`${url}?wsdl`)
    expect((await fetch(`${t.url}/oa/soap/nothing?wsdl`)).status).toBe(404)
    const wsdl = await (await fetch(`${url}?wsdl`)).text()
    expect(wsdl).toContain(`location="${url}"`)
    expect(wsdl).toContain('soapAction="http://gwjh.example.gov.cn/service/FaSongGongWen"')
  })
})

/** The same dialect as others would have it: faults, SOAP 1.1 only, and HTTP says who calls. */
describe('a served dialect with faults of its own', () => {
  let other: TestHouse
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yizhan-described-'))
    await cp(EXAMPLE_FOLDER, folder, { recursive: true })
    const file = join(folder, 'profiles', 'soap-jiaohuan.yaml')
    const text = (await readFile(file, 'utf8'))
      .replace('  login: { account: zhangHao, password: kouLing }\n', "  versions: ['1.1']\n")
      .replace('refusals: answer', 'fault: CuoWu')
      .replace(/, refused: \w+/g, '')
      .replace(
        'forms:\n',
        'forms:\n  CuoWu:\n    kind: record\n    root:\n      element: cuoWu\n      children:\n        - { element: cuoWuMa, field: code, required: true }\n        - { element: ziDuan, field: field }\n        - { element: shuoMing, field: zh }\n',
      )
    await writeFile(file, text)
    other = await TestHouse.open(describedCity(), folder)
  })
  afterAll(async () => {
    await other.close()
    await rm(folder, { recursive: true, force: true })
  })
  const ask = (operation: string, inner: string, asked: Asked = {}) =>
    post(
      operation,
      inner,
      { headers: { authorization: basic('water', PASSWORD) }, ...asked },
      `${other.url}/oa/soap/jiaohuan`,
    )

  it('says what is wrong in its own words, in the caller’s encoding', async () => {
    const { status, bytes, body } = await ask('FaSongGongWen', '<biaoTi> </biaoTi>', { encoding: 'gbk' })
    expect([status, body.local]).toEqual([500, 'Fault'])
    const detail = childOf(body, 'detail')?.children[0]
    expect(detail && [detail.local, detail.uri, at(detail, 'cuoWuMa'), at(detail, 'ziDuan')]).toEqual([
      'cuoWu',
      NS,
      'PROFILE_FIELD',
      'biaoTi',
    ])
    expect(iconv.decode(bytes, 'gbk')).toContain('不合规则')
  })

  it('answers a stranger with 401, and knows no passwords in requests', async () => {
    const { status, body } = await ask('ChaDaiShou', login('water'), { headers: {} })
    expect([status, body.local]).toEqual([401, 'Fault'])
    const within = await ask('ChaDaiShou', login('water'))
    expect([within.status, at(childOf(within.body, 'detail')?.children[0] ?? body, 'ziDuan')]).toEqual([
      500,
      'zhangHao',
    ])
  })

  it('takes no other version', async () => {
    expect((await ask('ChaDaiShou', '', { version: '1.2' })).status).toBe(500)
    expect((await ask('ChaDaiShou', '')).status).toBe(200)
    const wsdl = await (await fetch(`${other.url}/oa/soap/jiaohuan?wsdl`)).text()
    expect(wsdl).not.toContain('Soap12')
    expect(wsdl).toContain('element="tns:cuoWu"')
    expect(wsdl).toContain('<soap:fault name="Refusal" use="literal"/>')
  })
})

describe('the line that `yizhan account add` gives', () => {
  const line = (units: readonly string[]): string => {
    const system = t.house.city().systems.find(({ id }) => id === 'oa-jiaohuan')
    if (system === undefined) throw new Error('oa-jiaohuan')
    const found = oaProof({
      system,
      account: { id: 'water' },
      password: PASSWORD,
      units,
      single: units.length === 1,
      profile: t.house.profile,
      host: undefined,
      publicUrl: t.url,
    })
    // A password of a test, of characters that a shell has for itself: those that are made have none.
    return (found ?? '').replace(`water:${PASSWORD}`, `'water:${PASSWORD}'`)
  }

  it('is answered with a list where account and unit agree, and not otherwise', async () => {
    const run = promisify(execFile)
    const good = await run('sh', ['-c', line(['water'])])
    expect(good.stdout).toContain('<ChaDaiShouJieGuo')
    expect(good.stdout).toContain('<daiMa>0</daiMa>')
    const wrong = await run('sh', ['-c', line(['water']).replace('-u ', '-u x')])
    expect(wrong.stdout).not.toContain('<daiMa>0</daiMa>')
  })

  it('names the unit where the account speaks for several', () => {
    expect(line(['water', 'forest'])).toContain(`<ChaDaiShou xmlns="${NS}"><danWei>water</danWei></ChaDaiShou>`)
  })
})
