import { z } from 'zod'
import { readPhone } from '../../core/text/phone.ts'
import { PETITION_PURPOSES } from '../../core/message/petition.ts'

/**
 * A petition (信访件) as a portal submits it. The elements are those of working systems (see docs/systems/portal.md);
 * the purposes follow 信访工作条例 (2022), chapter IV. Whatever a citizen writes is text: nothing of it is ever markup.
 */

export const PURPOSES = PETITION_PURPOSES

/** Line breaks of browsers and old systems as one kind, so that the same text is the same petition. */
const newlines = (text: string): string => text.replace(/\r\n?/g, '\n')

const PLAIN = '不得含控制字符 / no control characters'
/**
 * No C0 or C1 controls, nothing that XML cannot carry to an OA (XML 1.0, 2.2), no halves of surrogate pairs, no
 * override of the writing direction, which disguises names.
 */
const isPlain = (text: string): boolean =>
  text.isWellFormed() && !/[\p{Cc}\ufffe\uffff\u202a-\u202e\u2066-\u2069]/u.test(text)
/** As `isPlain`, with tabs and line feeds. */
const isText = (text: string): boolean => text.isWellFormed() && !/[^\P{Cc}\t\n]|[\ufffe\uffff]/u.test(text)

const line = (most: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => isPlain(text), PLAIN)

/** Resident identity number, GB 11643: 17 digits and a check character, ISO 7064 MOD 11-2. */
export function isIdNumber(text: string): boolean {
  if (!/^\d{17}[\dX]$/.test(text)) return false
  let sum = 0
  for (const character of text.slice(0, 17)) sum = (sum + Number(character)) * 2
  return '10X98765432'.charAt(sum % 11) === text.charAt(17)
}

export const petitionerSchema = z.strictObject({
  name: line(50).describe('姓名 name'),
  phone: z
    .string()
    .overwrite((text) => readPhone(text) ?? text.trim())
    .regex(
      /^(1[3-9]\d{9}|0\d{2,3}-\d{7,8}(-\d{1,6})?)$/,
      '手机号或带区号的固定电话 / a mobile number, or a fixed one with its area code',
    )
    .describe('联系电话 phone: mobile, or fixed with area code'),
  idNumber: z
    .string()
    .overwrite((text) => text.trim().toUpperCase())
    .refine(isIdNumber, 'GB 11643：18 位，校验码须正确 / 18 characters with a correct check character')
    .optional()
    .describe('居民身份证号 resident identity number, GB 11643'),
  email: z.email().max(254).optional().describe('电子邮箱 mail address'),
  address: line(200).optional().describe('住址 postal address'),
})

export const placeSchema = z
  .strictObject({
    code: z
      .string()
      .regex(/^\d{6}(\d{3}){0,2}$/, '6、9 或 12 位行政区划代码 / a division code of 6, 9 or 12 digits')
      .optional()
      .describe('行政区划代码 administrative division code, GB/T 2260 and GB/T 10114'),
    name: line(100).optional().describe('地名 name'),
  })
  .refine(({ code, name }) => code !== undefined || name !== undefined, '代码与名称至少填一项 / code or name')
  .meta({ anyOf: [{ required: ['code'] }, { required: ['name'] }] })

/** Who says that a petition is not classified, and why. */
export const notClassifiedSchema = z.strictObject({
  name: line(100).describe('声明人 who declares it'),
  reason: line(500).describe('理由 the reason'),
})

export const petitionSchema = z.strictObject({
  externalId: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, '1 至 64 个可见 ASCII 字符 / 1 to 64 visible ASCII characters')
    .optional()
    .describe(
      '门户自己的标识；相同标识再次提交得到同样的答复 the portal’s own id; the same id again gets the same answer',
    ),
  purpose: z.enum(PURPOSES).describe('目的 purpose: appeal, suggestion, report on somebody, question, other'),
  title: line(100).describe('标题 title'),
  text: z
    .string()
    .overwrite(newlines)
    .min(1)
    .max(10_000)
    .refine((text) => isText(text), PLAIN)
    .refine((text) => text.trim() !== '', '不得为空 / not blank')
    .describe('内容 what it is about; plain text, never markup'),
  place: placeSchema.describe('问题属地 where the matter lies'),
  category: z
    .string()
    .regex(/^\d{6}$/, '6 位内容分类代码，990000 为其他 / a category of 6 digits, 990000 is other')
    .describe('内容分类代码 category of the content; 990000 is other'),
  petitioner: petitionerSchema.describe('信访人 petitioner; shown only to the units that handle the petition'),
  accused: line(200)
    .optional()
    .describe('被反映单位或人员，按原文 the unit or person reported on, as written; never gets to see it'),
  notClassified: notClassifiedSchema
    .optional()
    .describe(
      '声明不涉密：标题或文件名有疑似密级标志的词时使用，登记备查 declares that it is not classified, where a word of the title may be a mark; booked',
    ),
  publish: z.boolean().default(false).describe('是否同意公开 whether it may be published'),
})
export type Petition = z.output<typeof petitionSchema>

/** Where a file's name begins after a path that old browsers send along. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).trim()
}

export const fileNameSchema = z
  .string()
  .overwrite(baseName)
  .min(1)
  .max(200)
  .refine((name) => isPlain(name) && !/^\.+$/.test(name), PLAIN)
  .describe('文件名 file name')

export const submittedFileSchema = z.strictObject({
  name: fileNameSchema,
  mediaType: z
    .string()
    .max(100)
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'type/subtype')
    .optional()
    .describe('媒体类型 media type'),
  content: z.string().meta({ contentEncoding: 'base64', description: 'Base64 (RFC 4648, 4)' }),
})
/** The JSON form. In multipart/form-data, files are parts, and `petitioner.name` is the name of a field. */
export const submissionSchema = petitionSchema.extend({ files: z.array(submittedFileSchema).max(100).default([]) })
