import type { Message } from './schema.ts'

const texts = new WeakMap<Message, string>()

/** A message as JSON text, written once however often it is asked for: a message is never changed after it was made. */
export function jsonOf(message: Message): string {
  let text = texts.get(message)
  if (text === undefined) texts.set(message, (text = JSON.stringify(message)))
  return text
}

/** Reads what `jsonOf` wrote. */
export function parseMessage(text: string): Message {
  const message = JSON.parse(text) as Message
  texts.set(message, text)
  return message
}
