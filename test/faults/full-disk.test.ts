import { existsSync, readFileSync, rmSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until } from '../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from '../unit/station/lib/small-station.ts'
import { SmallDisk } from './lib/small-disk.ts'

/** Whole stations on a disk that is full: of all their data, or of what an operator has laid elsewhere. */

const DISK = 48 * 1024 * 1024
const LIMIT = 8 * 1024 * 1024

let disk: SmallDisk
let small: SmallStation
let data: string
let runs: StationRun[]
beforeEach(async () => {
  disk = new SmallDisk(DISK)
  data = join(disk.folder, 'data')
  small = await smallStation(`limits: { freeDiskBytes: ${LIMIT} }\n`)
  runs = []
})
afterEach(async () => {
  for (const { child } of runs) child.kill('SIGKILL')
  await until(() => runs.every(({ child }) => child.exitCode !== null || child.signalCode !== null), {
    what: 'the end',
  })
  disk.close()
  rmSync(small.folder, { recursive: true })
})

async function start(): Promise<StationRun> {
  const run = await runStation(['--config', small.config, '--data', data, '--secrets', small.secrets])
  runs.push(run)
  return run
}

let serial = 0
/** Submits a document of so many bytes; the fault's code, or none. */
async function submit({ said }: StationRun, bytes: number): Promise<{ status: number; code: string; retry: string }> {
  const n = ++serial
  const file = Buffer.from(`第${n}件 `.padEnd(bytes, 'x')).toString('base64')
  const body = `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Submit xmlns="urn:yizhan:oa:1"><document><submissionId>x${n}</submissionId><documentType>通知</documentType><documentTitle>第${n}件</documentTitle><to><unit>u1</unit></to><files><file><name>正文.txt</name><role>main</role><content>${file}</content></file></files></document></Submit></s:Body></s:Envelope>`
  const answer = await fetch(`${said.http}/oa/yizhan`, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      authorization: `Basic ${Buffer.from('a:p').toString('base64')}`,
    },
    body,
  })
  const text = await answer.text()
  return {
    status: answer.status,
    code: answer.headers.get('yizhan-error') ?? text,
    retry: answer.headers.get('retry-after') ?? '',
  }
}

async function health({ said }: StationRun): Promise<{ readonly ready: boolean; readonly waitingFor: string[] }> {
  const answer = await fetch(`${said.http}/admin/health`, { headers: { authorization: 'Bearer t' } })
  return (await answer.json()) as { readonly ready: boolean; readonly waitingFor: string[] }
}

async function log(): Promise<string> {
  const folder = join(data, 'logs')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

it(
  'says at the start that the disk is full, waits, and goes on by itself once there is room',
  { timeout: 120_000 },
  async () => {
    disk.fillTo(0)
    const run = await start()
    expect(run.said).toMatchObject({ ready: false, error: { code: 'DISK_FULL' } })
    await until(() => run.complaints().includes('磁盘已满'), { what: 'the reason' })
    expect(run.complaints()).toContain(data)
    expect((await fetch(`${run.said.http}/readyz`)).status).toBe(503)
    expect(await health(run)).toMatchObject({ error: { code: 'DISK_FULL' } })
    disk.empty()
    await run.next()
    expect(run.said.ready).toBe(true)
    expect(await submit(run, 1_000)).toMatchObject({ status: 200 })
  },
)

it(
  'takes nothing below the watermark, says so, and takes again; what is under way has its reserve',
  { timeout: 120_000 },
  async () => {
    const run = await start()
    await until(() => existsSync(join(data, 'reserve')), { what: 'the reserve' })
    expect(await submit(run, 100_000)).toMatchObject({ status: 200 })
    disk.fillTo(LIMIT / 2)
    await until(async () => !(await health(run)).ready, { what: 'not ready' })
    expect((await health(run)).waitingFor).toEqual([expect.stringContaining('freeDiskBytes')])
    expect(await submit(run, 100_000)).toMatchObject({
      status: 500,
      code: expect.stringContaining('OVERLOADED') as string,
      retry: '10',
    })
    // Others take the rest: what was set aside is there for what is to be booked.
    disk.fillTo(0)
    await until(() => disk.free > 0, { what: 'the reserve to be given up' })
    disk.empty()
    await until(async () => (await health(run)).ready, { what: 'ready again' })
    expect(await submit(run, 100_000)).toMatchObject({ status: 200 })
    await until(
      async () =>
        /station\.reserve-kept[\s\S]*station\.over-watermark[\s\S]*station\.reserve-used[\s\S]*station\.below-watermark/.test(
          await log(),
        ),
      {
        what: 'the events',
      },
    )
  },
)

it(
  'answers OVERLOADED when the disk fills up at once, loses nothing that it took, and goes on',
  { timeout: 120_000 },
  async () => {
    const run = await start()
    expect(await submit(run, 10_000)).toMatchObject({ status: 200 })
    disk.fillTo(0)
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(run, 1_000_000)))
    for (const { status, code } of answers) if (status !== 200) expect(code).toContain('OVERLOADED')
    expect(answers.some(({ status }) => status !== 200)).toBe(true)
    disk.empty()
    await until(async () => (await health(run)).ready, { what: 'ready again' })
    expect(await submit(run, 1_000_000)).toMatchObject({ status: 200 })
    const verified = await fetch(`${run.said.http}/admin/audit/verify`, {
      method: 'POST',
      headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
      body: '{}',
    })
    expect(await verified.json()).toMatchObject({ ok: true })
    expect(await run.stop()).toBe(0)
  },
)

/** What the chain's end outside the database says, of its newest slot. */
const witnessed = (file: string): number =>
  Math.max(0, ...[...readFileSync(file, 'utf8').matchAll(/"links":(\d+)/g)].map(([, links]) => Number(links)))

it(
  'with logs and witness on a disk of their own says which disk is full, at the start and later, and goes on',
  { timeout: 120_000 },
  async () => {
    data = small.data
    await mkdir(join(disk.folder, 'logs'))
    await symlink(join(disk.folder, 'logs'), join(data, 'logs'))
    const witness = join(disk.folder, 'ledger.end')
    await appendFile(join(small.config, 'station.yaml'), `ledger: { witness: "${witness}" }\n`)
    disk.fillTo(0)
    const run = await start()
    expect(run.said).toMatchObject({ ready: false, error: { code: 'DISK_FULL' } })
    await until(() => run.complaints().includes(join(data, 'logs')), { what: 'which folder' })
    disk.empty()
    await run.next()
    expect(await submit(run, 1_000)).toMatchObject({ status: 200 })
    await until(() => existsSync(join(data, 'reserve')), { what: 'the reserve' })

    disk.fillTo(0)
    await until(async () => !(await health(run)).ready, { what: 'not ready' })
    expect((await health(run)).waitingFor).toEqual([expect.stringContaining(join(data, 'logs'))])
    expect(await submit(run, 1_000)).toMatchObject({ code: expect.stringContaining('OVERLOADED') as string })
    // The disk of the ledger has room: its reserve is no help to the other.
    expect(existsSync(join(data, 'reserve'))).toBe(true)

    disk.empty()
    await until(async () => (await health(run)).ready, { what: 'ready again' })
    const before = witnessed(witness)
    expect(await submit(run, 1_000)).toMatchObject({ status: 200 })
    await until(() => witnessed(witness) > before, { what: 'the witness' })
    await until(async () => (await log()).includes('station.below-watermark'), { what: 'the log' })
    expect(await run.stop()).toBe(0)
  },
)

it('goes on without a witness whose disk is full, alarms, and has it again with the next commit', async () => {
  data = small.data
  const witness = join(disk.folder, 'ledger.end')
  await appendFile(join(small.config, 'station.yaml'), `ledger: { witness: "${witness}" }\n`)
  disk.fillTo(0)
  const run = await start()
  expect(run.said.ready).toBe(true)
  expect(await submit(run, 1_000)).toMatchObject({ status: 200 })
  await until(async () => /ledger\.unwitnessed.*ENOSPC/.test(await log()), { what: 'the alarm' })
  disk.empty()
  expect(await submit(run, 1_000)).toMatchObject({ status: 200 })
  await until(() => witnessed(witness) > 0, { what: 'the witness' })
  expect(await run.stop()).toBe(0)
})
