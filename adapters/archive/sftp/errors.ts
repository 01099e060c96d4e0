import { YizhanError, asError } from '../../../core/errors/error.ts'

/** SSH_FX_* of draft-ietf-secsh-filexfer-02, 7. */
export const NO_SUCH_FILE = 2

/** What the server said, or what became of the connection. */
export function sftpStatusOf(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'number' ? code : undefined
}

/** The server answered no: permission, a full disk, a name that is taken. It certainly did not do it. */
export function refusedBy(system: string, operation: string, error: unknown): YizhanError {
  return new YizhanError(
    'SYSTEM_FAULT',
    { field: system, detail: `${operation}: ${asError(error).message}` },
    { cause: error },
  )
}

export function connectionLost(system: string, detail: string, cause?: unknown): YizhanError {
  return new YizhanError('SYSTEM_UNREACHABLE', { field: system, detail }, { cause })
}

export function noAnswer(system: string, operation: string, ms: number): YizhanError {
  return new YizhanError('SYSTEM_TIMEOUT', { field: system, rule: `${ms} ms (${operation})` })
}
