import type { Socket, Server as NetServer } from 'node:net'
import ldap from 'ldapjs'

/** What is used of ldapjs 3, whose types leave its server's requests open. */

export interface Dn {
  toString(): string
  equals(other: Dn): boolean
  childOf(other: Dn): boolean
  parentOf(other: Dn): boolean
}

export interface PagingControl {
  readonly type: string
  value: { size: number; cookie: Buffer }
}

interface LdapRequest {
  readonly connection: Socket
  readonly controls: readonly PagingControl[]
}

export interface BindRequest extends LdapRequest {
  /** a string or a Dn, as ldapjs pleases */
  readonly name: { toString(): string }
  readonly credentials: string
}

export interface SearchRequest extends LdapRequest {
  readonly baseObject: Dn
  readonly scope: number
  readonly sizeLimit: number
  readonly filter: { matches(entry: object, strictCase: boolean): boolean; toString(): string }
  readonly attributes: readonly string[]
}

export interface LdapResponse {
  readonly messageId: number
  status: number
  attributes: readonly string[]
  addControl(control: PagingControl): void
  end(status?: number): void
  send(
    entry: { readonly dn: Dn; readonly attributes: Readonly<Record<string, readonly string[]>> },
    unfiltered: boolean,
  ): void
}

export type Handler<R> = (request: R, response: LdapResponse) => void

export interface LdapServer {
  readonly server: NetServer
  newConnection(socket: Socket): void
  bind(base: string, handler: Handler<BindRequest>): void
  search(base: string, handler: Handler<SearchRequest>): void
  on(event: 'error' | 'clientError', listener: (error: Error) => void): void
}

interface Ldapjs {
  readonly createServer: (options: { connectionRouter: (socket: Socket) => void }) => LdapServer
  readonly parseDN: (text: string) => Dn
  readonly PagedResultsControl: new (options: { value: { size: number; cookie: Buffer } }) => PagingControl
}

export const { createServer, parseDN, PagedResultsControl } = ldap as unknown as Ldapjs

export const PAGING = '1.2.840.113556.1.4.319'
export const RESULT = {
  success: 0,
  sizeLimit: 4,
  noSuchObject: 32,
  invalidCredentials: 49,
  insufficientAccess: 50,
  unavailable: 52,
} as const
