import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFlows } from '../../station/flow-store/flow-files.ts'
import { FlowStore } from '../../station/flow-store/store.ts'
import { Random } from '../../sandbox/opening-day/random.ts'
import { content, release } from './lib/releases.ts'

const KILLS = 50
const SEED = 5

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-deploys-'))
  await mkdir(join(folder, 'flows'))
})
afterAll(() => rm(folder, { recursive: true }))

/**
 * Deploys from release `first` on, and is killed so many milliseconds after its first deploy; the last release that it
 * said to be there.
 */
async function deployAndKill(first: number, afterMs: number): Promise<number> {
  const program = join(import.meta.dirname, 'lib', 'saver.ts')
  const saver = spawn(process.execPath, [program, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(saver, 'exit')
  let last = first - 1
  let timer: NodeJS.Timeout | undefined
  createInterface({ input: saver.stdout }).on('line', (line) => {
    timer ??= setTimeout(() => saver.kill('SIGKILL'), afterMs)
    if (line !== 'started') last = Number(line)
  })
  const [, signal] = (await exited) as [number | null, NodeJS.Signals | null]
  expect(signal).toBe('SIGKILL')
  return last
}

describe('a deploy', () => {
  it(`that is killed leaves the old release or the new one, whole, ${KILLS} times`, { timeout: 300_000 }, async () => {
    const random = new Random(SEED)
    let next = 1
    let decided = 0
    let undecided = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const said = await deployAndKill(next, random.integer(0, 120))
      const waiting = existsSync(join(folder, 'flows', '.release'))
      if (waiting && existsSync(join(folder, 'flows', '.release', 'decided'))) decided++
      else if (waiting) undecided++
      const store = new FlowStore({
        flowsFolder: join(folder, 'flows'),
        dataFolder: join(folder, 'editor'),
        released: (who) => appendFile(join(folder, 'told'), `${who}\n`),
        trouble: (error) => expect.fail(error.message),
      })
      const { flows } = await store.read()
      const there = Number(flows[0]?.['release'] ?? 0)
      // What was answered is there; what was under way may be.
      expect(there).toBeGreaterThanOrEqual(said)
      expect(there).toBeLessThanOrEqual(said + 1)
      expect(content(flows)).toBe(there === 0 ? content([]) : content(release(there)))
      if (there > 0) {
        expect(await store.readFile('credentials')).toEqual({ release: there })
        expect((await readFile(join(folder, 'told'), 'utf8')).split('\n')).toContain(`release ${there}`)
      }
      expect(content(await readFlows(join(folder, 'flows')))).toBe(content(flows))
      next = there + 1
    }
    // The instants fell into releases, before they were decided and after.
    expect(next).toBeGreaterThan(KILLS)
    expect(undecided).toBeGreaterThan(0)
    process.stderr.write(`${next - 1} releases; killed undecided ${undecided}, decided ${decided}\n`)
  })
})
