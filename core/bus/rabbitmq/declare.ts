import type { Channel, ChannelModel, Options } from 'amqplib'
import { asError } from '../../errors/error.ts'

/** The queue of a system's deliveries: durable, with a priority for each urgency rank. */
export const DELIVERY_QUEUE: Options.AssertQueue = { durable: true, maxPriority: 5 }

const ACCESS_REFUSED = 403
const PRECONDITION_FAILED = 406

export type Declaration = (channel: Channel) => Promise<unknown>

/**
 * Declares on a channel of its own, since a refused declaration closes its channel. One that is refused because the
 * thing exists in another shape (406), or because our account may not configure (403), is no failure here: the broker's
 * administrator has made it, and using it will show whether it will do.
 */
export async function declare(model: ChannelModel, declaration: Declaration): Promise<void> {
  const channel = await model.createChannel()
  let open = true
  channel.on('close', () => (open = false))
  // the rejected call says the same; without a listener the event would end the process
  channel.on('error', () => (open = false))
  try {
    await declaration(channel)
  } catch (thrown) {
    if (!madeOtherwise(asError(thrown))) throw thrown
  } finally {
    if (open) await channel.close()
  }
}

function madeOtherwise(error: Error & { readonly code?: unknown }): boolean {
  return error.code === ACCESS_REFUSED || error.code === PRECONDITION_FAILED
}
