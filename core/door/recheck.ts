import { fitting } from '../errors/fitting.ts'
import { message as messageSchema, type Message } from '../message/schema.ts'
import type { Guard } from '../secrecy/guard.ts'
import { passDerived } from './secrecy.ts'

/** What a person has repaired is a whole message, and nothing classified, like any submission. */
export async function recheck(
  guard: Pick<Guard, 'message' | 'files'>,
  message: Message,
  before: Message | undefined,
): Promise<void> {
  await passDerived(guard, fitting(messageSchema, message, 'message'), before)
}
