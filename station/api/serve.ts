import type { Request, Response } from 'express'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { fitting } from '../../core/errors/fitting.ts'
import type { Gate } from '../http/gate.ts'
import { bodyOf, jsonBody } from '../http/body.ts'
import { GuardedRoutes } from '../http/routes.ts'
import type { AnswerOf, BodyOf, ApiEndpoint, PathParts, QueryOf } from './contract/endpoint.ts'

/** What a request asks, checked by its endpoint's schemas. */
export interface ApiAsked<E extends ApiEndpoint> {
  readonly query: QueryOf<E>
  readonly parts: Readonly<Record<PathParts<E['path']>, string>>
  readonly body: BodyOf<E>
  readonly request: Request
  readonly response: Response
}

/** Answers a request; where the endpoint has media of its own, writes the answer itself and gives nothing. */
export type ApiHandler<E extends ApiEndpoint> = (asked: ApiAsked<E>) => Promise<Given<E>> | Given<E>
type Given<E extends ApiEndpoint> = E extends { readonly media: readonly string[] } ? undefined : AnswerOf<E>

/** Serves endpoints of the contract: each at its address, with its right, for what its schemas take. */
export class ApiServer {
  readonly routes: GuardedRoutes
  readonly gate: Gate

  constructor(gate: Gate) {
    this.gate = gate
    this.routes = new GuardedRoutes(gate)
  }

  /** @param limit of what is posted, as express writes it */
  serve<const E extends ApiEndpoint>(endpoint: E, handler: ApiHandler<E>, { limit = '64kb' } = {}): void {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const answer = async (request: Request, response: Response): Promise<void> => {
      const asked = {
        query: queryOf(endpoint, request),
        parts: request.params,
        body: endpoint.body === undefined ? undefined : bodyOf(endpoint.body, request),
        request,
        response,
      } as unknown as ApiAsked<E>
      if (endpoint.secret === true) response.set('Cache-Control', 'no-store')
      const said: unknown = await handler(asked)
      if (endpoint.media === undefined) response.json(said)
    }
    const { right } = endpoint
    if (endpoint.method === 'GET') this.routes.get(path, right, answer)
    else if (endpoint.method === 'DELETE') this.routes.delete(path, right, answer)
    else this.routes.post(path, right, jsonBody(limit), answer)
  }

  /** Who acts, for the audit. */
  actorOf(request: Request): string {
    const { label } = this.gate.callerOf(request)
    return label === '' ? 'admin.token' : label
  }
}

/** @throws YizhanError FIELD_UNKNOWN, FIELD_INVALID */
function queryOf({ query }: ApiEndpoint, request: Request): unknown {
  const names = query === undefined ? [] : Object.keys(query.shape)
  const given = queryIn(request.url, ...names)
  return query === undefined ? given : fitting(query, given, 'query')
}
