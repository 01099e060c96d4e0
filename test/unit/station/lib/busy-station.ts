import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLedger } from '../../../../core/ledger/open.ts'
import type { Message } from '../../../../core/message/schema.ts'
import { systemClock as clock } from '../../../../core/util/clock.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from './small-station.ts'

/** A running station with something of everything that waits for an operator. */
export interface BusyStation {
  readonly small: SmallStation
  readonly run: StationRun
  /** 受理编号 of petitions that wait for a decision */
  readonly petitions: readonly string[]
}

const SYSTEMS = `systems:
  - { id: oa, name: OA, adapter: oa, profile: yizhan, roles: [calls-us] }
  - { id: portal, name: 市政府门户, adapter: portal }
`
const ACCOUNTS = `accounts:
  - { id: a, system: oa, units: [u1] }
  - { id: p, system: portal, units: '*' }
`
const UNITS = `id\tname\taliases\tgroups\tcodes\tsystem
u1\t市政府办公室\t\toffice\tB-001\toa
xf\t市信访局\t信访局\toffice\tB-002\toa
zj\t市住建局\t住建局\toffice\tB-003\toa
`
const SECRETS = {
  'admin.token': 't',
  'editor.admin': 'p',
  'editor.credentials': 'c',
  'files.hmac': 'h',
  'account.a': 'p',
  'account.p': 'p',
  'portal.query': 'q-secret-of-32-characters-00000000',
}

/** The caller stops the run and removes the folder. */
export async function busyStation(): Promise<BusyStation> {
  const small = await smallStation('classified: { doubt: hold }\npetitions: { offices: [市信访局] }\n')
  await writeCity(small)
  await seed(small.data)
  const run = await runStation(small.arguments)
  const petitions: string[] = []
  for (const title of ['住建局某科长', '住建局另一科长']) petitions.push(await petition(run.said.http, title))
  // The one is doubtful and held, as is the other; the third is taken, with a file that nobody can examine.
  await submit(run.said.http, '绝密543剧组拍摄协调会', '正文.txt')
  await submit(run.said.http, '绝密544剧组拍摄协调会', '正文.txt')
  await submit(run.said.http, '关于放假的通知', '附件.doc')
  return { small, run, petitions }
}

/** A city of three units with an OA and a portal. @param accounts beside `a` of the first unit, by id: their units */
export async function writeCity(
  small: SmallStation,
  accounts: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  const more = Object.entries(accounts).map(
    ([id, units]) => `  - { id: ${id}, system: oa, units: [${units.join()}] }\n`,
  )
  const passwords = Object.fromEntries(Object.keys(accounts).map((id) => [`account.${id}`, 'p']))
  await writeFile(join(small.config, 'systems.yaml'), SYSTEMS)
  await writeFile(join(small.config, 'accounts.yaml'), ACCOUNTS + more.join(''))
  await writeFile(join(small.config, 'units.tsv'), UNITS)
  await writeFile(small.secrets, JSON.stringify({ ...SECRETS, ...passwords }), { mode: 0o600 })
}

/** Dead letters d1 to d4, a refused batch of two documents, a subscription that nobody serves, with a backlog. */
async function seed(folder: string): Promise<void> {
  const opened = await openLedger({
    folder,
    station: 'st',
    clock,
    hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
  })
  const { ledger } = opened
  await ledger.hops.subscribe([{ name: 'deserted', filter: { source: 'oa' } }], clock.now())
  const accept = (message: Message, dead: { code: string; message: string }) =>
    ledger.acceptance.accept({
      message,
      bodies: [],
      idempotencyKey: `id:a:${message.id}`,
      fingerprint: message.id,
      revisions: { directory: 'd' },
      ...(message.kind === 'document' ? { effect: { type: 'issue' as const } } : {}),
      dead,
    })
  for (const n of [1, 2, 3, 4])
    await accept(documentOf(`st-d${n}`, n === 1 ? '周政办〔2011〕83号' : `周政办〔2026〕${n}号`), {
      code: 'INTERNAL',
      message: `节点 ${n} 出错 / failed`,
    })
  for (const n of [1, 2])
    await accept(refusedReceipt(`st-r${n}`, `B${n}`), { code: 'ARCHIVE_REFUSED', message: `批次 B${n} 被退回` })
  await ledger.close()
}

const envelope = (id: string) => ({
  id,
  trace: id,
  from: { unit: 'u1', name: '市政府办公室' },
  recipients: [{ unit: 'zj', name: '市住建局', role: 'to' as const }],
  urgency: 'ordinary' as const,
  acceptedAt: new Date().toISOString(),
  origin: { system: 'oa', account: 'a', externalId: `ext-${id}` },
  files: [],
})

function documentOf(id: string, number: string): Message {
  const document = { direction: 'issue' as const, title: '关于测试的通知\u001b[31m红\u202e字' }
  return { ...envelope(id), schema: 'document/1', kind: 'document', number, document }
}

function refusedReceipt(id: string, batch: string): Message {
  return {
    ...envelope(id),
    recipients: [],
    schema: 'archive-receipt/1',
    kind: 'archive-receipt',
    about: { id: batch },
    archiveReceipt: {
      batch,
      accepted: false,
      refused: [{ sequence: 1, archiveNumber: '0101-WS·2026-Y-BGS-0001', document: 'st-d1', reason: '题名有误' }],
      documents: ['st-d1', 'st-d2'],
      at: new Date().toISOString(),
    },
  }
}

/** Files one that reports on this; its 受理编号. */
export async function petition(http: string, accused: string): Promise<string> {
  const response = await fetch(`${http}/portal/petitions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('p:p')}` },
    body: JSON.stringify({
      externalId: Buffer.from(accused).toString('hex').slice(0, 60),
      purpose: '检举控告',
      title: '反映工程质量',
      text: `请查处${accused}。`,
      place: { code: '411600', name: '市本级' },
      category: '010000',
      publish: false,
      petitioner: { name: '王甲', phone: '13800009001' },
    }),
  })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { readonly id: string }).id
}

async function submit(http: string, title: string, file: string): Promise<void> {
  // of the old binary kind, which nobody reads
  const bytes = file.endsWith('.doc')
    ? Buffer.from('d0cf11e0a1b11ae1'.padEnd(2048, '0'), 'hex')
    : Buffer.from('请遵照执行。')
  const content = bytes.toString('base64')
  const body = `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Submit xmlns="urn:yizhan:oa:1"><document><submissionId>${title}</submissionId><documentType>通知</documentType><documentTitle>${title}</documentTitle><to><unit>zj</unit></to><files><file><name>${file}</name><role>main</role><content>${content}</content></file></files></document></Submit></s:Body></s:Envelope>`
  const response = await fetch(`${http}/oa/yizhan`, {
    method: 'POST',
    body,
    headers: { authorization: `Basic ${btoa('a:p')}`, 'content-type': 'text/xml; charset=utf-8' },
  })
  const answer = await response.text()
  if (!response.ok && !answer.includes('HELD_FOR_REVIEW')) throw new Error(`${response.status} ${answer}`)
}
