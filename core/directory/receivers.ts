import type { Recipient } from '../message/schema.ts'
import type { UnitDirectory } from './port.ts'

/**
 * Whoever receives at an instant for these recipients: units that have merged by then give way to those that took over.
 * Each unit once, 主送 before 抄送. What the sender itself took over gets no copy of it, unless it was the only
 * recipient.
 */
export function receivers(
  recipients: readonly Recipient[],
  directory: Pick<UnitDirectory, 'receiverOf'>,
  at: number,
  sender?: string,
): Recipient[] {
  const found = new Map<string, Recipient>()
  const own: Recipient[] = []
  for (const recipient of recipients) {
    const { id, name } = directory.receiverOf(recipient.unit, at)
    const receiver = id === recipient.unit ? recipient : { unit: id, name, role: recipient.role }
    if (id === sender && id !== recipient.unit) own.push(receiver)
    else if (found.get(id) === undefined || (found.get(id)?.role === 'cc' && receiver.role === 'to'))
      found.set(id, receiver)
  }
  return found.size === 0 ? own.slice(0, 1) : [...found.values()]
}
