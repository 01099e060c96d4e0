import type { Message } from '../message/schema.ts'

/**
 * What makes a message the same when it comes again: everything that its sender says, whatever fields that may come to
 * be. Left out is what the station adds (ids, times, the account), and how a value was spelled before it was
 * normalised.
 *
 * @param as what stands in its place where the message holds what was made of it, such as recipients of that day
 */
export function contentOf(message: Message, as: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    ...message,
    id: undefined,
    trace: undefined,
    acceptedAt: undefined,
    origin: undefined,
    asWritten: undefined,
    from: message.from.unit,
    ...as,
  }
}
