import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EpointOa } from '../../../sandbox/oa/epoint/client.ts'
import { escape } from '../../../sandbox/oa/epoint/wire.ts'
import { Inboxes } from '../../../sandbox/oa/inboxes.ts'
import type { Paper } from '../../../sandbox/oa/paper.ts'

/** A made-up exchange centre: answers by operation; remembers what it was asked. */
let asked: { operation: string; body: string; contentType: string }[]
let answers: Record<string, (body: string) => string | number>
let server: Server
let folder: string
let inboxes: Inboxes
beforeEach(async () => {
  asked = []
  answers = {}
  folder = mkdtempSync(join(tmpdir(), 'epoint-'))
  inboxes = new Inboxes(folder)
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const contentType = request.headers['content-type'] ?? ''
      const body = iconv.decode(Buffer.concat(chunks), contentType.includes('gb2312') ? 'gbk' : 'utf8')
      const operation = /tempuri\.org\/(\w+)/.exec(String(request.headers['soapaction']))?.[1] ?? ''
      asked.push({ operation, body, contentType })
      const answer = answers[operation]?.(body) ?? 500
      if (typeof answer === 'number') return void request.socket.destroy()
      const result = `<EpointDataBody><DATA>${answer}</DATA></EpointDataBody>`
      const xml = `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><${operation}Response xmlns="http://tempuri.org/"><${operation}Result>${escape(result)}</${operation}Result></${operation}Response></soap:Body></soap:Envelope>`
      const gbk = contentType.includes('gb2312')
      response
        .setHeader('content-type', `text/xml; charset=${gbk ? 'gbk' : 'utf-8'}`)
        .end(gbk ? iconv.encode(xml, 'gbk') : xml)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await inboxes.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const oa = (habit: number): EpointOa =>
  new EpointOa(
    { id: 'sifaju', name: '市司法局', groups: [], system: 'oa-epoint', aliases: [], codes: ['ZK-008'] },
    () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.asmx`,
    { name: 'sifaju', password: '口令' },
    inboxes,
    habit,
  )
const OK = '<ReturnInfo><Status>True</Status><Description></Description></ReturnInfo>'
const paper: Paper = {
  key: 'sifaju-1',
  number: '司法局〔2011〕7号',
  title: '“平安&和谐”',
  documentType: '报告',
  urgency: '特急',
  to: '市政府办公室',
  date: '2011-07-08',
  files: [{ name: '正文.pdf', role: 'main', bytes: Buffer.from('正文') }],
}
const parasOf = (body: string): string =>
  (/<ParasXml>([^]*)<\/ParasXml>/.exec(body)?.[1] ?? '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

describe('an OA made for a 新点 centre', () => {
  it('sends with the warts of the real ones', async () => {
    answers['OutboxArchive_Send'] = () => `${OK}<UserArea><SysGUID>zk-1</SysGUID></UserArea>`
    expect(await oa(0).submit(paper)).toBe('zk-1')
    expect(asked[0]?.body).toContain(`<TokenBase64>${Buffer.from('sifaju:口令').toString('base64')}</TokenBase64>`)
    const first = parasOf(asked[0]?.body ?? '')
    expect(first).toMatch(/^<\?xml version="1.0" encoding="gb2312"\?>/)
    expect(first).toContain('<标题>“平安&和谐”</标题>')
    expect(first).toContain('<成文日期>null</成文日期>')
    expect(first).toContain('<收文部门名称>市政府办公室;</收文部门名称>')
    expect(first).toContain('<紧急程度>紧急</紧急程度>')
    await oa(1).submit(paper)
    const second = parasOf(asked[1]?.body ?? '')
    expect(second).toContain('</paras></paras>')
    expect(second).toContain('<标题>“平安&amp;和谐”</标题>')
    expect(second).toContain('<成文日期>2011-7-8</成文日期>')
    await oa(2).submit(paper)
    expect(asked[2]?.contentType).toContain('gb2312')
    expect(parasOf(asked[2]?.body ?? '')).toContain('公文标识="sifaju-1"')
  })

  it('understands a refusal, and tries again what was lost', async () => {
    answers['OutboxArchive_Send'] = () =>
      '<ReturnInfo><Status>False</Status><Description>NUMBER_IN_USE 发文字号已用 / in use</Description></ReturnInfo><UserArea></UserArea>'
    await expect(oa(0).submit(paper)).rejects.toMatchObject({
      name: 'Refused',
      code: 'NUMBER_IN_USE',
      text: '发文字号已用 / in use',
    })
    answers['OutboxArchive_Send'] = () =>
      '<ReturnInfo><Status>False</Status><Description>OVERLOADED 站点繁忙 / busy</Description></ReturnInfo><UserArea></UserArea>'
    await expect(oa(0).submit(paper)).rejects.toMatchObject({ name: 'TryAgain' })
    delete answers['OutboxArchive_Send']
    await expect(oa(0).submit(paper)).rejects.toMatchObject({ name: 'TryAgain' })
  })

  it('fetches what it does not have, keeps it once, and receipts notices by itself', async () => {
    const signed: string[] = []
    const row = (id: string): string => `<Paper><SysGUID>${id}</SysGUID><Title>…</Title></Paper>`
    const listOf = (rows: string): string =>
      `${OK}<UserArea><ReturnInfo><PaperList>${rows}</PaperList></ReturnInfo></UserArea>`
    answers['InboxArchive_Unreceipted'] = () => listOf(row('d/sifaju'))
    answers['InboxArchive_Notices'] = () => listOf(signed.length === 0 ? row('r/sifaju') : '')
    answers['InboxArchive_Receipt'] = (body) => {
      signed.push(/<originalPaperGUID>([^<]+)/.exec(parasOf(body))?.[1] ?? '')
      return `${OK}<UserArea><SysGUID>x</SysGUID></UserArea>`
    }
    answers['InboxArchive_Receive'] = (body) => {
      const notice = parasOf(body).includes('<InboxGuid>r/')
      const [type, main] = notice
        ? [
            '回执',
            '<标题>回执：关于开通的通知</标题><关联收文>zk-9</关联收文><发文号>周政办〔2011〕83号</发文号><发文部门名称>市财政局</发文部门名称><附注>已签收</附注>',
          ]
        : [
            '通知',
            `<标题>关于开通的通知</标题><发文号>周政办〔2011〕83号</发文号><发文部门名称>市政府办公室</发文部门名称><正文><版式文件 文件名="正文.pdf" 编码方式="BASE64">${Buffer.from('正文').toString('base64')}</版式文件></正文><附件/>`,
          ]
      return `${OK}<UserArea><电子公文 公文标识="x" 公文种类="${type}"><发文机关>市政府办公室</发文机关><公文体><眉首><紧急程度>普通</紧急程度></眉首><主体>${main}</主体></公文体></电子公文></UserArea>`
    }
    const client = oa(2)
    expect(await client.poll()).toBe(2)
    expect(await client.poll()).toBe(0)
    expect(inboxes.items('oa-epoint', 'sifaju')).toMatchObject([
      { kind: 'document', id: 'd/sifaju', number: '周政办〔2011〕83号', digest: hash('sha256', '正文', 'hex') },
      {
        kind: 'receipt',
        id: 'r/sifaju',
        state: 'signed',
        from: '市财政局',
        about: { id: 'zk-9', number: '周政办〔2011〕83号' },
      },
    ])
    expect(signed).toEqual(['r/sifaju'])
    expect(asked.filter(({ operation }) => operation === 'InboxArchive_Receive')).toHaveLength(2)
  })
})
