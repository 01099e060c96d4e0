import type { Socket } from 'node:net'
import type { WireEntry } from './entries.ts'
import { PAGING, PagedResultsControl, RESULT, createServer, parseDN } from './ldapjs.ts'
import type { BindRequest, Dn, LdapResponse, LdapServer, SearchRequest } from './ldapjs.ts'
import { sameSecret } from '../../core/util/same-secret.ts'

export interface Held {
  readonly dn: Dn
  readonly entry: WireEntry
  /** what filters are held against */
  readonly match: object
}

/**
 * ldapjs hands filters on with their values escaped (RFC 4515 3), so what they are held against is escaped the same
 * way.
 */
export function matchable({ attributes, operational }: WireEntry): object {
  const pairs = Object.entries({ ...attributes, ...operational })
  return Object.fromEntries(
    pairs.map(([name, values]) => [name, values.map((value) => value.replace(/[^ -'+-[\]-~]/gu, escaped))]),
  )
}

function escaped(character: string): string {
  return Buffer.from(character).toString('hex').replace(/../g, '\\$&')
}

export interface Source {
  /** the tree as it is now */
  entries(): readonly Held[]
  /** the password of an entry or of the service account; undefined where none may log in */
  passwordOf(dn: Dn): string | undefined
  /** false: requests are heard and not answered */
  answers(): boolean
  heard(what: {
    readonly op: 'bind' | 'search'
    readonly dn: string
    readonly filter?: string
    readonly result: number
    readonly found?: number
  }): void
}

interface Paged {
  readonly rest: readonly Held[]
}

/** An LDAP server on ldapjs that reads only: bind, search, simple paged results (RFC 2696). */
export function ldapServer(source: Source, connectionRouter: (socket: Socket) => void): LdapServer {
  const server = createServer({ connectionRouter })
  const bound = new WeakSet<Socket>()
  const pages = new WeakMap<Socket, Map<string, Paged>>()
  let cookies = 0

  const page = (request: SearchRequest, find: () => readonly Held[], response: LdapResponse): readonly Held[] => {
    const control = request.controls.find(({ type }) => type === PAGING)
    if (control === undefined) return find()
    const { size, cookie } = control.value
    const kept = pages.get(request.connection) ?? new Map<string, Paged>()
    pages.set(request.connection, kept)
    const all = cookie.length === 0 ? find() : (kept.get(cookie.toString())?.rest ?? [])
    kept.clear()
    const next = `page ${++cookies}`
    if (all.length > size) kept.set(next, { rest: all.slice(size) })
    response.addControl(
      new PagedResultsControl({ value: { size: 0, cookie: all.length > size ? Buffer.from(next) : Buffer.alloc(0) } }),
    )
    return all.slice(0, size)
  }

  const bind = (request: BindRequest, response: LdapResponse): void => {
    if (!source.answers()) return
    const name = parseDN(request.name.toString())
    const password = source.passwordOf(name)
    const isRight = password !== undefined && sameSecret(password, request.credentials)
    const status = isRight ? RESULT.success : RESULT.invalidCredentials
    if (isRight) bound.add(request.connection)
    else bound.delete(request.connection)
    source.heard({ op: 'bind', dn: plain(name), result: status })
    response.end(status)
  }

  const search = (request: SearchRequest, response: LdapResponse): void => {
    if (!source.answers()) return
    const finish = (status: number, found: number): void => {
      source.heard({
        op: 'search',
        dn: plain(request.baseObject),
        filter: plain(request.filter),
        result: status,
        found,
      })
      response.end(status)
    }
    if (!bound.has(request.connection)) return finish(RESULT.insufficientAccess, 0)
    const entries = source.entries()
    if (!entries.some(({ dn }) => dn.equals(request.baseObject))) return finish(RESULT.noSuchObject, 0)
    const now = page(
      request,
      () => entries.filter(({ dn, match }) => request.filter.matches(match, false) && inScope(dn, request)),
      response,
    )
    // ldapjs would choose once more, and finds only names in lower case.
    response.attributes = []
    for (const { dn, entry } of now) response.send({ dn, attributes: chosen(entry, request.attributes) }, true)
    finish(RESULT.success, now.length)
  }

  server.bind('', bind)
  server.search('', search)
  return server
}

function inScope(dn: Dn, { baseObject, scope }: SearchRequest): boolean {
  if (scope === 0) return dn.equals(baseObject)
  // Scope one: a child that is no grandchild. What stands between differs by one relative name.
  if (scope === 1) return dn.childOf(baseObject) && namesIn(dn) === namesIn(baseObject) + 1
  return dn.equals(baseObject) || dn.childOf(baseObject)
}

function namesIn(dn: Dn): number {
  return dn.toString().split(/(?<!\\),/).length
}

function chosen(entry: WireEntry, wanted: readonly string[]): Record<string, readonly string[]> {
  const names = wanted.map((name) => name.toLowerCase())
  const pick = (from: WireEntry['attributes'], all: boolean): [string, readonly string[]][] =>
    Object.entries(from).filter(([name]) => all || names.includes(name.toLowerCase()))
  return Object.fromEntries([
    ...pick(entry.attributes, names.length === 0 || names.includes('*')),
    ...pick(entry.operational, names.includes('+')),
  ])
}

/** ldapjs writes Chinese as `\e5\b8\82`; logs are read by people. */
function plain(text: { toString(): string }): string {
  return text
    .toString()
    .replace(/(?:\\[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'))
}

export { parseDN }
