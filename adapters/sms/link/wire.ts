import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { CallTlsFiles, type CallTls } from '../../../core/config/call-tls.ts'
import { asError } from '../../../core/errors/error.ts'
import { unreachable } from '../../kit/http/exchange.ts'

export interface CentreAddress {
  /** the system's id, for errors */
  readonly system: string
  readonly config: { readonly host: string; readonly port: number }
  /** absent: in the clear, as both protocols were made */
  readonly tls: CallTls | undefined
}

/** A connection that is being opened to a centre. */
export interface Wire {
  readonly socket: Socket
  /** what it emits when it may be written to: before, nobody knows whose it is */
  readonly ready: 'connect' | 'secureConnect'
}

/** @throws YizhanError SYSTEM_TLS for certificates that cannot be used */
export function connectCentre({ system, config: { host, port }, tls }: CentreAddress): Wire {
  if (tls === undefined) return { socket: connect({ host, port, noDelay: true }), ready: 'connect' }
  try {
    const socket = connectTls({ ...new CallTlsFiles(tls).options(host), host, port })
    return { socket: socket.setNoDelay(true), ready: 'secureConnect' }
  } catch (thrown) {
    throw unreachable(system, asError(thrown), false)
  }
}
