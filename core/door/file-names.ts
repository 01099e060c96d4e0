import { YizhanError } from '../errors/error.ts'
import type { Message } from '../message/schema.ts'

const MOST_BYTES = 255
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
/** Marks that turn the writing direction (Unicode UAX #9): they make `fdp.exe` read as `exe.pdf`. */
const TURNS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/
/** Devices of Windows, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/

/**
 * A file's name, as it may enter from any system: of up to 255 bytes of UTF-8, without controls, turns of the writing
 * direction and path separators, neither reserved nor that of a program.
 *
 * @param programs extensions that are refused, in lower case
 * @throws YizhanError FIELD_INVALID that names the file and the rule
 */
export function checkFileName(name: string, programs: readonly string[]): void {
  const broken = brokenRule(name, programs)
  if (broken === undefined) return
  const shown = name.slice(0, 80).replace(/[^\P{C}]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`)
  throw new YizhanError('FIELD_INVALID', { field: '文件名 file name', value: shown, rule: broken })
}

/**
 * The names of a message's files, at any door but that of drafts: what comes over a channel or from a flow, what a flow
 * puts out, what a person has repaired.
 *
 * @param before names that the message had when it came to whoever gives it now: they entered by the rules of then
 * @throws YizhanError FIELD_INVALID that names the first file and the rule
 */
export function checkFileNames(
  { files }: Pick<Message, 'files'>,
  programs: readonly string[],
  before: readonly Pick<Message, 'files'>[] = [],
): void {
  const entered = new Set(before.flatMap((message) => message.files.map(({ name }) => name)))
  for (const { name } of files) if (!entered.has(name)) checkFileName(name, programs)
}

function brokenRule(name: string, programs: readonly string[]): string | undefined {
  if (Buffer.byteLength(name) > MOST_BYTES)
    return `不超过 ${MOST_BYTES} 字节（UTF-8） / at most ${MOST_BYTES} bytes of UTF-8`
  if (CONTROLS.test(name)) return '不含控制字符 / no control characters'
  if (TURNS.test(name)) return '不含改变书写方向的字符 / no characters that turn the writing direction'
  if (/[/\\]/.test(name)) return '不含路径 / no path'
  // Windows takes no notice of blanks and dots at the end, so that `a.exe. ` is `a.exe`.
  const parts = name
    .normalize('NFKC')
    .toLowerCase()
    .split('.')
    .map((part) => part.trim())
  const named = parts.filter((part) => part !== '')
  if (named.length === 0) return '不能为空或只有点 / not empty, not dots only'
  if (RESERVED.test(named[0] ?? '')) return '不用 Windows 的保留名 / no reserved name of Windows'
  const extension = named.length > 1 ? (named.at(-1) ?? '') : ''
  return programs.includes(extension) ? `不收可执行文件（${extension}） / no programs (${extension})` : undefined
}
