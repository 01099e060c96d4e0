import type { BodyRef, FileRef, Message } from './schema.ts'

/** A text of up to so many bytes of UTF-8 travels in its message, a longer one is a body like a file. */
export const INLINE_TEXT_BYTES = 4096

/** The bodies that a message names, each once. */
export function digestsOf(message: Message): string[] {
  const text = textBodyOf(message)
  return [...new Set([...message.files, ...(text === undefined ? [] : [text])].map(({ digest }) => digest))]
}

/** A document's text where it is a body, as the file that it is for systems that know files only. */
export function textFileOf(message: Message): FileRef | undefined {
  const text = textBodyOf(message)
  return text && { name: '正文.txt', role: 'main', mediaType: 'text/plain; charset=utf-8', ...text }
}

function textBodyOf(message: Message): BodyRef | undefined {
  return message.kind === 'document' ? message.textBody : undefined
}
