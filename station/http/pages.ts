import express, { type ErrorRequestHandler, type Express } from 'express'
import { PROBLEM_TYPE, problemOf } from '../../adapters/kit/http/problem.ts'
import { queryIn } from '../../adapters/kit/http/query.ts'
import type { Exposed } from '../../core/config/listeners.ts'
import { withoutOptions } from '../../core/http/options.ts'
import { CATALOGUE } from '../../core/errors/catalogue.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import { internalError, isInternal, presentable } from '../../core/events/internal.ts'
import type { Metrics } from '../../core/events/metrics.ts'
import type { Clock } from '../../core/util/clock.ts'
import { adminRoutes, type AdminParts } from './admin-routes.ts'
import { consoleRoutes } from './console.ts'
import { documentationRoutes } from './documentation.ts'
import { landingPage } from './landing.ts'
import { PAGE_POLICY } from './page.ts'
import { GuardedRoutes, type RouteEntry } from './routes.ts'

export interface PageParts extends AdminParts {
  readonly metrics: Metrics
  /** logins and people */
  readonly people?: readonly GuardedRoutes[]
  /** the public feed's, which lets in whom it knows itself */
  readonly feed?: express.Router
  /** the editor's address, where there is one */
  readonly editor?: string | undefined
  readonly emit: EventSink
  readonly clock: Clock
}

/** What stands at `/feed` and beside it, for anybody to read. */
const FEED_DESCRIBED = ['/feed', '/asyncapi.json']

/**
 * What a listener serves beside its mounts: health, and as configured metrics, the public feed, and the operators'
 * interface under `/admin` (used by the command line). Without a login `/healthz` and `/readyz` say yes or no, for load
 * balancers, and `/` what may be read here by anybody: a page for browsers, a list for programs.
 */
export function createPages(
  parts: PageParts,
  { serves, described }: { readonly serves: readonly Exposed[]; readonly described: readonly string[] },
): Express & { readonly table: readonly RouteEntry[] } {
  const app = express()
  app.disable('x-powered-by')
  app.use(withoutOptions)
  const open = new GuardedRoutes(parts.gate)
  open.get('/healthz', 'anyone', (request, response) => {
    queryIn(request.url)
    response.json({ status: 'up' })
  })
  open.get('/readyz', 'anyone', (request, response) => {
    queryIn(request.url)
    const { ready } = parts.ready()
    response.status(ready ? 200 : 503).json({ ready })
  })
  const feed = serves.includes('oa') ? parts.feed : undefined
  open.get('/', 'anyone', (request, response) => {
    queryIn(request.url)
    const readable = [...described, ...(feed === undefined ? [] : FEED_DESCRIBED)]
    if (request.accepts(['json', 'html']) !== 'html') response.json({ serves: readable })
    else
      response
        .set({ 'Content-Security-Policy': PAGE_POLICY, Vary: 'Accept' })
        .type('html')
        .send(landingPage({ serves, described: readable, editor: parts.editor, hostname: request.hostname }))
  })
  if (serves.includes('metrics'))
    open.get('/metrics', 'metrics', async (request, response) => {
      queryIn(request.url)
      response.type(parts.metrics.contentType).send(await parts.metrics.text())
    })
  const operators = serves.includes('operators')
    ? [adminRoutes(parts), ...(parts.people ?? []), consoleRoutes(parts.gate), documentationRoutes(parts.gate)]
    : []
  // What is there and what is not is told to nobody who has not logged in.
  if (operators.length > 0) app.use('/admin', parts.gate.needs('logged-in'))
  const all = [open, ...operators]
  for (const { router } of all) app.use(router)
  if (feed !== undefined) app.use(feed)
  app.use((request, _response, next) => next(new YizhanError('NOT_FOUND', { field: 'path', value: request.path })))
  app.use(answerError(parts))
  return Object.assign(app, { table: all.flatMap(({ table }) => table) })
}

/** Operators are told all of it, others only what is for them to mend. */
function answerError({ emit, clock }: Pick<PageParts, 'emit' | 'clock'>): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = thrown instanceof YizhanError ? thrown : (requestError(thrown) ?? asYizhanError(thrown))
    if (isInternal(error)) emit.emit(internalError(error, clock.now()))
    const shown = request.path.startsWith('/admin/') ? error : presentable(error)
    if (request.path.startsWith('/api/')) {
      response
        .status(shown.status)
        .type(PROBLEM_TYPE)
        .send(JSON.stringify(problemOf(shown)))
      return
    }
    response.status(shown.status).json({ error: { ...shown.toJSON(), remedy: CATALOGUE[shown.code].remedy } })
  }
}

/** What express finds wrong with a request, by http-errors' fields. */
function requestError(thrown: unknown): YizhanError | undefined {
  const { status, type, message, length, limit } = thrown as {
    readonly status?: number
    readonly type?: string
    readonly message?: string
    readonly length?: number
    readonly limit?: number
  }
  if (status === undefined || status >= 500) return undefined
  if (type === 'entity.too.large')
    return new YizhanError('TOO_LARGE', { field: 'body', value: String(length ?? ''), rule: String(limit ?? '') })
  return new YizhanError('FIELD_INVALID', { field: 'request', value: type ?? '', rule: message ?? '' })
}
