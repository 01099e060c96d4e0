import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Serials } from '../../../bench/documents.ts'
import { measureEndToEnd } from '../../../bench/end-to-end.ts'
import { measureKills } from '../../../bench/kill.ts'
import { RIVALS } from '../../../bench/rivals.ts'
import { processesOf } from '../../lib/processes.ts'
import { startRabbitMq, type RabbitMq } from '../../lib/servers/rabbitmq.ts'
import { shared } from '../../lib/shared.ts'

/** Tiny runs against real rivals: that all figures are there, and not what they are. */
describe('our station against others, on one broker', () => {
  const serials = new Serials()
  const say = (): undefined => undefined
  let broker: RabbitMq
  let folder: string
  shared(
    async () => {
      broker = await startRabbitMq()
      folder = await mkdtemp(join(tmpdir(), 'yizhan-bench-'))
    },
    async () => {
      await broker.close()
      await rm(folder, { recursive: true })
    },
  )

  it('end to end: every rival gives every document on once', async () => {
    const rows = await measureEndToEnd({
      folder: join(folder, 'end-to-end'),
      ...{ rounds: 1, clients: 4, serials, say, sizes: [{ kB: 1, documents: 20 }] },
      broker: { url: broker.url, pids: await processesOf(broker.folder) },
    })
    expect(rows).toHaveLength(1)
    for (const name of RIVALS) {
      expect(rows[0]?.figures[name]).toMatchObject({ repeated: 0 })
      expect(rows[0]?.figures[name].perSecond).toBeGreaterThan(0)
      expect(rows[0]?.figures[name].memoryPeak).toBeGreaterThan(10)
      expect(rows[0]?.ratios[name].timesExpert).toBeGreaterThan(0)
    }
  })

  it('killed with all processes under load: ours loses and doubles nothing', async () => {
    const options = { rounds: 1, clients: 8, documents: 60, answerMs: 30, afterMs: 500 }
    const { station, expert } = await measureKills({ folder: join(folder, 'kill'), ...options, serials, say, broker })
    expect(station).toMatchObject({ lost: 0, doubled: 0, unexpected: 0 })
    for (const figures of [station, expert]) {
      expect(figures.acknowledged).toBeGreaterThanOrEqual(60)
      expect(figures.secondsToReady).toBeGreaterThan(0)
      expect(figures.secondsToFirstDelivery).toBeGreaterThan(0)
    }
  })
})
