import { fitting } from '../errors/fitting.ts'
import { message as messageSchema, type Message } from '../message/schema.ts'
import type { Guard } from '../secrecy/guard.ts'
import { passDerived } from './secrecy.ts'

/** What a person has repaired is a whole message, and nothing classified, like any submission. */
export function recheck(guard: Pick<Guard, 'message'>, message: Message, before: Message | undefined): void {
  passDerived(guard, fitting(messageSchema, message, 'message'), before)
}
