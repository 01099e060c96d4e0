import { z } from 'zod'
import { remotePath, sftpSchema } from '../kit/sftp/config.ts'
import { ARCHIVE_PARTS, RETENTIONS } from './archive-number.ts'

/**
 * Configuration of one archive bureau's system. Secrets (password, private key, passphrase) are given apart from it.
 */

const ms = z.number().int().positive()
export const foldersSchema = z.strictObject({
  /** batches: `<batch>.tmp/` while it is uploaded, then `<batch>/`, and last `<batch>.ok` */
  drop: remotePath.default('in'),
  /** where the bureau moves markers that it has taken; looked into before a batch is sent again */
  taken: z.array(remotePath).default(['taken']),
  /** receipts */
  receipts: remotePath.default('receipts'),
  /** receipts that we have taken */
  receiptsDone: remotePath.default('receipts/done'),
  /** receipts that we could not read */
  receiptsBad: remotePath.default('receipts/bad'),
})
export type ArchiveFolders = z.infer<typeof foldersSchema>

export const receiptPollSchema = z.strictObject({
  /** larger files are set aside unread */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(1024 * 1024),
  /** a file that cannot be read and has not changed for so long is broken, not half-written */
  settleMs: ms.default(60_000),
  /** other files in the folder are left alone */
  extension: z
    .string()
    .regex(/^[A-Za-z0-9]{1,10}$/)
    .default('xml'),
  /** receipts in one round */
  most: z.number().int().positive().default(200),
})
export type ReceiptPollConfig = z.infer<typeof receiptPollSchema>

const part = (name: keyof typeof ARCHIVE_PARTS) =>
  z.string().regex(ARCHIVE_PARTS[name].shape, { message: ARCHIVE_PARTS[name].rule })
const fonds = z.strictObject({ code: part('fonds'), name: z.string().min(1) })

export const classificationSchema = z.strictObject({
  /** 全宗 by our unit id of the issuer, and for all others */
  fonds: z.strictObject({ default: fonds, units: z.record(z.string(), fonds).default({}) }),
  /** 门类代码 */
  category: part('category').default('WS'),
  /** 保管期限 by 文种, and for all others */
  retention: z
    .strictObject({
      default: z.enum(RETENTIONS).default('D30'),
      documentTypes: z.record(z.string(), z.enum(RETENTIONS)).default({}),
    })
    .prefault({}),
  /** 机构（问题）代码 by unit id; absent: the archive number has none */
  offices: z.record(z.string(), part('office')).default({}),
})
export type Classification = z.infer<typeof classificationSchema>

export const archiveSchema = z.strictObject({
  server: sftpSchema,
  folders: foldersSchema.prefault({}),
  /** a file of `config/archive/`, without its extension */
  profile: z.string().default('default'),
  /** who sends, as the readme names it */
  sender: z.string().min(1),
  classification: classificationSchema,
  upload: z
    .strictObject({
      /** go on where a cut upload of a file ended, instead of from its beginning */
      resume: z.boolean().default(true),
    })
    .prefault({}),
  receipts: receiptPollSchema.prefault({}),
  /** a document that could never be archived, when it is accepted: taken in silence, taken with an event, refused */
  door: z.enum(['off', 'warn', 'refuse']).default('warn'),
})
export type ArchiveConfig = z.infer<typeof archiveSchema>
