import { z } from 'zod'
import { remotePath, sftpSchema } from '../kit/sftp/config.ts'
import { ARCHIVE_PARTS, RETENTIONS } from './archive-number.ts'

/**
 * Configuration of one archive bureau's system. Secrets (password, private key, passphrase) are given apart from it.
 */

const ms = z.number().int().positive()
export const foldersSchema = z.strictObject({
  drop: remotePath
    .default('in')
    .describe(
      '批次放在哪里：上传时为 <batch>.tmp/，然后 <batch>/，最后 <batch>.ok / batches: <batch>.tmp/ while it is uploaded, then <batch>/, and last <batch>.ok',
    ),
  taken: z
    .array(remotePath)
    .default(['taken'])
    .describe(
      '档案馆取走的标记移到哪里；重发一批之前先看这里 / where the bureau moves markers that it has taken; looked into before a batch is sent again',
    ),
  receipts: remotePath.default('receipts').describe('回执放在哪里 / where receipts lie'),
  receiptsDone: remotePath.default('receipts/done').describe('我方已取的回执 / receipts that we have taken'),
  receiptsBad: remotePath.default('receipts/bad').describe('我方读不懂的回执 / receipts that we could not read'),
})
export type ArchiveFolders = z.infer<typeof foldersSchema>

export const receiptPollSchema = z.strictObject({
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(1024 * 1024)
    .describe('更大的文件不读，另存 / larger files are set aside unread'),
  settleMs: ms
    .default(60_000)
    .describe(
      '这么久不变而仍读不懂的文件是坏的，不是没写完 / a file that cannot be read and has not changed for so long is broken, not half-written',
    ),
  extension: z
    .string()
    .regex(/^[A-Za-z0-9]{1,10}$/)
    .default('xml')
    .describe('回执的扩展名；文件夹中其他文件不动 / extension of receipts; other files in the folder are left alone'),
  most: z.number().int().positive().default(200).describe('一轮取几件 / receipts in one round'),
})
export type ReceiptPollConfig = z.infer<typeof receiptPollSchema>

const part = (name: keyof typeof ARCHIVE_PARTS) =>
  z.string().regex(ARCHIVE_PARTS[name].shape, { message: ARCHIVE_PARTS[name].rule })
const fonds = z.strictObject({
  code: part('fonds').describe('全宗号 / fonds code'),
  name: z.string().min(1).describe('立档单位名称 / name of the fonds'),
})

export const classificationSchema = z.strictObject({
  fonds: z
    .strictObject({
      default: fonds.describe('其余单位的全宗 / of all others'),
      units: z.record(z.string(), fonds).default({}).describe('按单位标识 / by unit id'),
    })
    .describe('全宗：按发文单位的标识，及其余单位 / fonds by our unit id of the issuer, and for all others'),
  category: part('category').default('WS').describe('门类代码 / code of the category'),
  retention: z
    .strictObject({
      default: z.enum(RETENTIONS).default('D30').describe('其余文种的保管期限 / of all others'),
      documentTypes: z.record(z.string(), z.enum(RETENTIONS)).default({}).describe('按文种 / by type of document'),
    })
    .prefault({})
    .describe('保管期限：按文种，及其余文种 / retention by type of document, and for all others'),
  offices: z
    .record(z.string(), part('office'))
    .default({})
    .describe(
      '机构（问题）代码，按单位标识；没有的，档号不含这一段 / office code by unit id; absent: the archive number has none',
    ),
})
export type Classification = z.infer<typeof classificationSchema>

export const archiveSchema = z.strictObject({
  server: sftpSchema.describe('档案馆的 SFTP 服务器 / the bureau’s SFTP server'),
  folders: foldersSchema.prefault({}).describe('服务器上的文件夹 / folders on the server'),
  profile: z
    .string()
    .default('default')
    .describe('config/archive/ 中的目录方案，不写扩展名 / a file of config/archive/, without its extension'),
  sender: z.string().min(1).describe('移交单位，写在说明文件里 / who sends, as the readme names it'),
  classification: classificationSchema.describe('全宗、门类、保管期限 / fonds, category and retention'),
  upload: z
    .strictObject({
      resume: z
        .boolean()
        .default(true)
        .describe(
          '断开的上传从断处接着传，不从头再来 / go on where a cut upload of a file ended, instead of from its beginning',
        ),
    })
    .prefault({})
    .describe('怎样上传 / how batches are uploaded'),
  receipts: receiptPollSchema.prefault({}).describe('怎样取回执 / how receipts are fetched'),
  door: z.enum(['off', 'warn', 'refuse']).default('warn').meta({
    description:
      '永远无法归档的公文在收文时怎么办：off 照收、warn 收下并记事件、refuse 拒收 / a document that could never be archived, when it is accepted: taken in silence, taken with an event, refused',
    since: '0.2.0',
  }),
})
export type ArchiveConfig = z.infer<typeof archiveSchema>
