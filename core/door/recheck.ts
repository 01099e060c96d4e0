import type { Message } from '../message/schema.ts'
import { wholeMessage } from '../message/whole.ts'
import type { Guard } from '../secrecy/guard.ts'
import { passDerived } from './secrecy.ts'

/** What a person has repaired is a whole message, and nothing classified, like any submission. */
export async function recheck(
  guard: Pick<Guard, 'message' | 'files'>,
  message: Message,
  before: Message | undefined,
): Promise<void> {
  await passDerived(guard, wholeMessage(message, 'message'), before)
}
