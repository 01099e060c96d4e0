import type { House } from '../adapter/port.ts'
import type { Account } from '../door/port.ts'
import { YizhanError } from '../errors/error.ts'
import { numberFor } from '../ledger/rules/made.ts'
import type { Message } from '../message/schema.ts'

/**
 * The message behind a link of the feed, for an account that may see it: it speaks for the sender or a recipient, or
 * the configuration lets it read everything (`reads: all`). Whoever speaks for a unit that the message must not reach
 * is told what a stranger is: NOT_FOUND.
 */
export async function readFor(house: House, account: Account, id: string): Promise<Message> {
  const message = await house.ledger.journal.message(id)
  if (message === undefined || !(await mayRead(house, account, message)))
    throw new YizhanError('NOT_FOUND', { field: 'message', value: id })
  return message
}

async function mayRead(house: House, account: Account, message: Message): Promise<boolean> {
  const speaksFor = (unit: string): boolean => {
    try {
      house.door.unitOf(account, unit)
      return true
    } catch (thrown) {
      if (thrown instanceof YizhanError && thrown.code === 'NOT_ENTITLED') return false
      throw thrown
    }
  }
  if (await isKeptFrom(house, speaksFor, message)) return false
  if (house.city().accounts.find(({ id }) => id === account.id)?.reads === 'all') return true
  if (message.from.unit !== undefined && speaksFor(message.from.unit)) return true
  if (message.recipients.some(({ unit }) => speaksFor(unit))) return true
  for (const { id: system } of house.city().systems)
    for (const { unit } of await house.ledger.journal.deliveriesOf({ message: message.id, system }))
      if (unit !== undefined && speaksFor(unit)) return true
  return false
}

/** What speaks about a restricted message is restricted with it. */
async function isKeptFrom(
  { ledger: { journal } }: House,
  speaksFor: (unit: string) => boolean,
  message: Message,
): Promise<boolean> {
  const about = 'about' in message ? await journal.message(message.about.id) : undefined
  return [message, about].some((one) => one?.mustNotReach?.some(speaksFor) === true)
}

/** A message as it is shown to others: without what is the station's own, and without whom it reports on. */
export function shownToOthers(message: Message): Readonly<Record<string, unknown>> {
  const { system, externalId } = message.origin
  return {
    ...message,
    origin: { system, externalId },
    mustNotReach: undefined,
    asWritten: undefined,
    unread: undefined,
    number: numberFor(message),
    ...(message.kind === 'petition' ? { review: undefined } : {}),
  }
}
