import type { ConnectionOptions } from 'node:tls'
import { Client, ResultCodeError, type Filter } from 'ldapts'
import { CallTlsFiles } from '../../core/config/call-tls.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { DirectoryConfig } from './config.ts'
import { readEntry, type DirectoryEntry } from './entry.ts'
import { directoryError, isRefusedBind, type Stage } from './failure.ts'
import { plainSocket, tlsSocket, upgraded, type LdapSocket } from './socket.ts'

export interface Search {
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  /** built from objects, never from text that came from outside: nothing in a value can become syntax */
  readonly filter: Filter
  readonly attributes: readonly string[]
}

/** An open connection, bound as the service account. */
export interface Session {
  /** The entries, page by page (RFC 2696). Rejects with a YizhanError; then the connection is closed. */
  pages(search: Search): AsyncGenerator<readonly DirectoryEntry[]>
  /** All pages together, for searches that find little. */
  all(search: Search): Promise<readonly DirectoryEntry[]>
}

/**
 * The directory's server. Each use opens a connection and closes it: none lies idle behind a firewall, and a server
 * that comes back is simply there. Every operation has its timeout, and stops with the signal (its reason is the
 * error).
 */
export interface DirectoryClient {
  /**
   * Connects (TLS as configured), binds, works, closes. Rejects with SYSTEM_UNREACHABLE, SYSTEM_TIMEOUT, SYSTEM_FAULT
   * or DIRECTORY_GARBLED (retryable), or with DIRECTORY_TLS, DIRECTORY_BIND_REFUSED, DIRECTORY_TOO_LARGE or
   * SYSTEM_REFUSED.
   */
  session<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T>
  /**
   * Whether this name and password open the directory. An empty name or password never does: RFC 4513 5.1.2 would let
   * it in.
   */
  verify(dn: string, password: string, signal: AbortSignal): Promise<boolean>
}

/** @param password of the service account; asked for at every use, so that it may change without a restart */
export function directoryClient(config: DirectoryConfig, password: () => string): DirectoryClient {
  return {
    session: (signal, work) =>
      connected(config, signal, async (connection) => {
        if (config.bindDn !== undefined) await connection.bind(config.bindDn, password())
        return work(connection)
      }),
    async verify(dn, secret, signal) {
      if (dn.trim() === '' || secret === '') return false
      return connected(config, signal, (connection) => connection.opens(dn, secret))
    },
  }
}

async function connected<T>(
  config: DirectoryConfig,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const connection = new Connection(config, tlsOptions(config), signal)
  try {
    if (config.startTls) await connection.startTls()
    return await work(connection)
  } finally {
    connection.close()
  }
}

/** Empty where it is spoken to in the clear. */
function tlsOptions({ id, url, startTls, tls }: DirectoryConfig): ConnectionOptions {
  if (!startTls && !url.startsWith('ldaps:')) return {}
  try {
    return new CallTlsFiles(tls).options(new URL(url).hostname)
  } catch (thrown) {
    throw directoryError(thrown, { system: id, stage: 'connect' })
  }
}

class Connection implements Session {
  readonly #config: DirectoryConfig
  readonly #signal: AbortSignal
  readonly #client: Client
  /** what is spoken over now: after StartTLS the second one */
  #socket: LdapSocket | undefined
  readonly #opened: LdapSocket[] = []
  readonly #tls: ConnectionOptions

  constructor(config: DirectoryConfig, tls: ConnectionOptions, signal: AbortSignal) {
    this.#config = config
    this.#signal = signal
    this.#tls = tls
    this.#client = new Client({
      url: config.url,
      createConnection: this.#plain as never,
      createSecureConnection: this.#secure as never,
    })
  }

  startTls(): Promise<void> {
    return this.#step('startTls', () => this.#client.startTLS())
  }

  bind(dn: string, password: string): Promise<void> {
    // With an empty password the server would answer "success" to anybody's name.
    if (password === '')
      throw new YizhanError('DIRECTORY_BIND_REFUSED', {
        field: this.#config.id,
        value: dn,
        detail: '口令为空 / the password is empty',
      })
    return this.#step('bind', () => this.#client.bind(dn, password))
  }

  async opens(dn: string, password: string): Promise<boolean> {
    return this.#step('bind', async () => {
      try {
        await this.#client.bind(dn, password)
        return true
      } catch (error) {
        if (isRefusedBind(error)) return false
        throw error
      }
    })
  }

  async *pages(search: Search): AsyncGenerator<readonly DirectoryEntry[]> {
    const { key, sync, limits, id } = this.#config
    const { base, scope, filter, attributes } = search
    const pages = this.#client.searchPaginated(base, {
      scope,
      filter,
      attributes: [...attributes],
      explicitBufferAttributes: [key],
      paged: { pageSize: sync.pageSize },
    })
    let count = 0
    for (;;) {
      const page = await this.#step('search', () => pages.next())
      if (page.done === true) break
      const found = page.value.searchEntries
      count += found.length
      if (count > limits.entries)
        throw new YizhanError('DIRECTORY_TOO_LARGE', {
          field: id,
          rule: `limits.entries ≤ ${limits.entries}`,
          detail: '我方 ours: limits.entries',
        })
      yield found.map((entry) => readEntry(entry, key))
    }
    // An incomplete listing must not be taken for a complete one: what is missing in it would count as deleted.
    if (this.#socket?.moreFollows === true)
      throw new YizhanError('SYSTEM_FAULT', { field: id, detail: '空页之后仍有分页 / an empty page before the last' })
  }

  async all(search: Search): Promise<readonly DirectoryEntry[]> {
    const entries: DirectoryEntry[] = []
    for await (const page of this.pages(search)) entries.push(...page)
    return entries
  }

  /** The unbind of RFC 4511 4.3 is a courtesy; the end of the connection means the same and cannot hang. */
  close(): void {
    for (const socket of this.#opened) socket.destroy()
  }

  readonly #plain = (port: number, host: string): LdapSocket => {
    this.#once()
    return this.#use(plainSocket(port, host, this.#config.limits))
  }

  /** ldapts calls it with a port for ldaps://, and with the plain connection after StartTLS. */
  readonly #secure = (first: number | { readonly socket: LdapSocket }): LdapSocket => {
    const { limits, url } = this.#config
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
    if (typeof first === 'number') this.#once()
    return this.#use(
      typeof first === 'number' ? tlsSocket(first, host, this.#tls, limits) : upgraded(first.socket, this.#tls, limits),
    )
  }

  #use(socket: LdapSocket): LdapSocket {
    this.#opened.push(socket)
    return (this.#socket = socket)
  }

  /**
   * Left alone, ldapts would open a second connection when the first is gone: without StartTLS and without the bind.
   */
  #once(): void {
    if (this.#socket !== undefined) throw this.#gone()
  }

  #gone(): YizhanError {
    return new YizhanError('SYSTEM_UNREACHABLE', {
      field: this.#config.id,
      detail: '连接已断开 / the connection was closed',
    })
  }

  async #step<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted()
    if (this.#socket?.destroyed === true) throw this.#gone()
    const { id, timeoutMs, bindDn } = this.#config
    const stop = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => stop.reject(new YizhanError('SYSTEM_TIMEOUT', { field: id, rule: `${timeoutMs} ms`, detail: stage })),
      timeoutMs,
    )
    const abort = (): void => stop.reject(this.#signal.reason as Error)
    this.#signal.addEventListener('abort', abort, { once: true })
    this.#socket?.allow()
    try {
      return await Promise.race([work(), stop.promise])
    } catch (error) {
      const failure = this.#socket?.failure ?? error
      // A refusal leaves the connection usable; after anything else nobody knows what would come next on it.
      if (!(failure instanceof ResultCodeError)) this.close()
      if (this.#signal.aborted) throw this.#signal.reason
      throw directoryError(failure, { system: id, stage, bindDn, pageSize: this.#config.sync.pageSize })
    } finally {
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', abort)
    }
  }
}
