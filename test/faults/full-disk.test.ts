import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until } from '../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from '../unit/station/lib/small-station.ts'

/** A disk of its own that is really full: a small tmpfs (the tests run as root). */

const DISK = 48 * 1024 * 1024
const LIMIT = 8 * 1024 * 1024

let disk: string
let small: SmallStation
let runs: StationRun[]
beforeEach(async () => {
  disk = mkdtempSync(join(tmpdir(), 'yizhan-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', disk])
  small = await smallStation(`limits: { freeDiskBytes: ${LIMIT} }\n`)
  runs = []
})
afterEach(async () => {
  for (const { child } of runs) child.kill('SIGKILL')
  await until(() => runs.every(({ child }) => child.exitCode !== null || child.signalCode !== null), {
    what: 'the end',
  })
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
  rmSync(small.folder, { recursive: true })
})

const filler = (): string => join(disk, 'filler')
const free = (): number => {
  const { bavail, bsize } = statfsSync(disk)
  return bavail * bsize
}
/** Others write until only so much is left; a station that writes meanwhile may leave them less. */
function fillTo(left: number): void {
  try {
    writeFileSync(filler(), Buffer.alloc(Math.max(0, free() - left)), { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

async function start(): Promise<StationRun> {
  const run = await runStation(['--config', small.config, '--data', join(disk, 'data'), '--secrets', small.secrets])
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
  const folder = join(disk, 'data', 'logs')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

it(
  'says at the start that the disk is full, waits, and goes on by itself once there is room',
  { timeout: 120_000 },
  async () => {
    fillTo(0)
    const run = await start()
    expect(run.said).toMatchObject({ ready: false, error: { code: 'DISK_FULL' } })
    await until(() => run.complaints().includes('磁盘已满'), { what: 'the reason' })
    expect(run.complaints()).toContain(join(disk, 'data'))
    expect((await fetch(`${run.said.http}/readyz`)).status).toBe(503)
    expect(await health(run)).toMatchObject({ error: { code: 'DISK_FULL' } })
    rmSync(filler())
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
    await until(() => existsSync(join(disk, 'data', 'reserve')), { what: 'the reserve' })
    expect(await submit(run, 100_000)).toMatchObject({ status: 200 })
    fillTo(LIMIT / 2)
    await until(async () => !(await health(run)).ready, { what: 'not ready' })
    expect((await health(run)).waitingFor).toEqual([expect.stringContaining('freeDiskBytes')])
    expect(await submit(run, 100_000)).toMatchObject({
      status: 500,
      code: expect.stringContaining('OVERLOADED') as string,
      retry: '10',
    })
    // Others take the rest: what was set aside is there for what is to be booked.
    fillTo(0)
    await until(() => free() > 0, { what: 'the reserve to be given up' })
    rmSync(filler())
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
    fillTo(0)
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(run, 1_000_000)))
    for (const { status, code } of answers) if (status !== 200) expect(code).toContain('OVERLOADED')
    expect(answers.some(({ status }) => status !== 200)).toBe(true)
    rmSync(filler())
    await until(async () => (await health(run)).ready, { what: 'ready again' })
    expect(await submit(run, 1_000_000)).toMatchObject({ status: 200 })
    const verified = await fetch(`${run.said.http}/admin/audit/verify`, {
      method: 'POST',
      headers: { authorization: 'Bearer t' },
    })
    expect(await verified.json()).toMatchObject({ ok: true })
    expect(await run.stop()).toBe(0)
  },
)
