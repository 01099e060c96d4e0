import { readFileSync } from 'node:fs'
import { asError, YizhanError } from '../core/errors/error.ts'

/**
 * A JSON file that a command line names.
 *
 * @param option as the command line has it, such as `--message`
 * @throws YizhanError FIELD_INVALID, which names the option and the file
 */
export function readJsonFile(option: string, path: string): unknown {
  const refuse = (zh: string, en: string, cause: unknown): YizhanError =>
    new YizhanError(
      'FIELD_INVALID',
      { field: option, value: path, rule: `${zh} / ${en}: ${asError(cause).message}` },
      { cause },
    )
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw refuse('无法读取', 'cannot be read', error)
  }
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw refuse('须为 JSON 文件', 'must be a JSON file', error)
  }
}
