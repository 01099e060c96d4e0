import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createClientAsync, WSSecurity, type Client } from 'soap'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, TestHouse } from '../unit/oa/lib/house.ts'

/** Operations of our WSDLs by SOAP clients that are not ours: PHP's SoapClient (Debian: php-soap) and node-soap. */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
interface Answer {
  readonly result?: Json
  readonly fault?: string
  readonly text?: string
  readonly detail?: Json
}
interface Job {
  readonly login: string
  readonly how?: 'basic' | 'digest'
  readonly version?: 1 | 2
  readonly gzip?: boolean
  readonly wsdl?: string
  readonly password?: string
}

let t: TestHouse
beforeAll(async () => {
  t = await TestHouse.open()
})
afterAll(() => t.close())

async function php(job: Job, ...calls: readonly (readonly [string, Json])[]): Promise<Answer[]> {
  const child = spawn('php', [join(import.meta.dirname, 'lib', 'oa-client.php')], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(
    JSON.stringify({ wsdl: `${t.url}/oa/yizhan?wsdl`, password: PASSWORD, how: 'basic', version: 1, ...job, calls }),
  )
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  if (!out.startsWith('[')) throw new Error(`php: ${out}${err}`)
  return JSON.parse(out) as Answer[]
}

function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (here, key) =>
      typeof here === 'object' && here !== null ? (here as Record<string | number, Json>)[key] : undefined,
    value,
  )
}

function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path)
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('/')}`)
  return found
}

function document(number: string, more: { readonly [key: string]: Json } = {}): Json {
  return {
    document: {
      documentType: '通知',
      issuedNumberOfDocument: number,
      documentTitle: `关于“秋季防汛”<${number}>的通知`,
      emergencyDegree: '特急',
      mainReceiverDepartment: '市科技局',
      ...more,
    },
  }
}

describe('PHP’s SoapClient on our own service', () => {
  it.each<[string, number, Job]>([
    ['SOAP 1.1 and HTTP Basic', 1, { login: 'office' }],
    ['SOAP 1.2 and HTTP Basic', 2, { login: 'office', version: 2 }],
    ['a UsernameToken with a digest', 3, { login: 'office', how: 'digest' }],
    ['gzip', 4, { login: 'office', gzip: true }],
  ])('calls every operation with %s', async (_how, n, job) => {
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * (n + 1)) % 256))
    const file = { name: '正文.ofd', role: 'main', content: bytes.toString('base64') }
    const [submitted, second, third, refused] = await php(
      job,
      ['Submit', document(`周政办〔2012〕${n}号`, { submissionId: `P-${n}`, files: { file: [file] } })],
      ['Submit', document(`周政办〔2012〕${n}1号`)],
      ['Submit', document(`周政办〔2012〕${n}2号`)],
      ['Submit', document(`周政办〔2012〕${n}3号`, { mainReceiverDepartment: '市没有局' })],
    )
    const [id, id2, id3] = [submitted, second, third].map((answer) => textAt(answer?.result, 'messageId'))
    expect(at(submitted?.result, 'repeated')).toBe(false)
    expect(refused).toMatchObject({
      fault: expect.stringMatching(/Client|Sender/) as string,
      detail: { refusal: { code: 'UNKNOWN_RECIPIENT', value: '市没有局', retryable: expect.anything() as Json } },
    })
    await t.flow()

    const receiver = { ...job, login: 'science' }
    const [list, fetched, signed, returned, replied] = await php(
      receiver,
      ['ListItems', { maxItems: 1000, kind: ['document'] }],
      ['Fetch', { id: `${id}/science` }],
      ['Sign', { id: `${id}/science`, by: '张三' }],
      ['ReturnDocument', { id: `${id2}/science`, reason: '附件不全' }],
      ['Reply', { id: id ?? '', replyText: '已办结' }],
    )
    expect((at(list?.result, 'entry') as Json[]).map((entry) => at(entry, 'id'))).toContain(`${id}/science`)
    expect(at(fetched?.result, 'item', 'document', 'documentTitle')).toBe(`关于“秋季防汛”<周政办〔2012〕${n}号>的通知`)
    expect(at(fetched?.result, 'item', 'document', 'files', 'file', 0, 'content')).toBe(
      `base64:${bytes.toString('base64')}`,
    )
    for (const answer of [signed, returned, replied]) expect(answer?.fault).toBeUndefined()

    const [status, withdrawn, again] = await php(
      job,
      ['Status', { id: id ?? '' }],
      ['Withdraw', { id: id3 ?? '', reason: '有误' }],
      ['Withdraw', { id: id ?? '', reason: '太迟' }],
    )
    expect(at(status?.result, 'recipient', 0)).toMatchObject({ unitId: 'science', state: 'replied' })
    expect(withdrawn?.fault).toBeUndefined()
    expect(at(again?.detail, 'refusal', 'code')).toBe('ALREADY_SIGNED')
  })

  it('is told of a wrong password by a fault with its code', async () => {
    const [basic] = await php({ login: 'office', password: 'wrong' }, ['ListItems', {}])
    expect(at(basic?.detail, 'refusal', 'code')).toBe('UNAUTHENTICATED')
    const [digest] = await php({ login: 'office', password: 'wrong', how: 'digest' }, ['ListItems', {}])
    expect(at(digest?.detail, 'refusal', 'code')).toBe('UNAUTHENTICATED')
  })
})

describe('PHP’s SoapClient on the exchange centre of dialect A', () => {
  it.each([1, 2] as const)('calls operations by SOAP 1.%s', async (version) => {
    const token = Buffer.from(`edu:${PASSWORD}`).toString('base64')
    const wsdl = `${t.url}/oa/epoint/ArchiveExchange.asmx?wsdl`
    const [list, fetched] = await php(
      { login: 'edu', wsdl, version },
      ['InboxArchive_Unreceipted', { TokenBase64: token }],
      ['InboxArchive_Receive', { TokenBase64: token, ParasXml: '<paras><InboxGuid>没有</InboxGuid></paras>' }],
    )
    expect(textAt(list?.result, 'InboxArchive_UnreceiptedResult')).toContain('<Status>True</Status>')
    expect(textAt(fetched?.result, 'InboxArchive_ReceiveResult')).toMatch(
      /<Status>False<\/Status><Description>NOT_FOUND /,
    )
  })
})

describe('node-soap on our own service', () => {
  it.each([false, true])('submits and fetches (SOAP 1.2: %s)', async (forceSoap12Headers) => {
    const open = async (name: string): Promise<Client> => {
      const client = await createClientAsync(`${t.url}/oa/yizhan?wsdl`, { forceSoap12Headers, disableCache: true })
      client.setSecurity(
        new WSSecurity(name, PASSWORD, { passwordType: 'PasswordDigest', hasNonce: true, hasTimeStamp: false }),
      )
      return client
    }
    const call = async (client: Client, operation: string, args: object): Promise<Json> => {
      const [answer] = await (client[`${operation}Async`] as (args: object) => Promise<[Json]>)(args)
      return answer
    }
    const [sender, receiver] = [await open('office'), await open('science')]
    const content = Buffer.from('附件'.repeat(5000)).toString('base64')
    const number = `周政办〔2013〕${forceSoap12Headers ? 2 : 1}号`
    const submitted = await call(
      sender,
      'Submit',
      document(number, { files: { file: [{ name: '附件.doc', content }] } }) as object,
    )
    await t.flow()
    const fetched = await call(receiver, 'Fetch', { id: `${textAt(submitted, 'messageId')}/science` })
    expect(at(fetched, 'item', 'document', 'issuedNumberOfDocument')).toBe(number)
    expect(at(fetched, 'item', 'document', 'files', 'file', 0, 'content')).toBe(content)
    await expect(
      call(sender, 'Submit', document('周政办〔2013〕9号', { mainReceiverDepartment: '市没有局' }) as object),
    ).rejects.toThrow(/市没有局/)
  })
})
