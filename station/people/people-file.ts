import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { operatorSchema, type Operator } from '../../core/people/operator.ts'
import { replaceFile } from '../../core/util/durable-file.ts'

/**
 * The people of a station, in its data folder, 0600: they change while it runs (passwords, locks), so they are no
 * configuration; the backup has them, and no log.
 */
const PEOPLE_FILE = 'people.json'

const fileSchema = z.strictObject({ format: z.literal('yizhan-people/1'), people: z.array(operatorSchema) })

/** Nobody where there is no such file. @throws YizhanError PEOPLE_UNREADABLE */
export async function readPeople(data: string): Promise<readonly Operator[]> {
  const path = join(data, PEOPLE_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    return fileSchema.parse(JSON.parse(text)).people
  } catch (error) {
    // What is wrong would quote hashes.
    throw new YizhanError('PEOPLE_UNREADABLE', { field: path }, { cause: error })
  }
}

/** Whole or not at all; durable when it resolves. */
export async function writePeople(data: string, people: readonly Operator[]): Promise<void> {
  const text = JSON.stringify({ format: 'yizhan-people/1', people }, undefined, 1)
  await replaceFile(join(data, PEOPLE_FILE), `${text}\n`, 0o600)
}
