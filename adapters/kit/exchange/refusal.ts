import type { House } from '../../../core/adapter/port.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { internalError } from '../../../core/events/internal.ts'
import type { Caller } from './caller.ts'

/**
 * Books and logs what was refused before it reached the door: malformed XML, wrong encodings, a dialect's own rules.
 * The offending value is left out: nobody has looked yet whether the document is classified.
 *
 * @param caller or the address of one who has not said who it is
 */
export async function bookRefusal(
  house: House,
  error: YizhanError,
  caller: Pick<Caller, 'system' | 'account'> | string,
): Promise<void> {
  const detail = [error.facts.field, error.facts.rule].filter((part) => part !== undefined).join('：')
  const refused = {
    code: error.code === 'CLASSIFIED' ? 'message.classified' : 'message.refused',
    at: house.clock.now(),
    error: error.code,
    detail,
  } as const
  if (typeof caller === 'string') {
    house.rejections.note({ ...refused, source: caller }, false)
    return
  }
  const event: YizhanEvent = { ...refused, system: caller.system.id, actor: caller.account.id }
  house.emit.emit(event)
  try {
    await house.ledger.acceptance.book([event])
  } catch (failure) {
    // The refusal stands even where it cannot be booked; the log has it.
    house.emit.emit(internalError(failure, house.clock.now(), { doing: `audit ${event.code}` }))
  }
}
