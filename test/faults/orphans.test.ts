import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

/** What holds up a flow process for good. */
const LOOPS = {
  死循环: 'while (true) {}',
  微任务循环: 'const again = () => Promise.resolve().then(again); again()',
  原生等待: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
} as const

const node = (id: string, type: string, more: object): object => ({ id, type, z: 'side', x: 100, y: 100, ...more })
const SIDE = [
  { id: 'side', type: 'tab', label: '循环流程' },
  node('side-in', 'oa in', { subscription: 'side', kinds: ['document'], wires: [['side-loop']] }),
  node('side-loop', 'function', {
    outputs: 1,
    libs: [],
    func: Object.entries(LOOPS)
      .map(
        ([name, code]) =>
          `if (msg.yizhan.attempt === 1 && msg.payload.document.title.startsWith('${name}')) { console.log('LOOPS ${name}'); ${code} }`,
      )
      .join('\n'),
    wires: [[]],
  }),
]

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

interface Logged {
  readonly code?: string
  readonly detail?: string
}

async function logged(rig: Rig, code: string): Promise<readonly Logged[]> {
  const folder = join(rig.folder, 'data', 'logs')
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('{') && line.includes(`"${code}"`))
    .map((line) => JSON.parse(line) as Logged)
}

describe('a station that is killed while a flow', () => {
  let rig: Rig
  shared(
    async () => {
      rig = await Rig.start('embedded', { systems: [], secrets: {}, environment: {}, flows: { side: SIDE } })
    },
    () => rig.close(),
  )

  it.each(Object.keys(LOOPS))(
    'is in a %s takes its flow process along, and the next one delivers at once',
    async (loop) => {
      await until(async () => (await rig.station.flowsPid()) !== undefined, { what: 'a flow process' })
      const pid = (await rig.station.flowsPid()) as number
      await rig.submit(1, loop)
      const output = join(rig.folder, 'station.out')
      await until(async () => (await readFile(output, 'utf8')).includes(`LOOPS ${loop}`), { what: 'the loop' })
      expect(isRunning(pid)).toBe(true)
      await rig.station.kill()
      await until(() => !isRunning(pid), { what: 'the end of the flow process', timeoutMs: 10_000 })
      await rig.station.start()
      await rig.submit(3, `${loop}之后 `)
      expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
      expect(await logged(rig, 'editor.blocked')).toEqual([])
    },
    240_000,
  )
})

describe('an editor’s port that somebody else has', () => {
  it('is told by name, once, with the way out; flows run all the same, and the editor comes when it is free', async () => {
    const rig = await Rig.open('embedded')
    const squatter = createServer().listen(rig.editorPort, '127.0.0.1')
    try {
      await rig.station.start()
      await rig.submit(5, '端口被占 ')
      expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
      const blocked = await until(
        async () => {
          const lines = await logged(rig, 'editor.blocked')
          return lines.length > 0 && lines
        },
        { what: 'the word about the port' },
      )
      expect(blocked).toHaveLength(1)
      expect(blocked[0]?.detail).toMatch(
        new RegExp(`PORT_IN_USE .*${rig.editorPort}.*editor\\.port.*EADDRINUSE.*station\\.yaml`),
      )
      expect(await logged(rig, 'flows.replaced')).toEqual([])
      await new Promise<void>((resolve) => squatter.close(() => resolve()))
      await until(async () => (await fetch(`http://127.0.0.1:${rig.editorPort}/`)).ok, {
        what: 'the editor',
        timeoutMs: 30_000,
      })
      await until(async () => (await logged(rig, 'editor.opened')).length === 1, { what: 'the word about the editor' })
    } finally {
      squatter.close()
      await rig.close()
    }
  }, 240_000)
})
