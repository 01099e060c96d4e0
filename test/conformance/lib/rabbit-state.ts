import { connect } from 'amqplib'
import type { Bus } from '../../../core/bus/port.ts'
import type { RabbitMq } from '../../lib/servers/rabbitmq.ts'
import { until } from '../../lib/wait.ts'

/**
 * Waits for the channels' publisher: it has an AMQP channel of its own, which may be open a moment after the bus says
 * that it is connected.
 */
export async function channelsTake(bus: Bus, prefix: string): Promise<void> {
  const nobody = { queue: `${prefix}nobody` }
  const routed = (): Promise<boolean> =>
    bus.channels.publish(nobody, { id: 'm', body: Buffer.alloc(0), contentType: 'text/plain' }).then(
      () => true,
      (error: unknown) => (error as { readonly code?: string }).code === 'BUS_UNROUTABLE',
    )
  await until(routed, { what: 'the channels’ publisher' })
}

/** Starts a broker that a test has stopped or killed and, since it failed, not started again: its next try needs it. */
export async function restore(broker: RabbitMq): Promise<void> {
  try {
    const client = await connect(broker.url)
    await client.close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
    await broker.start()
  }
}
