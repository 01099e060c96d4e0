import { z } from 'zod'
import { notInGbk } from '../dbf/gbk.ts'
import { sourceKeys } from './source.ts'

/**
 * A catalogue profile, `config/archive/<id>.yaml`: what one bureau's software wants of a batch. A new bureau is a file.
 */

const xmlName = z.string().regex(/^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u)
/** one path step that every file system holds */
const fileName = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,63}$/u)
  .refine((name) => !/[. ]$/.test(name), { message: '不以点或空格结尾 / no dot or blank at the end' })

const dbfField = z.discriminatedUnion('type', [
  z.strictObject({
    name: z.string(),
    type: z.literal('C'),
    length: z.number().int(),
    overflow: z.enum(['refuse', 'cut']).optional(),
    ...sourceKeys,
  }),
  z.strictObject({
    name: z.string(),
    type: z.literal('N'),
    length: z.number().int(),
    decimals: z.number().int().optional(),
    ...sourceKeys,
  }),
  z.strictObject({ name: z.string(), type: z.literal('L'), ...sourceKeys }),
])

const names = (...defaults: string[]) => z.array(xmlName).min(1).default(defaults)
const words = (...defaults: string[]) => z.array(z.string().min(1)).min(1).default(defaults)

export const archiveProfileSchema = z.strictObject({
  name: z.string().min(1),
  /** of the text and XML files */
  encoding: z.enum(['gb18030', 'utf-8']).default('gb18030'),
  /** names of what a batch holds; every one of them is a single path step */
  layout: z
    .strictObject({
      readme: fileName.default('说明文件.TXT'),
      xml: fileName.default('文件目录.XML'),
      dbf: fileName.default('文件目录.DBF'),
      /** holds the documents' files: year / category / document */
      documents: fileName.default('电子档案'),
      /** SHA-256 and path of every other file, UTF-8, as sha256sum writes it */
      manifest: fileName.default('manifest.sha256'),
    })
    .prefault({})
    .refine(
      (layout) => new Set(Object.values(layout).map((name) => name.toLowerCase())).size === Object.keys(layout).length,
      { message: '名称不得重复 / names must differ' },
    ),
  files: z
    .strictObject({
      /** `ascii`: `01.pdf`; `chinese`: `01-原名.pdf`. Folders are named by archive number, in ASCII with `.` for `·` */
      names: z.enum(['ascii', 'chinese']).default('ascii'),
      /** what the bureau takes, lower case without dot */
      extensions: z
        .array(z.string().regex(/^[a-z0-9]{1,10}$/))
        .min(1)
        .default([
          'ofd',
          'pdf',
          'ceb',
          'doc',
          'docx',
          'wps',
          'xls',
          'xlsx',
          'et',
          'ppt',
          'pptx',
          'dps',
          'rtf',
          'txt',
          'xml',
          'html',
          'jpg',
          'jpeg',
          'png',
          'tif',
          'tiff',
          'mp3',
          'mp4',
          'zip',
        ]),
      /** bytes of one file */
      maxBytes: z
        .number()
        .int()
        .positive()
        .default(64 * 1024 * 1024),
    })
    .prefault({}),
  /** lines of the readme; {batch} {date} {fonds} {count} {files} {bytes} {first} {last} {sender} are filled in */
  readme: z.array(z.string()).min(1),
  xml: z.strictObject({
    root: xmlName.default('文件目录'),
    row: xmlName.default('文件'),
    fields: z.array(z.strictObject({ name: xmlName, ...sourceKeys })).min(1),
  }),
  dbf: z.strictObject({
    language: z.number().int().min(0).max(255).default(0x7a),
    /** for C fields that say nothing themselves */
    overflow: z.enum(['refuse', 'cut']).default('refuse'),
    /**
     * characters that GBK does not have, such as 䶮: the document is refused, or `substitute` stands in the DBF for
     * each, and the true text in the XML beside it, as `<原文><字段 名称="TM">…`
     */
    unmappable: z.enum(['refuse', 'substitute']).default('refuse'),
    substitute: z
      .string()
      .refine((text) => /^.$/u.test(text) && notInGbk(text) === undefined, {
        message: 'GBK 中的一个字 / one character of GBK',
      })
      .default('〓'),
    /** the element of a document in the XML that holds the true texts */
    truth: xmlName.default('原文'),
    fields: z.array(dbfField).min(1),
  }),
  /** elements of the bureau's receipt: any of the names, anywhere below the root */
  receipt: z
    .strictObject({
      root: names('移交回执', '接收回执', 'Receipt'),
      batch: names('批次号', 'BatchId'),
      result: names('结果', 'Result'),
      accepted: words('接收', '已接收', '合格', 'accepted'),
      refused: words('拒收', '退回', '不合格', 'refused'),
      at: names('时间', '接收时间', 'Time'),
      by: names('接收人', 'By'),
      note: names('说明', '备注', 'Note'),
      item: names('文件', 'Item'),
      sequence: names('顺序号', 'Sequence'),
      archiveNumber: names('档号', 'ArchiveNumber'),
      reason: names('原因', '拒收原因', 'Reason'),
    })
    .prefault({}),
})
export type ArchiveProfile = z.infer<typeof archiveProfileSchema>
export type ReceiptNames = ArchiveProfile['receipt']
