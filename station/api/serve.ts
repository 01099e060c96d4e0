import type { Request, Response } from 'express'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { fitting } from '../../core/errors/fitting.ts'
import type { Gate } from '../http/gate.ts'
import { bodyOf, jsonBody } from '../http/body.ts'
import { GuardedRoutes } from '../http/routes.ts'
import type { AnswerOf, BodyOf, Endpoint, PathParts, QueryOf } from './contract/endpoint.ts'

/** What a request asks, checked by its endpoint's schemas. */
export interface Asked<E extends Endpoint> {
  readonly query: QueryOf<E>
  readonly parts: Readonly<Record<PathParts<E['path']>, string>>
  readonly body: BodyOf<E>
  readonly request: Request
  readonly response: Response
}

/** Answers a request, or writes the answer itself where the endpoint has media of its own. */
export type Handler<E extends Endpoint> = (
  asked: Asked<E>,
) => Promise<E extends { readonly media: readonly string[] } ? void : AnswerOf<E>> | Answered<E>
type Answered<E extends Endpoint> = E extends { readonly media: readonly string[] } ? void : AnswerOf<E>

/** Serves endpoints of the contract: each at its address, with its right, for what its schemas take. */
export class ApiServer {
  readonly routes: GuardedRoutes
  readonly gate: Gate

  constructor(gate: Gate) {
    this.gate = gate
    this.routes = new GuardedRoutes(gate)
  }

  /** @param limit of what is posted, as express writes it */
  serve<const E extends Endpoint>(endpoint: E, handler: Handler<E>, { limit = '64kb' } = {}): void {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const answer = async (request: Request, response: Response): Promise<void> => {
      const asked = {
        query: queryOf(endpoint, request),
        parts: request.params,
        body: endpoint.body === undefined ? undefined : bodyOf(endpoint.body, request),
        request,
        response,
      } as unknown as Asked<E>
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
function queryOf({ query }: Endpoint, request: Request): unknown {
  const names = query === undefined ? [] : Object.keys(query.shape)
  const given = queryIn(request.url, ...names)
  return query === undefined ? given : fitting(query, given, 'query')
}
