import { YizhanError } from '../../../core/errors/error.ts'
import { notInGbk } from '../dbf/gbk.ts'
import type { ArchiveProfile } from '../profile/schema.ts'
import { trimOf } from '../../../core/util/trim.ts'

/** UTF-8 bytes of a name that every file system and network gate still takes. */
const MOST_STEM_BYTES = 120

const BATCH_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/** @throws YizhanError ARCHIVE_VALUE */
export function checkBatchId(id: string): void {
  if (!BATCH_ID.test(id))
    throw new YizhanError('ARCHIVE_VALUE', {
      field: 'batch',
      value: id,
      rule: '1–64 个字母、数字、_、-（ASCII）',
      detail: '批次号 / batch id',
    })
}

/** 年度/类别/文件: the folder of one document, in ASCII but for an office code in 汉字. */
export function documentFolder(
  layout: ArchiveProfile['layout'],
  year: number,
  category: string,
  archiveNumber: string,
): string {
  return `${layout.documents}/${year}/${category}/${archiveNumber.replaceAll('·', '.')}`
}

/**
 * The name of a document's n-th file. Two files never share one: the number stands first.
 *
 * @throws YizhanError ARCHIVE_FILE for a format that the bureau does not take
 */
export function fileNameFor(original: string, position: number, settings: ArchiveProfile['files']): string {
  // An archive keeps no name that shows itself as another: U+202E turns `fdp.exe` into `exe.pdf` on every screen.
  const hidden = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.exec(original)
  if (hidden !== null)
    throw new YizhanError('ARCHIVE_FILE', {
      field: original.replaceAll(hidden[0], '□'),
      value: `U+${(hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
      rule: '文件名不得含控制字符与改变书写方向的字符 / no control and direction characters in a file name',
    })
  const [, stem = original, extension = ''] = /^(.*)\.([^.]*)$/su.exec(original) ?? []
  const known = extension.toLowerCase()
  if (!settings.extensions.includes(known))
    throw new YizhanError('ARCHIVE_FILE', { field: original, value: extension, rule: settings.extensions.join(', ') })
  const number = String(position).padStart(2, '0')
  const readable = settings.names === 'chinese' ? readableStem(stem) : ''
  return readable === '' ? `${number}.${known}` : `${number}-${readable}.${known}`
}

/** What may stand in a name on Windows, on Linux, in XML and in GBK; runs of anything else become one `_`. */
function readableStem(stem: string): string {
  let kept = ''
  for (const character of stem.normalize('NFC')) {
    const good =
      /[\p{L}\p{N}\p{M}（）〔〕《》【】、，。—－·_.+ -]/u.test(character) && notInGbk(character) === undefined
    if (good) kept += character
    else if (!kept.endsWith('_')) kept += '_'
  }
  let short = ''
  for (const character of kept) {
    if (Buffer.byteLength(short + character) > MOST_STEM_BYTES) break
    short += character
  }
  return trimOf(short, '. _')
}
