/**
 * `npm test`: Debian packages, build, types, lint, format, dead code, and every test; the last line counts them.
 * `npm test -- test/unit …`: packages, build, and the tests of those folders or files.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ensurePackages, testPackages, thisMachine } from './lib/debian-packages.ts'
import { type VitestReport, countTests, summaryLine } from './lib/test-report.ts'

const root = dirname(import.meta.dirname)
const bin = join(root, 'node_modules', '.bin')
const only = process.argv.slice(2)
const isWholeRun = only.length === 0

/** Runs one step with its output in ours; gives its exit code. */
async function step(title: string, command: string, args: string[]): Promise<number> {
  process.stdout.write(`\n== ${title}\n`)
  const started = performance.now()
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: bin + delimiter + (process.env['PATH'] ?? '') },
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`== ${title}: ${code === 0 ? '通过 / ok' : `失败 / failed (${code ?? signal})`}, ${seconds} s\n`)
  return code ?? 1
}

async function runVitest(): Promise<{ exitCode: number; report: VitestReport | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-test-'))
  const file = join(folder, 'report.json')
  try {
    const retries = join(import.meta.dirname, 'lib/retries-reporter.ts')
    const reporters = ['--reporter=default', `--reporter=${retries}`, '--reporter=json', `--outputFile.json=${file}`]
    const exitCode = await step('测试 / tests', 'vitest', ['run', ...reporters, ...only])
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport) : undefined
    return { exitCode, report }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main(): Promise<boolean> {
  const conclude = (counts: { passed: number; failed: number; skipped: number }) => {
    process.stdout.write(`\n${summaryLine(counts)}\n`)
    return counts.failed === 0
  }
  const stopped = { passed: 0, failed: 1, skipped: 0 }
  if (!(await ensurePackages(testPackages, thisMachine))) return conclude(stopped)
  // What is tested partly runs from dist/: without a build, the tests would judge an older program.
  if ((await step('构建 / build', 'npm', ['run', '--silent', 'build'])) !== 0) return conclude(stopped)
  let failedChecks = 0
  if (isWholeRun) {
    if ((await step('类型检查 / types', 'npm', ['run', '--silent', 'typecheck'])) !== 0) failedChecks++
    if ((await step('代码检查 / lint', 'npm', ['run', '--silent', 'lint'])) !== 0) failedChecks++
    if ((await step('格式 / format', 'prettier', ['--check', '--log-level', 'warn', '.'])) !== 0) failedChecks++
    if ((await step('无用代码 / dead code', 'knip', [])) !== 0) failedChecks++
  }
  const { exitCode, report } = await runVitest()
  const counts = countTests(exitCode, report)
  return conclude({ ...counts, failed: counts.failed + failedChecks })
}

process.exitCode = (await main()) ? 0 : 1
