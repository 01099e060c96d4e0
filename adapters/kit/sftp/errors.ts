import { YizhanError, asError } from '../../../core/errors/error.ts'

/** What a server answered that did not do what it was asked to: a code of SSH_FX_*. */
export class SftpRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message === '' ? `SSH_FX ${status}` : message)
    this.name = 'SftpRefusal'
    this.status = status
  }
}

/** Of an operation's error: the server's code, where it was the server that refused. */
export function sftpStatusOf(error: unknown): number | undefined {
  const { cause } = asError(error)
  return cause instanceof SftpRefusal ? cause.status : undefined
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
