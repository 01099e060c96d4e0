import type { House } from '../../core/adapter/port.ts'
import { asYizhanError, type YizhanError } from '../../core/errors/error.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import type { Caller } from './http/accounts.ts'

/**
 * Books and logs what was refused before it reached the door: malformed XML, wrong encodings, a dialect's own rules.
 * The offending value is left out: nobody has looked yet whether the document is classified.
 */
export async function bookRefusal(house: House, thrown: unknown, caller: Caller | undefined): Promise<YizhanError> {
  const error = asYizhanError(thrown)
  const event: YizhanEvent = {
    code: error.code === 'INTERNAL' ? 'internal.error' : 'message.refused', at: house.clock.now(),
    system: caller?.system.id, actor: caller?.account.id, error: error.code,
    detail: error.code === 'INTERNAL' ? error.facts.detail : [error.facts.field, error.facts.rule].filter((part) => part !== undefined).join('：'),
  }
  house.emit.emit(event)
  if (event.code === 'message.refused') {
    try {
      await house.ledger.acceptance.book([event])
    } catch (failure) {
      // The refusal stands even where it cannot be booked; the log has it.
      house.emit.emit({ ...event, code: 'internal.error', detail: asYizhanError(failure).message })
    }
  }
  return error
}
