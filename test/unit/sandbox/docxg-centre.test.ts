import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClientAsync } from 'soap'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CountedUnit } from '../../../sandbox/counting/units.ts'
import { DocxgCentre } from '../../../sandbox/oa/docxg/centre.ts'
import { Inboxes } from '../../../sandbox/oa/inboxes.ts'
import type { Paper } from '../../../sandbox/oa/paper.ts'
import type { UnitOa } from '../../../sandbox/oa/port.ts'

const UNITS: CountedUnit[] = ['caizhengju', 'jiaoyuju'].map((id, n) => ({
  id,
  name: `市${id}`,
  groups: ['department'],
  system: 'docxg-centre',
  aliases: [],
  codes: [`ZK-00${n}`],
}))
const KEY = 'user-key'

let folder: string
let inboxes: Inboxes
let centre: DocxgCentre
let files: Server
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'centre-'))
  files = createServer((_request, response) => response.end('正文内容'))
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
  await open()
})
afterEach(async () => {
  await close()
  await new Promise((resolve) => files.close(resolve))
  rmSync(folder, { recursive: true })
})

async function open(): Promise<void> {
  inboxes = new Inboxes(join(folder, 'inboxes'))
  centre = new DocxgCentre({
    system: 'docxg-centre',
    name: '中心',
    units: UNITS,
    inboxes,
    memory: join(folder, 'memory'),
    userKey: KEY,
  })
  await centre.start()
}

async function close(): Promise<void> {
  await centre.close()
  await inboxes.close()
}

/** Calls as the station does: from the WSDL, with an ordinary SOAP client. */
async function call(service: string, operation: string, ...args: (string | number)[]): Promise<string> {
  const client = await createClientAsync(`${centre.url}/${service}?wsdl`, { disableCache: true })
  const method = client[`${operation}Async`] as (args: object) => Promise<[{ return: string }]>
  const [answer] = await method.call(client, Object.fromEntries([KEY, ...args].map((value, n) => [`arg${n}`, value])))
  return answer.return
}

function summary(docguid: string, type = '通知', to = 'ZK-000;'): string {
  const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/a`
  return `<?xml version="1.0" encoding="UTF-8"?><DOCSUMMARYS xmlns="http://www.trueway.com.cn/docxg/object"><DOCSUMMARY><DOCGUID>${docguid}</DOCGUID><WENHAO JGDZ="周政办" FWNH="2011" FWXH="83"/><TITLE>关于开通的通知</TITLE>
    <KEYWORD>已签收</KEYWORD><TYPE>${type}</TYPE><PRIORITY>特急</PRIORITY><TODEPIDS>${to}</TODEPIDS><SENDERID>ZK-001</SENDERID><SENDERNAME>市政府办公室</SENDERNAME><ATTS>${type === '通知' ? `<ATT><NAME>正文.pdf</NAME><TYPE>CEB</TYPE><URL>${url}</URL></ATT>` : ''}</ATTS><ATTEXTS/></DOCSUMMARY></DOCSUMMARYS>`
}

const paper: Paper = {
  key: 'jiaoyuju-1',
  number: '教育局〔2011〕5号',
  title: '关于“平安&和谐”的报告',
  documentType: '报告',
  urgency: '加急',
  to: '市政府办公室',
  date: '2011-07-08',
  files: [{ name: '正文.pdf', role: 'main', bytes: Buffer.from('报告正文') }],
}
const unit = (id: string): UnitOa => centre.units.find((one) => one.unit === id)!

describe('an exchange centre', () => {
  it('keeps what is put in, its file fetched and digested, before it answers; the same DOCGUID again is recognised', async () => {
    expect(await call('SendService', 'saveDoc', summary('guid-0001'))).toContain('发送成功：guid-0001')
    expect(inboxes.items('docxg-centre', 'caizhengju')).toMatchObject([
      {
        kind: 'document',
        id: 'guid-0001',
        number: '周政办〔2011〕83号',
        digest: hash('sha256', '正文内容', 'hex'),
        urgency: '特急',
      },
    ])
    await call('SendService', 'saveDoc', summary('guid-0001'))
    expect(inboxes.items('docxg-centre', 'caizhengju')).toHaveLength(1)
    expect(inboxes.repeated('docxg-centre', 'caizhengju')).toBe(1)
    expect(inboxes.items('docxg-centre', 'jiaoyuju')).toHaveLength(0)
  })

  it('files a receipt as what it is', async () => {
    await call('SendService', 'saveDoc', summary('guid-0002', '回执'))
    expect(inboxes.items('docxg-centre', 'caizhengju')).toMatchObject([
      { kind: 'receipt', state: 'signed', from: '市政府办公室', about: { number: '周政办〔2011〕83号' } },
    ])
  })

  it('tells how far a unit is, and nothing of what it does not have', async () => {
    await call('SendService', 'saveDoc', summary('guid-0003'))
    expect(await call('SendService', 'getDocStatusByDocguid', 'guid-0003')).toContain('<STATUS>未接收</STATUS>')
    await unit('caizhengju').sign(inboxes.items('docxg-centre', 'caizhengju')[0]!, '张')
    expect(await call('SendService', 'getDocStatusByDocguid', 'guid-0003')).toMatch(
      /<XTO>ZK-000<\/XTO>.*<STATUS>已接收<\/STATUS>/,
    )
    expect(await call('SendService', 'getDocStatusByDocguid', 'guid-none')).toContain('FAILEDINFO')
  })

  it('lists a return until it has been looked at', async () => {
    await call('SendService', 'saveDoc', summary('guid-0004'))
    await unit('caizhengju').return(inboxes.items('docxg-centre', 'caizhengju')[0]!, '附件不全', '张')
    const listed = await call('UntreadService', 'getUntreadToBeRecevicedList', 1, 100, 0)
    expect(listed).toMatch(/<DOCGUID>guid-0004<\/DOCGUID><REMARK>附件不全<\/REMARK><DEPART_GUID>ZK-000<\/DEPART_GUID>/)
    await call('UntreadService', 'updateUntreadDoc', /<ID>([^<]+)/.exec(listed)?.[1] ?? '')
    expect(await call('UntreadService', 'getUntreadToBeRecevicedList', 1, 100, 0)).not.toContain('<UNTREADDOC>')
  })

  it('offers what a unit sends until it is taken off the list, and that is the unit’s acknowledgement', async () => {
    const sending = unit('jiaoyuju').submit(paper)
    let listed = ''
    await expect
      .poll(async () => (listed = await call('ToBeReceivedService', 'getToBeRecevicedList')), { timeout: 10_000 })
      .toContain('<TITLE>关于“平安&amp;和谐”的报告</TITLE>')
    const url = /<URL>([^<]+)/.exec(listed)?.[1] ?? ''
    expect(await (await fetch(url)).text()).toBe('报告正文')
    const queueId = /<ID>([^<]+)/.exec(listed)?.[1] ?? ''
    await call('ToBeReceivedService', 'updateDocForReceive', queueId)
    expect(await sending).toBe(queueId)
    expect(await call('ToBeReceivedService', 'getToBeRecevicedList')).not.toContain('<DOCSUMMARY>')
  })

  it('hands a refusal back to the unit', async () => {
    const sending = unit('jiaoyuju').submit(paper)
    sending.catch(() => undefined)
    let docguid: string | undefined
    await expect
      .poll(
        async () => (docguid = /<DOCGUID>([^<]+)/.exec(await call('ToBeReceivedService', 'getToBeRecevicedList'))?.[1]),
        { timeout: 10_000 },
      )
      .toBeDefined()
    await call('UntreadService', 'toSaveUntreadDoc', docguid ?? '', 'UNKNOWN_RECIPIENT 收文单位无法识别', 'YIZHAN')
    await expect(sending).rejects.toMatchObject({ name: 'Refused', code: 'UNKNOWN_RECIPIENT' })
  })

  it('knows all of it again after it was stopped and started', async () => {
    await call('SendService', 'saveDoc', summary('guid-0005'))
    await unit('caizhengju').sign(inboxes.items('docxg-centre', 'caizhengju')[0]!, '张')
    await close()
    await open()
    expect(await call('SendService', 'getDocStatusByDocguid', 'guid-0005')).toContain('已接收')
    expect(await call('SendService', 'saveDoc', summary('guid-0005'))).toContain('guid-0005')
    expect(inboxes.items('docxg-centre', 'caizhengju')).toHaveLength(1)
  })

  it('refuses connections while it is off, and answers on the same port when it is on again', async () => {
    const { url } = centre
    await centre.switch(false)
    await expect(fetch(url)).rejects.toThrow()
    await centre.switch(true)
    expect(centre.url).toBe(url)
    expect(await call('DepartmentService', 'listAllByXML')).toContain('<NAME>市caizhengju</NAME>')
  })

  it('lets nobody in without the user key', async () => {
    const client = await createClientAsync(`${centre.url}/SendService?wsdl`, { disableCache: true })
    const saveDoc = client['saveDocAsync'] as (args: object) => Promise<[{ return: string }]>
    const [answer] = await saveDoc.call(client, { arg0: 'guess', arg1: summary('guid-0006') })
    expect(answer.return).toContain('验证没有通过')
    expect(inboxes.items('docxg-centre', 'caizhengju')).toHaveLength(0)
  })
})
