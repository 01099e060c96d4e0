import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'

/** Runs one of the bench's programs; what it printed, and what it wrote as JSON. */
async function run(
  program: string,
  ...args: string[]
): Promise<{ readonly text: string; readonly json: Readonly<Record<string, unknown>> }> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-bench-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'result.json')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(projectHome(), 'bench', `${program}.ts`), ...args, '--json', file],
    { timeout: 170_000 },
  )
  return { text: stdout, json: JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown> }
}

const number: unknown = expect.any(Number)

/** Tiny runs on the embedded bus: that all figures are there, and not what they are. */
describe('the programs of the bench', () => {
  // Four starts of a station: longer than the suite has for it. The generator has a test of its own (test/unit/bench).
  it.runIf(process.env['YIZHAN_BENCH'] === '1')(
    'growth: a small and a large ledger, filled through the port and asked for a number',
    async () => {
      const { text, json } = await run(
        ...(['main', '--only', 'growth', '--messages', '1500', '--documents', '20', '--rounds', '1'] as const),
      )
      const figures = { cpuMs: number, wallMs: number, secondsToStart: number, findMs: number, bytesEach: number }
      expect(json['growth']).toMatchObject({
        small: { messages: 1_000, ...figures },
        large: { messages: 1_500, ...figures },
        ...{ cpuRatio: number, wallRatio: number, filledPerSecond: number },
      })
      expect(text).toMatch(/^\| 1000 \|.*\n\| 1500 \|/m)
    },
  )

  it('burst: memory, when all were taken, what was refused, and the copies of one', async () => {
    const { text, json } = await run(
      ...(['main', '--only', 'burst', '--bus', 'embedded'] as const),
      ...['--documents', '3', '--copies', '3', '--rest', '0'],
    )
    const memory = { before: number, peak: number, after: number }
    expect(json['burst']).toMatchObject({
      ...{ documents: 3, fileBytes: 3_000_000, station: memory, flows: memory },
      ...{ secondsToAllTaken: number, secondsToAllDelivered: number, refused: {} },
      spread: { copies: 3, secondsToAnswer: number, secondsToLastCopy: number, cpuMsEachCopy: number },
    })
    expect(text).toContain('| 流程 flows |')
  })

  it('soak: a trend for each measure of each process, and nothing lost', async () => {
    const { text, json } = await run('soak', '--minutes', '0.04', '--rate', '2', '--bus', 'embedded')
    expect(json).toMatchObject({ lost: 0, doubled: 0, sent: number })
    expect(json['levels']).toHaveLength(10)
    expect(text).toContain('| station sockets |')
  })
})
