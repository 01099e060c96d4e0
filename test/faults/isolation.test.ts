import { describe, expect, it } from 'vitest'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

const DOCUMENTS = 20
/** Within this, whatever one document does to its flow process, all are delivered and the one is dead. */
const MINUTE = 60_000

/** How one document of twenty ends its flow process, or tries to. */
const KILLERS = {
  '留下被拒绝的 Promise': `Promise.reject(new Error('留下的')); return null`,
  死循环: `while (true) {}`,
  等待之后死循环: `await new Promise((resolve) => setTimeout(resolve, 20)); while (true) {}`,
  在定时器中抛出: `setTimeout(() => { throw new Error('定时的') }, 20); return null`,
  在异步定时器中抛出: `setTimeout(async () => { throw new Error('异步的') }, 20); return null`,
  在定时器中使进程崩溃: `util.constructor.constructor('return process')().nextTick(() => { throw new Error('崩溃的') }); return new Promise(() => undefined)`,
  退出进程: `util.constructor.constructor('return process')().exit(3)`,
  中止进程: `util.constructor.constructor('return process')().abort()`,
} as const
type Killer = keyof typeof KILLERS

const node = (id: string, type: string, more: object): object => ({ id, type, z: 'side', x: 100, y: 100, ...more })

/** A side tab with a subscription of its own: a bad function that a document's title sets off. */
const SIDE = [
  { id: 'side', type: 'tab', label: '坏流程' },
  node('side-in', 'oa in', { subscription: 'side', kinds: ['document'], concurrency: 20, wires: [['side-bad']] }),
  node('side-bad', 'function', {
    name: '坏节点',
    outputs: 1,
    libs: [],
    func: [
      `const { title } = msg.payload.document`,
      ...Object.entries(KILLERS).map(([name, code]) => `if (title.startsWith('${name} 第7份')) { ${code} }`),
      `return msg`,
    ].join('\n'),
    wires: [[]],
  }),
]

interface Letter {
  readonly id: string
  readonly subscription?: string
  readonly error: Record<string, string>
  readonly message: { readonly document: { readonly title: string } }
}

const letters = (rig: Rig): Promise<readonly Letter[]> => rig.admin('dead-letters?max=100')
const openHops = async (rig: Rig): Promise<number> => {
  const { hops } = await rig.admin<{ readonly hops: Readonly<Record<string, number>> }>('backlog')
  return Object.values(hops).reduce((sum, count) => sum + count, 0)
}

for (const bus of ['embedded', 'rabbitmq']) {
  describe(`one document that ends its flow process, on the ${bus} bus`, () => {
    let broker: RabbitMq | undefined
    let rig: Rig
    shared(
      async () => {
        broker = bus === 'rabbitmq' ? await startRabbitMq() : undefined
      },
      async () => broker?.close(),
    )
    shared(
      async () => {
        rig = await Rig.start(broker?.url ?? 'embedded', {
          systems: [],
          secrets: {},
          environment: {},
          flows: { side: SIDE },
        })
      },
      () => rig.close(),
    )

    it.each(Object.keys(KILLERS) as Killer[])(
      '%s: dies alone, and the others are delivered meanwhile',
      async (killer) => {
        const before = new Set((await letters(rig)).map(({ id }) => id))
        const began = performance.now()
        await rig.submitTitles(Array.from({ length: DOCUMENTS }, (_, n) => `${killer} 第${n + 1}份`))
        expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
        const delivered = performance.now() - began
        const dead = await until(
          async () => {
            const found = (await letters(rig)).filter(({ id }) => !before.has(id))
            return found.length > 0 && found
          },
          { what: 'the dead letter', timeoutMs: MINUTE, everyMs: 200 },
        )
        const died = performance.now() - began
        await until(async () => (await openHops(rig)) === 0, { what: 'no open hop', timeoutMs: MINUTE })
        expect((await letters(rig)).filter(({ id }) => !before.has(id))).toHaveLength(1)
        expect(dead).toMatchObject([
          {
            subscription: 'side',
            message: { document: { title: `${killer} 第7份` } },
            // Whose code aborts, nobody can tell any more: that hop was alone.
            error: { tab: '坏流程', ...(killer === '中止进程' ? {} : { node: 'side-bad', nodeName: '坏节点' }) },
          },
        ])
        expect(Math.max(delivered, died)).toBeLessThan(MINUTE)
      },
      240_000,
    )
  })
}
