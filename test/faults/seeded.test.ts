import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import type { RunResult } from './runner/run.ts'

const PROGRAM = join(projectHome(), 'test/faults/runner/main.ts')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function faults(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

/** A short part of `npm run faults`, whose long runs go over every failpoint and everything else that can break. */
it('a seeded run: killed with a backlog, in the flows and at an instant of its way, all accounts balance', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-seeded-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const json = join(folder, 'result.json')
  const only = 'kill:backlog,kill:flows,failpoint:delivery.sent'
  const ended = await faults('--seed', '5', '--rounds', '3', '--only', only, '--json', json)
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  expect(ended.stdout).toMatch(/^\| 5–5 \| 3 \| 3 \|/m)
  const { runs } = JSON.parse(await readFile(json, 'utf8')) as { readonly runs: readonly RunResult[] }
  const [run] = runs
  expect(run?.account).toMatchObject({ lost: [], unexpected: [], duplicated: [], outOfOrder: [], overtaken: [] })
  expect(run?.account.acknowledged).toBeGreaterThan(40)
  expect(run?.recoveries.map(({ fault }) => fault).sort()).toEqual(only.split(',').sort())
})

it('refuses a store and a bus that there are not, by name', async () => {
  expect((await faults('--store', 'postgres')).stderr).toContain('--store postgres: 只有 / there is only "embedded"')
  expect((await faults('--bus', 'kafka')).stderr).toContain('"embedded", "rabbitmq"')
})
