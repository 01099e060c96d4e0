import { describe, expect, it } from 'vitest'
import { FAILPOINTS } from '../../core/util/failpoint.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { shared } from '../lib/shared.ts'
import { Rig } from './lib/rig.ts'

/** Failpoints that the flow process reaches; all others are the station's. */
const IN_FLOWS = new Set(['hop.open', 'hop.first-put'])
const DOCUMENTS = 8

for (const bus of ['embedded', 'rabbitmq']) {
  describe(`killed at every boundary of a message's way, on the ${bus} bus`, () => {
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
        rig = await Rig.start(broker?.url ?? 'embedded')
      },
      () => rig.close(),
    )

    it.each(FAILPOINTS)(
      '%s: nothing lost, nothing doubled',
      async (failpoint) => {
        await rig.submitThroughDeath(failpoint, DOCUMENTS, IN_FLOWS.has(failpoint) ? 'flows' : 'station')
        expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
      },
      240_000,
    )
  })
}
