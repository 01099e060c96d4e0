import { expect, it } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import { checkFileName } from '../../../core/door/file-names.ts'
import { YizhanError } from '../../../core/errors/error.ts'

const { refusedFileTypes } = stationSchema.parse({ name: 'st' }).limits

it.each([
  `${'长'.repeat(84)}.pdf`,
  'a\u0000.pdf',
  'a\n.pdf',
  'a\u0085.pdf',
  '通知\u202efdp.exe',
  '通知\u202efdp.pdf',
  '通知\u2067.pdf',
  '../a.pdf',
  'C:\\a.pdf',
  'CON',
  'nul.txt',
  'Com1.tar.gz',
  'LPT9 .pdf',
  'a.exe',
  'a.EXE',
  'a.exe. .',
  'a.ｅｘｅ',
  '通知.pdf.scr',
  'a.jar',
  '...',
  '. .',
  '',
])('%j is refused, with the rule', (name) => {
  expect(() => checkFileName(name, refusedFileTypes)).toThrow(YizhanError)
})

it.each([
  '通知.pdf',
  `${'长'.repeat(83)}.pdf`,
  '附件 1（修订）.docx',
  '.gitignore',
  'exe',
  'console.txt',
  'a.exe.pdf',
  '𠮷.ofd',
])('%s may enter', (name) => {
  expect(() => checkFileName(name, refusedFileTypes)).not.toThrow()
})
