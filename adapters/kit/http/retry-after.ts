/**
 * How long an answer asks to be left alone (Retry-After, RFC 9110, 10.2.3): seconds or a date, milliseconds from now
 * on; undefined if it does not say, or not understandably. A date is taken against the answer's own Date where there is
 * one:
 * the other's clock may be wrong, but is so in both.
 */
export function retryAfterMs(
  headers: { readonly 'retry-after'?: string | undefined; readonly date?: string | undefined },
  now: number,
): number | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  const until = dateOf(text)
  return until === undefined ? undefined : Math.max(0, until - (dateOf(headers.date) ?? now))
}

/** HTTP's three forms of a date all name the month in letters: a bare number is none. */
function dateOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}
