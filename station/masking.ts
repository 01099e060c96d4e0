import { shownValue } from '../core/message/petition-mask.ts'
import { maskText } from '../core/events/mask.ts'
import type { Message } from '../core/message/schema.ts'

/** What stands in a message of which not all is shown: with it, nobody replays the masked one by mistake. */
const HINT = '已掩码，全文用 --whole（记入审计链） / masked: the whole with --whole, which is booked'

/** What identifies and is never contact data. */
const IDS: ReadonlySet<string> = new Set(['id', 'trace', 'parent', 'row', 'digest', 'schema', 'kind'])

/**
 * A message as an operator sees it without asking for the whole: of a petition neither query code nor text, and who
 * filed it by its ends; phone and identity numbers and mail addresses masked wherever they stand in any message.
 * `masked` tells that something was.
 */
export function masked(message: Message): Message & { readonly masked?: string } {
  const shown = (
    message.kind === 'petition' ? { ...(walked(message) as object), ...petition(message) } : walked(message)
  ) as Message
  return JSON.stringify(shown) === JSON.stringify(message) ? message : { ...shown, masked: HINT }
}

/** The same for anything else that is told beside a message. */
export function maskedToo<Value>(value: Value): Value {
  return walked(value) as Value
}

function petition(message: Extract<Message, { kind: 'petition' }>): object {
  const { petitioner, ...rest } = message.petition
  return {
    ...(message.number === undefined ? {} : { number: '****' }),
    petition: {
      ...fields(rest, ''),
      petitioner: fields(petitioner, 'petitioner.'),
    },
  }
}

function fields(values: object, prefix: string): object {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === 'string' ? shownValue(`${prefix}${key}`, value) : walked(value),
    ]),
  )
}

function walked(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return IDS.has(key) ? value : maskText(value)
  if (typeof value === 'number') {
    const text = maskText(String(value))
    return text === String(value) ? value : text
  }
  if (Array.isArray(value)) return value.map((item) => walked(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walked(item, name)]))
}
