import { YizhanError } from '../../core/errors/error.ts'

const MOBILE = /^1[3-9]\d{9}$/

/** How people and centres write them: blanks, hyphens, and the country's code before the number. */
function plain(text: string): string {
  return text.replace(/[\s\u3000-]/g, '').replace(/^(?:\+|00)?86(?=1\d{10}$)/, '')
}

/**
 * A mobile number of the mainland as 11 digits.
 *
 * @throws YizhanError SMS_NUMBER, in which the number is masked
 */
export function mobileNumber(text: string, field = 'mobile'): string {
  const number = plain(text)
  if (MOBILE.test(number)) return number
  throw new YizhanError('SMS_NUMBER', { field, value: maskMobile(text), rule: '1[3-9]，共 11 位 / 11 digits' })
}

/** The same for a number from outside: what is none stays as it is (a service's short number can send texts too). */
export function numberFrom(text: string): string {
  const number = plain(text)
  return MOBILE.test(number) ? number : text.trim()
}

/** For logs: the first three and the last four digits remain, 138****0001; of anything shorter nothing does. */
export function maskMobile(text: string): string {
  const number = plain(text)
  return number.length >= 8 ? `${number.slice(0, 3)}****${number.slice(-4)}` : '****'
}
