import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAILPOINTS } from '../../core/util/failpoint.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

/** Failpoints that the flow process reaches; all others are the station's. */
const IN_FLOWS = new Set(['hop.open', 'hop.first-put'])
const DOCUMENTS = 8

for (const bus of ['embedded', 'rabbitmq']) {
  describe(`killed at every boundary of a message's way, on the ${bus} bus`, () => {
    let broker: RabbitMq | undefined
    let rig: Rig
    beforeAll(async () => {
      broker = bus === 'rabbitmq' ? await startRabbitMq() : undefined
      rig = await Rig.open(broker?.url ?? 'embedded')
      await rig.station.start()
    }, 120_000)
    afterAll(async () => {
      await rig.close()
      await broker?.close()
    }, 60_000)

    it.each(FAILPOINTS)('%s: nothing lost, nothing doubled', async (failpoint) => {
      await rig.arm(failpoint)
      const submitted = rig.submit(DOCUMENTS, `${failpoint} `)
      await until(async () => !(await exists(join(rig.folder, 'failpoint'))), { what: `${failpoint} reached`, timeoutMs: 30_000 })
      if (!IN_FLOWS.has(failpoint)) {
        await until(() => !rig.station.running, { what: 'the station dead', timeoutMs: 10_000 })
        await rig.station.start()
      }
      await submitted
      expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
    }, 180_000)
  })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
