import type { AcceptanceAnswer } from '../../../core/door/port.ts'
import { CATALOGUE } from '../../../core/errors/catalogue.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import { presentable } from '../../../core/events/internal.ts'
import { encodeText } from '../../../core/mapping/encoding/text.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { ProfileError } from '../../../core/mapping/profile/problems.ts'
import { shanghaiTime } from '../../../core/util/shanghai.ts'
import type { NameEncoding } from '../../kit/remote/names.ts'
import type { Package } from './package.ts'

export interface NoteText {
  /** path below `receipts/` or `errors/` */
  readonly name: string
  readonly text: string
}

/** What its sender is told, and where. */
export interface FileAnswer extends NoteText {
  readonly area: 'receipts' | 'errors'
}

/** What its sender finds in `receipts/`: the answer as its dialect writes it, under the name of what it gave. */
export function acceptanceNote(
  given: string,
  profile: CompiledProfile,
  { form, syntax }: Pick<Package, 'form' | 'syntax'>,
  answer: AcceptanceAnswer,
): NoteText {
  const response = `${form}Response`
  if (profile.forms.includes(response)) {
    if (syntax === 'json') {
      const json = Buffer.concat(profile.writeRecord(response, { ...answer }, 'json')).toString('utf8')
      return { name: `${stemOf(given)}.json`, text: `${json}\n` }
    }
    const xml = Buffer.concat(profile.writeRecord(response, { ...answer })).toString('utf8')
    return { name: `${stemOf(given)}.xml`, text: `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n` }
  }
  return {
    name: `${stemOf(given)}.txt`,
    text: `收文号 id: ${answer.id}\r\n收文时间 accepted at: ${answer.acceptedAt}\r\n`,
  }
}

/** What its sender finds in `errors/`: the code, what is wrong in both languages, all of it, and the way out. */
export function refusalNote(given: string, error: YizhanError, at: number): NoteText {
  const told = presentable(error)
  const { remedy } = CATALOGUE[told.code]
  const lines = [
    told.code,
    told.zh,
    told.en,
    `办法：${remedy.zh}`,
    `What to do: ${remedy.en}`,
    ...(error instanceof ProfileError ? error.problems : []).map(
      ({ field, value, rule }) => `- ${field}${value === undefined ? '' : ` = “${value}”`}: ${rule}`,
    ),
    ...(told.retryable ? ['将自动再试 / it is tried again by itself'] : []),
    shanghaiTime(at),
  ]
  return { name: noteName(given, 'txt'), text: `${lines.join('\r\n')}\r\n` }
}

/** XML says its encoding itself, JSON has but one; a text is in that of the client's names, as its editor wants it. */
export function noteBytes({ name, text }: NoteText, names: NameEncoding): Buffer {
  if (/\.(?:xml|json)$/.test(name)) return Buffer.from(text, 'utf8')
  // GB 18030 has all characters; halves of one are none.
  return names === 'gbk' ? encodeText(text.toWellFormed(), 'gb18030') : Buffer.from(`\ufeff${text}`, 'utf8')
}

/** Under the name of what was given. */
export function noteName(given: string, ending: 'txt' | 'csv'): string {
  return `${stemOf(given)}.${ending}`
}

function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, '')
}
