import { timerChannel } from '../core/hop/channels.ts'
import type { Sender } from '../core/delivery/port.ts'
import type { Take } from '../core/door/port.ts'
import { derivedId } from '../core/message/ids.ts'
import type { Clock } from '../core/util/clock.ts'

/**
 * Timers are deliveries that are due later, to the station itself: when one is due, a copy of its message is accepted
 * for the timer's subscriptions. The delivery's id recognises a repetition, so nothing rings twice.
 */
export function timerSender(take: Take, clock: Clock): Sender {
  return {
    async send({ id, address, message }) {
      if (address?.to !== 'timer') throw new Error(`${id} goes to no timer`)
      const { name, at } = address
      const copy = {
        ...message,
        id: derivedId(message.id, `timer ${name}@${at}`),
        parent: message.id,
        acceptedAt: new Date(clock.now()).toISOString(),
      }
      const { id: remoteId } = await take(copy, {
        key: `timer:${id}`,
        channel: timerChannel(name),
      })
      return { remoteId }
    },
    close: () => Promise.resolve(),
  }
}
