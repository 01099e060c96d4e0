import type { Message } from '../message/schema.ts'
import { wholeMessage } from '../message/whole.ts'
import { checkFileNames } from './file-names.ts'
import type { DoorParts } from './parts.ts'
import { passDerived } from './secrecy.ts'

/**
 * What a person has repaired is a whole message, nothing classified, and of files with names that may enter, like any
 * submission.
 */
export async function recheck(
  { guard, station }: Pick<DoorParts, 'guard' | 'station'>,
  message: Message,
  before: Message | undefined,
): Promise<void> {
  const whole = wholeMessage(message, 'message')
  checkFileNames(whole, station().limits.refusedFileTypes, before === undefined ? [] : [before])
  await passDerived(guard, whole, before)
}
