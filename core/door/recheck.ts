import type { StationConfig } from '../config/schema.ts'
import { fitting } from '../errors/fitting.ts'
import { message as messageSchema, type Message } from '../message/schema.ts'
import { refuseClassified } from './classified.ts'

/** What a person has repaired is a whole message, and nothing classified, like any submission. */
export function recheck(message: Message, rules: StationConfig['classified']): void {
  const whole = fitting(messageSchema, message, 'message')
  const files = whole.files.map(({ name, role }) => ({ name, role, bytes: Buffer.alloc(0) }))
  if (whole.kind === 'document') refuseClassified({ kind: 'document', document: whole.document, files }, rules)
  else refuseClassified({ kind: 'reply', about: whole.id, files }, rules)
}
