import { InvalidAsn1Error, MessageParserError, ResultCodeError } from 'ldapts'
import { isTlsFailure } from '../../core/config/call-tls.ts'
import { YizhanError, asError } from '../../core/errors/error.ts'
import { NotLdap, TooMuch } from './frames.ts'

/** What was being done when it failed. */
export type Stage = 'connect' | 'startTls' | 'bind' | 'search'

export interface Where {
  /** the directory's id */
  readonly system: string
  readonly stage: Stage
  readonly bindDn?: string | undefined
  /** entries that one page of ours asks for */
  readonly pageSize?: number | undefined
}

// Result codes of RFC 4511 appendix A.
const TIME_LIMIT = 3
const SIZE_LIMIT = 4
const ADMIN_LIMIT = 11
const BUSY = 51
const UNAVAILABLE = 52
const OTHER = 80
const PASSING: ReadonlySet<number> = new Set([1, TIME_LIMIT, BUSY, UNAVAILABLE, OTHER])
/** wrong method, constraint such as a lock-out, wrong credentials, not allowed, unwilling, no such or a malformed DN */
const REFUSALS: ReadonlySet<number> = new Set([7, 8, 13, 19, 32, 34, 48, 49, 50, 53])

/** Whether a bind was answered, and the answer was that this name and password do not open the door. */
export function isRefusedBind(error: unknown): boolean {
  return error instanceof ResultCodeError && REFUSALS.has(error.code)
}

/** What went wrong as an error of the house. Ours pass through, and so does the reason of an aborted signal. */
export function directoryError(thrown: unknown, where: Where): YizhanError {
  if (thrown instanceof YizhanError) return thrown
  const error = asError(thrown)
  const facts = { field: where.system, detail: error.message }
  if (error instanceof TooMuch)
    return new YizhanError('DIRECTORY_TOO_LARGE', { ...facts, rule: error.message }, { cause: error })
  const isGarbled = error instanceof NotLdap || error instanceof InvalidAsn1Error || error instanceof MessageParserError
  if (isGarbled) return new YizhanError('DIRECTORY_GARBLED', facts, { cause: error })
  if (error instanceof ResultCodeError) return refused(error, where)
  if (isTlsFailure(error)) return new YizhanError('DIRECTORY_TLS', facts, { cause: error })
  return new YizhanError(
    'SYSTEM_UNREACHABLE',
    { ...facts, detail: error.message.split('\n').join(': ') },
    { cause: error },
  )
}

function refused(error: ResultCodeError, where: Where): YizhanError {
  const facts = { field: where.system, detail: error.message }
  if (PASSING.has(error.code)) return new YizhanError('SYSTEM_FAULT', facts, { cause: error })
  if (where.stage === 'startTls') return new YizhanError('DIRECTORY_TLS', facts, { cause: error })
  if (where.stage === 'bind')
    return new YizhanError('DIRECTORY_BIND_REFUSED', { ...facts, value: where.bindDn }, { cause: error })
  if (error.code === SIZE_LIMIT || error.code === ADMIN_LIMIT) return serverLimit(error, where)
  return new YizhanError('SYSTEM_REFUSED', facts, { cause: error })
}

/**
 * The server gives no more than it is set to. Which setting that is differs by server, and ours may ask for too much:
 * both are named, since whoever reads the error can change only one of them.
 */
function serverLimit(error: ResultCodeError, { system, pageSize }: Where): YizhanError {
  const code = error.code === SIZE_LIMIT ? 'sizeLimitExceeded (4)' : 'adminLimitExceeded (11)'
  const server = [
    'slapd: limits size.pr、size.prtotal、size.hard（sizelimit）',
    '389-ds: nsslapd-sizelimit、nsslapd-lookthroughlimit、nsslapd-pagedsizelimit、nsslapd-pagedlookthroughlimit',
    'AD: MaxPageSize',
  ].join('；')
  const ours = `sync.pageSize（现为 now ${pageSize ?? '?'}）`
  return new YizhanError(
    'DIRECTORY_TOO_LARGE',
    {
      field: system,
      rule: `服务器对本账号的限额 the server’s limit for our account, ${code}`,
      detail: `我方 ours: ${ours}；${server}`,
    },
    { cause: error },
  )
}
