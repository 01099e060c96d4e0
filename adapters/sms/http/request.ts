import { createHash } from 'node:crypto'
import { z } from 'zod'
import { YizhanError } from '../../../core/errors/error.ts'
import type { HttpConfig } from '../config.ts'

/** One text for one phone at China Mobile's 云MAS. */
export interface MasText {
  readonly mobiles: string
  readonly content: string
  readonly addSerial: string
}

/**
 * The body of norsubmit: base64 of UTF-8 JSON. `mac` is the lower-case hexadecimal MD5 of ecName, apId, the secret,
 * mobiles, content, sign and addSerial, one behind the other; the secret itself is in no field.
 */
export function writeSubmission(
  { company, account, sign }: HttpConfig,
  secret: string,
  { mobiles, content, addSerial }: MasText,
): Buffer {
  const mac = createHash('md5')
    .update(company + account + secret + mobiles + content + sign + addSerial, 'utf8')
    .digest('hex')
  const body = { ecName: company, apId: account, mobiles, content, sign, addSerial, mac }
  return Buffer.from(Buffer.from(JSON.stringify(body), 'utf8').toString('base64'), 'latin1')
}

const answerSchema = z.object({
  success: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
  rspcod: z.string().default(''),
  msgGroup: z.string().nullish(),
})

/**
 * The id under which reports will come (msgGroup).
 *
 * @throws YizhanError SMS_REFUSED, SMS_LOGIN, SMS_FLOW by rspcod; SYSTEM_FAULT in doubt where the answer makes no sense
 */
export function readSubmissionAnswer(system: string, config: HttpConfig, bytes: Buffer): string {
  const answer = answerSchema.safeParse(parsed(bytes))
  if (!answer.success) throw new YizhanError('SYSTEM_FAULT', { field: system, detail: 'rspcod' }, { inDoubt: true })
  const { success, rspcod, msgGroup } = answer.data
  if (success && typeof msgGroup === 'string' && msgGroup !== '') return msgGroup
  if (success)
    throw new YizhanError('SYSTEM_FAULT', { field: system, detail: 'success, but no msgGroup' }, { inDoubt: true })
  if (config.flowCodes.includes(rspcod)) throw new YizhanError('SMS_FLOW', { field: system, value: rspcod })
  if (config.accountCodes.includes(rspcod))
    throw new YizhanError('SMS_LOGIN', { field: system, value: rspcod, detail: '接口账号 / account' })
  throw new YizhanError('SMS_REFUSED', { field: system, value: rspcod, detail: '平台拒收 / refused by the platform' })
}

/** JSON of whatever this is; undefined if it is none. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
