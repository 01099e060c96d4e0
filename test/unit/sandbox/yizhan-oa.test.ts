import { hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BasicAuthSecurity, createClientAsync, listen } from 'soap'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { projectFolder } from '../../../sandbox/files/project.ts'
import { Inboxes } from '../../../sandbox/oa/inboxes.ts'
import type { Paper } from '../../../sandbox/oa/paper.ts'
import { YizhanOa } from '../../../sandbox/oa/yizhan/client.ts'
import { HostedOa } from '../../../sandbox/oa/yizhan/hosted.ts'
import { SoapClient } from '../../../sandbox/oa/yizhan/soap-client.ts'

const SCHEMA = join(projectFolder(), 'config', 'profiles', 'yizhan.xsd')
const wsdl = (name: string, address: string, schema = SCHEMA): string =>
  readFileSync(join(projectFolder(), 'adapters', 'oa', 'yizhan', name), 'utf8')
    .replaceAll('{{address}}', address)
    .replaceAll('{{schema}}', schema)
const content = Buffer.from('正文内容')
const file = { name: '正文.pdf', role: 'main', size: content.length, content: content.toString('base64') }
const document = {
  documentType: '通知',
  emergencyDegree: '特急',
  issuedNumberOfDocument: '周政办〔2011〕83号',
  documentTitle: '关于开通的通知',
  fromName: '市政府办公室',
  files: { file: [file] },
}

let folder: string
let inboxes: Inboxes
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-'))
  inboxes = new Inboxes(folder)
})
afterEach(async () => {
  await inboxes.close()
  rmSync(folder, { recursive: true })
})

describe('an OA that calls the station', () => {
  type Method = (args: Record<string, unknown>) => object
  let server: Server
  let asked: [string, Record<string, unknown>][]
  let methods: Record<string, Method>
  beforeEach(async () => {
    asked = []
    methods = {}
    server = createServer((_request, response) =>
      response.setHeader('content-type', 'text/xml').end(readFileSync(SCHEMA)),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oa/yizhan`
    const names = ['Submit', 'ListItems', 'Fetch', 'Sign', 'ReturnDocument', 'Withdraw', 'Reply', 'Status']
    const port = Object.fromEntries(
      names.map((name) => [
        name,
        (args: Record<string, unknown>) => {
          asked.push([name, args])
          return methods[name]?.(args) ?? { messageId: 'zk-1', repeated: false, acceptedAt: new Date(0) }
        },
      ]),
    )
    const text = wsdl('yizhan-oa.wsdl', url, url.replace('yizhan', 'schema'))
    const ports = [...text.matchAll(/<wsdl:port name="([^"]+)"/g)].map((match) => match[1] ?? '')
    const service = /<wsdl:service name="([^"]+)"/.exec(text)?.[1] ?? ''
    await new Promise<void>((resolve, reject) => {
      listen(server, {
        path: '/oa/yizhan',
        xml: text,
        uri: url,
        services: { [service]: Object.fromEntries(ports.map((name) => [name, port as never])) },
        callback: (error: unknown) => (error instanceof Error ? reject(error) : resolve()),
      })
    })
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const oa = (): YizhanOa => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oa/yizhan`
    return new YizhanOa(
      'caizhengju',
      'oa-yizhan',
      new SoapClient(() => url, { name: 'caizhengju', password: '口令', how: 'token' }),
      inboxes,
      true,
    )
  }
  const paper: Paper = {
    key: 'caizhengju-1',
    number: '财政局〔2011〕7号',
    title: '“平安&和谐”',
    documentType: '报告',
    urgency: '加急',
    to: '市政府办公室',
    date: '2011-07-08',
    files: [{ name: '正文.pdf', role: 'main', bytes: content }],
  }

  it('submits, signs, returns and withdraws', async () => {
    expect(await oa().submit(paper)).toBe('zk-1')
    const item = {
      system: 'oa-yizhan',
      unit: 'caizhengju',
      sequence: 1,
      kind: 'document',
      id: 'zk-9/caizhengju',
      receivedAt: '',
    } as const
    await oa().sign(item, '张')
    await oa().return(item, '附件不全', '张')
    await oa().withdraw({ key: 'caizhengju-1', number: '', answer: 'zk-1' }, '有误', '张')
    expect(asked).toMatchObject([
      [
        'Submit',
        {
          document: {
            submissionId: 'caizhengju-1',
            documentTitle: '“平安&和谐”',
            emergencyDegree: '加急',
            mainReceiverDepartment: '市政府办公室',
            files: { file: [{ name: '正文.pdf', content: content.toString('base64') }] },
          },
        },
      ],
      ['Sign', { id: 'zk-9/caizhengju', by: '张' }],
      ['ReturnDocument', { id: 'zk-9/caizhengju', reason: '附件不全' }],
      ['Withdraw', { id: 'caizhengju-1', reason: '有误' }],
    ])
  })

  it('fetches what it does not have, keeps it once, and takes note of receipts by itself', async () => {
    const ids = ['d/caizhengju', 'r/caizhengju']
    methods['ListItems'] = () => ({
      entry: ids.map((id) => ({ id, kind: id.startsWith('d') ? 'document' : 'receipt', messageId: id })),
    })
    methods['Fetch'] = ({ id }) => ({
      item:
        id === ids[0]
          ? { id, kind: 'document', document }
          : {
              id,
              kind: 'receipt',
              receipt: {
                about: { id: 'zk-1', submissionId: 'caizhengju-1', issuedNumberOfDocument: '财政局〔2011〕7号' },
                fromName: '市政府办公室',
                receiptState: 'taken',
              },
            },
    })
    const client = oa()
    expect(await client.poll()).toBe(2)
    ids.pop()
    expect(await client.poll()).toBe(0)
    expect(inboxes.items('oa-yizhan', 'caizhengju')).toMatchObject([
      {
        kind: 'document',
        id: 'd/caizhengju',
        number: '周政办〔2011〕83号',
        urgency: '特急',
        from: '市政府办公室',
        digest: hash('sha256', content, 'hex'),
      },
      { kind: 'receipt', state: 'taken', about: { externalId: 'caizhengju-1', number: '财政局〔2011〕7号' } },
    ])
    expect(asked.filter(([name]) => name === 'Sign')).toMatchObject([['Sign', { id: 'r/caizhengju' }]])
  })

  it('tells refusals from what may be tried again', async () => {
    const fault = (retryable: boolean) => () => {
      throw Object.assign(new Error('x'), {
        Fault: {
          faultcode: 'soap:Client',
          faultstring: 'x',
          detail: {
            refusal: {
              code: 'TOO_LARGE',
              zh: '超过大小上限',
              en: 'too large',
              field: '合计',
              value: '4 MB',
              rule: '3 MB',
              retryable,
            },
          },
          statusCode: 500,
        },
      })
    }
    methods['Submit'] = fault(false)
    await expect(oa().submit(paper)).rejects.toMatchObject({
      name: 'Refused',
      code: 'TOO_LARGE',
      text: '超过大小上限 / too large',
      facts: { field: '合计', value: '4 MB', rule: '3 MB' },
    })
    methods['Submit'] = fault(true)
    await expect(oa().submit(paper)).rejects.toMatchObject({ name: 'TryAgain' })
    const client = oa()
    methods['Submit'] = () => {
      server.closeAllConnections()
      return {}
    }
    await expect(client.submit(paper)).rejects.toMatchObject({ name: 'TryAgain' })
  })
})

describe('an OA with an inbox of its own', () => {
  let hosted: HostedOa
  beforeEach(async () => {
    const oa = new YizhanOa(
      'xiangcheng',
      'oa-xiangcheng',
      new SoapClient(() => '', { name: '', password: '', how: 'basic' }),
      inboxes,
      false,
    )
    hosted = new HostedOa(oa, '项城市政府', inboxes, { name: 'yizhan', password: '口令' })
    await hosted.start()
  })
  afterEach(() => hosted.close())

  async function call(
    operation: 'Deliver' | 'DeliveryStatus',
    args: object,
    password = '口令',
  ): Promise<Record<string, unknown>> {
    const path = join(folder, 'inbox.wsdl')
    writeFileSync(path, wsdl('yizhan-inbox.wsdl', hosted.url))
    const client = await createClientAsync(path, { disableCache: true })
    client.setSecurity(new BasicAuthSecurity('yizhan', password))
    const method = client[`${operation}Async`] as (args: object) => Promise<[Record<string, unknown>]>
    return (await method.call(client, args))[0]
  }
  const item = {
    id: 'zk-1/xiangcheng',
    kind: 'document',
    messageId: 'zk-1',
    unitId: 'xiangcheng',
    acceptedAt: '2011-09-01T00:00:00.000Z',
    document,
  }

  it('keeps what is pushed before it answers, recognises it by its id, and says whether it has it', async () => {
    expect(await call('DeliveryStatus', { id: item.id })).toMatchObject({ taken: false })
    expect(await call('Deliver', { item })).toMatchObject({ messageId: 'xiangcheng-zk-1/xiangcheng' })
    expect(await call('Deliver', { item })).toMatchObject({ messageId: 'xiangcheng-zk-1/xiangcheng' })
    expect(await call('DeliveryStatus', { id: item.id })).toMatchObject({
      taken: true,
      messageId: 'xiangcheng-zk-1/xiangcheng',
    })
    expect(inboxes.items('oa-xiangcheng', 'xiangcheng')).toMatchObject([
      { kind: 'document', id: item.id, digest: hash('sha256', content, 'hex') },
    ])
    expect(inboxes.repeated('oa-xiangcheng', 'xiangcheng')).toBe(1)
  })

  it('lets nobody push without the password, and refuses connections while it is off', async () => {
    await expect(call('Deliver', { item }, 'guess')).rejects.toThrow()
    expect(inboxes.items('oa-xiangcheng', 'xiangcheng')).toHaveLength(0)
    await hosted.switch(false)
    await expect(call('Deliver', { item })).rejects.toThrow(/ECONNREFUSED/)
    await hosted.switch(true)
    await call('Deliver', { item })
    expect(inboxes.items('oa-xiangcheng', 'xiangcheng')).toHaveLength(1)
  })
})
