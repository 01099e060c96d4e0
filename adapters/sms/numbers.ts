import { YizhanError } from '../../core/errors/error.ts'
import { readMobile } from '../../core/text/phone.ts'
import { compact } from '../../core/text/normal.ts'

/**
 * A mobile number of the mainland as 11 digits.
 *
 * @throws YizhanError SMS_NUMBER, in which the number is masked
 */
export function mobileNumber(text: string, field = 'mobile'): string {
  const number = readMobile(text)
  if (number !== undefined) return number
  throw new YizhanError('SMS_NUMBER', { field, value: maskMobile(text), rule: '1[3-9]，共 11 位 / 11 digits' })
}

/** The same for a number from outside: what is none stays as it is (a service's short number can send texts too). */
export function numberFrom(text: string): string {
  return readMobile(text) ?? text.trim()
}

/** For logs: the first three and the last four digits remain, 138****0001; of anything shorter nothing does. */
export function maskMobile(text: string): string {
  const number = readMobile(text) ?? compact(text)
  return number.length >= 8 ? `${number.slice(0, 3)}****${number.slice(-4)}` : '****'
}
