import type { BoundedType } from '../config/flow-bounds.ts'
import type { TlsConfig } from '../config/tls.ts'

/**
 * What the station tells a flow process at its start: one JSON object on its standard input. Flows can read the
 * environment of their process, also what it was at the start, so nothing of this stands there.
 */
export interface FlowStart {
  readonly link: { readonly port: number; readonly token: string }
  readonly editor: {
    readonly host: string
    readonly port: number
    /** of `editor.tls`, whose files the station reads; absent: without TLS */
    readonly clientCertificates?: TlsConfig['clientCertificates'] | undefined
    /** names by which it may be asked for, beside addresses */
    readonly hosts: readonly string[]
    /** whether browsers are told to use nothing but TLS */
    readonly strict: boolean
  }
  /** addresses and networks of the proxies before the editor */
  readonly proxies: readonly string[]
  readonly credentialSecret: string
  /** how long open hops may take to finish before a deploy or a stop, milliseconds */
  readonly drainMs: number
  /** `flows.allow` */
  readonly allow: readonly BoundedType[]
  /** `flows.openPaths` */
  readonly openPaths: readonly string[]
  /** how long the event loop may stand still, milliseconds; absent: nobody holds the other end of a guard pipe */
  readonly silentMs?: number | undefined
  /** the process is for suspects only: it has no editor, and nothing but the station sets its flows going */
  readonly apart?: boolean | undefined
}
