import { Refused, TryAgain } from './port.ts'

/** The station's error as its dialects carry it. */
export interface StationError {
  readonly code: string
  readonly zh: string
  readonly en: string
  readonly field?: string | undefined
  readonly value?: string | undefined
  readonly rule?: string | undefined
  readonly retryable: boolean
}

/** What a client makes of the station's error: come again later, or a refusal. */
export function errorFrom(error: StationError): Refused | TryAgain {
  if (error.retryable) return new TryAgain(`${error.code} ${error.zh}`)
  return new Refused(error.code, `${error.zh} / ${error.en}`, {
    field: error.field,
    value: error.value,
    rule: error.rule,
  })
}

/** A connection that could not be made, broke off or timed out: nobody knows whether the station has it. */
export function isLost(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|UND_ERR|ERR_SOCKET|ERR_STREAM|ERR_NETWORK|ERR_BAD_RESPONSE)/.test(
      code,
    ) ||
    (error instanceof Error && /socket hang up|aborted/i.test(error.message))
  )
}
