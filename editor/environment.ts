import type { TlsConfig } from '../core/config/tls.ts'

/** What the station tells the flow process, by environment. */
export interface FlowEnvironment {
  readonly linkPort: number
  readonly linkToken: string
  /** folder of the flows */
  readonly flows: string
  /** folder of what else the editor keeps */
  readonly data: string
  readonly editorHost: string
  readonly editorPort: number
  /** `editor.tls` */
  readonly editorTls: TlsConfig | undefined
  /** addresses and networks of the proxies before the editor */
  readonly proxies: readonly string[]
  readonly credentialSecret: string
  /** how long open hops may take to finish before a deploy or a stop, milliseconds */
  readonly drainMs: number
  /** how long the event loop may stand still, milliseconds; absent: nobody holds the other end of a guard pipe */
  readonly silentMs: number | undefined
  /** the process is for suspects only: it has no editor, and nothing but the station sets its flows going */
  readonly apart: boolean
}

/** Reads it, and takes it out of the environment: flows can read that, and hand it to the programs that they start. */
export function takeEnvironment(): FlowEnvironment {
  return {
    linkPort: Number(take('YIZHAN_LINK_PORT')),
    linkToken: take('YIZHAN_LINK_TOKEN'),
    flows: take('YIZHAN_FLOWS'),
    data: take('YIZHAN_EDITOR_DATA'),
    editorHost: take('YIZHAN_EDITOR_HOST'),
    editorPort: Number(take('YIZHAN_EDITOR_PORT')),
    editorTls:
      process.env['YIZHAN_EDITOR_TLS'] === undefined ? undefined : (JSON.parse(take('YIZHAN_EDITOR_TLS')) as TlsConfig),
    proxies: JSON.parse(take('YIZHAN_PROXIES')) as string[],
    credentialSecret: take('YIZHAN_CREDENTIAL_SECRET'),
    drainMs: Number(take('YIZHAN_DRAIN_MS')),
    silentMs: process.env['YIZHAN_SILENT_MS'] === undefined ? undefined : Number(take('YIZHAN_SILENT_MS')),
    apart: process.env['YIZHAN_APART'] === undefined ? false : take('YIZHAN_APART') === 'yes',
  }
}

function take(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '')
    throw new Error(`environment variable ${name} is missing: the flow process is started by the station`)
  Reflect.deleteProperty(process.env, name)
  return value
}
