import { queryIn } from '../../adapters/kit/http/query.ts'
import type { GuardedRoutes } from '../http/routes.ts'
import type { Gate } from '../http/gate.ts'
import type { Live } from '../duty/live.ts'
import { ENDPOINTS } from './contract/index.ts'
import { serveDeadLetters, type DeadLetterRoutesParts } from './dead-letters.ts'
import { serveDocuments, type DocumentRoutesParts } from './documents.ts'
import { serveLive } from './live.ts'
import { apiDocument } from './openapi.ts'
import { serveOverview, type OverviewRoutesParts } from './overview.ts'
import { ApiServer } from './serve.ts'
import { serveTasks } from './tasks.ts'

export interface ApiParts extends OverviewRoutesParts, DeadLetterRoutesParts, DocumentRoutesParts {
  readonly operations: DeadLetterRoutesParts['operations'] & DocumentRoutesParts['operations']
  readonly gate: Gate
  readonly live: Live
  /** of the operators' listener */
  readonly publicUrl: () => string
}

/** Everything of `/api/v1` but logins and people. */
export function apiRoutes(parts: ApiParts): GuardedRoutes {
  const { gate, live, clock, overview } = parts
  const api = new ApiServer(gate)
  api.serve(ENDPOINTS.openapi, ({ request }) => {
    queryIn(request.url)
    return { ...apiDocument(Object.values(ENDPOINTS), parts.publicUrl()), openapi: '3.1.0' }
  })
  serveLive(api, { live, clock, current: () => overview.changed() })
  serveOverview(api, parts)
  serveDocuments(api, parts)
  serveDeadLetters(api, parts)
  serveTasks(api, parts)
  return api.routes
}
