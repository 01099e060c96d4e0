import type { Channel, ChannelModel } from 'amqplib'
import { asError } from '../../errors/error.ts'

const ACCESS_REFUSED = 403
const NOT_FOUND = 404
const PRECONDITION_FAILED = 406

export type Declaration = (channel: Channel) => Promise<unknown>

/**
 * Declares on a channel of its own, since a refused declaration closes its channel. One that is refused because the
 * thing exists in another shape (406), or because our account may not configure (403), is no failure here: the broker's
 * administrator has made it, and using it will show whether it will do. Then gives what the broker says; undefined: it
 * is as declared.
 */
export async function declare(model: ChannelModel, declaration: Declaration): Promise<Error | undefined> {
  const refusal = await refusalOf(model, declaration)
  if (refusal === undefined || hasCode(refusal, ACCESS_REFUSED, PRECONDITION_FAILED)) return refusal
  throw refusal
}

/** Whether a question to the broker, such as a passive declaration, finds what it asks for. */
export async function isThere(model: ChannelModel, question: Declaration): Promise<boolean> {
  const refusal = await refusalOf(model, question)
  if (refusal === undefined) return true
  if (hasCode(refusal, NOT_FOUND)) return false
  throw refusal
}

async function refusalOf(model: ChannelModel, declaration: Declaration): Promise<Error | undefined> {
  const channel = await model.createChannel()
  const closed = new Promise<void>((resolve) => channel.once('close', resolve))
  const state = { refused: false }
  // the rejected call says the same; without a listener the event would end the process
  channel.on('error', () => (state.refused = true))
  try {
    await declaration(channel)
    return undefined
  } catch (thrown) {
    return asError(thrown)
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

function hasCode(error: Error & { readonly code?: unknown }, ...codes: readonly number[]): boolean {
  return codes.some((code) => error.code === code)
}
