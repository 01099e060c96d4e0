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
  const closed = new Promise<void>((resolve) => channel.once('close', resolve))
  const state = { refused: false }
  // the rejected call says the same; without a listener the event would end the process
  channel.on('error', () => (state.refused = true))
  try {
    await declaration(channel)
  } catch (thrown) {
    if (!madeOtherwise(asError(thrown))) throw thrown
  } finally {
    if (!state.refused) await closeChannel(channel, closed)
  }
}

/**
 * Closes a channel, or finds it closed. amqplib's `close()` never answers when the connection goes between question and
 * answer; the event comes in any case.
 *
 * @param closed resolves at the channel's event 'close'
 */
export async function closeChannel(channel: Channel, closed: Promise<void>): Promise<void> {
  try {
    await Promise.race([channel.close(), closed])
  } catch {
    // it was closing already, which is all that is wanted
  }
}

function madeOtherwise(error: Error & { readonly code?: unknown }): boolean {
  return error.code === ACCESS_REFUSED || error.code === PRECONDITION_FAILED
}
