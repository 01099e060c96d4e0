import { readFileSync } from 'node:fs'
import type { ClientConfig } from 'pg'
import { asError } from '../../errors/error.ts'

/** A server is reached within this time, or is away. */
const CONNECT_TIMEOUT_MS = 10_000
/** A transaction in which nothing is said for so long is a station's that stands still: the server ends it. */
const IDLE_TRANSACTION_MS = 10_000
/** The server finds out within seconds that the network to us is cut. */
const SESSION = [
  'tcp_keepalives_idle=4',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'tcp_user_timeout=10000',
]
/** How long a statement may take before its connection counts as broken. */
const ANSWER_MS = 60_000

/** Where the ledger's database is; plain, so that it goes into a thread. */
export interface PostgresAddress {
  /** `postgres://user@host:port/database`; `?search_path=` names a schema, `public` unless told */
  readonly url: string
  readonly password?: string | undefined
  /** PEM file with the authorities that sign the server's certificate: with it, TLS is required and checked */
  readonly caFile?: string | undefined
}

/** What is wrong with an URL; the password comes from the secrets. */
export function postgresFault(url: string): string | undefined {
  if (!URL.canParse(url)) return 'postgres://用户@主机:端口/库 / postgres://user@host:port/database'
  const { protocol, username, password, hostname, pathname, searchParams } = new URL(url)
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') return 'postgres://'
  if (password !== '') return '口令放在密钥 ledger.password 中 / the password is the secret ledger.password'
  if (hostname === '' || username === '' || !/^\/[^/]+$/u.test(pathname))
    return '要写出用户、主机、库 / name the user, the host and the database'
  const other = [...searchParams.keys()].find((key) => key !== 'search_path')
  if (other !== undefined) return `?search_path= 之外没有参数 / no parameter but ?search_path=: ${other}`
  const path = searchParams.get('search_path') ?? 'public'
  return /^[a-z_][a-z0-9_]{0,62}$/u.test(path) ? undefined : 'search_path: [a-z_][a-z0-9_]*'
}

/** For people: without user and password; nothing of what is no URL. */
export function shownPostgres(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed?.host === undefined || parsed.host === '' ? undefined : `${parsed.host}${parsed.pathname}`
}

/**
 * @param silentMs the server ends a session that has said nothing for so long; 0: never
 * @throws Error where the file of authorities cannot be read
 */
export function clientConfig({ url, password, caFile }: PostgresAddress, name: string, silentMs = 0): ClientConfig {
  const { hostname, port, username, pathname, searchParams } = new URL(url)
  return {
    host: hostname.replace(/^\[|\]$/gu, ''),
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    password,
    application_name: `yizhan ${name}`,
    options: [
      ...SESSION,
      `idle_session_timeout=${silentMs}`,
      `search_path=${searchParams.get('search_path') ?? 'public'}`,
    ]
      .map((setting) => `-c ${setting}`)
      .join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    ...(caFile === undefined ? {} : { ssl: { ca: authorities(caFile), rejectUnauthorized: true } }),
  }
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new Error(`ledger.caFile ${file}: ${asError(thrown).message}`, { cause: thrown })
  }
}
