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
    async send({ id, unit = '', message }) {
      const copy = {
        ...message,
        id: derivedId(message.id, `timer ${unit}`),
        parent: message.id,
        acceptedAt: new Date(clock.now()).toISOString(),
      }
      const { id: remoteId } = await take(copy, {
        key: `timer:${id}`,
        channel: timerChannel(unit.slice(0, unit.lastIndexOf('@'))),
      })
      return { remoteId }
    },
    close: () => Promise.resolve(),
  }
}
