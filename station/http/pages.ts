import { timingSafeEqual } from 'node:crypto'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import type { Metrics } from '../../core/events/metrics.ts'
import { message as messageSchema } from '../../core/message/schema.ts'
import type { Operations } from '../operations.ts'

export interface PageParts {
  readonly metrics: Metrics
  readonly operations: Operations
  /** what `/healthz` and `/readyz` say */
  readonly health: () => Readonly<Record<string, unknown>>
  readonly ready: () => { readonly ready: boolean; readonly waitingFor: readonly string[] }
  /** bearer token of the operators' interface */
  readonly adminToken: string
}

/** Health, metrics, and the operators' interface under `/admin` (used by the command line). */
export function createPages(parts: PageParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', ...parts.health() })
  })
  app.get('/readyz', (_request, response) => {
    const ready = parts.ready()
    response.status(ready.ready ? 200 : 503).json(ready)
  })
  app.get('/metrics', async (_request, response) => {
    response.type(parts.metrics.contentType).send(await parts.metrics.text())
  })
  app.use('/admin', bearer(parts.adminToken), express.json({ limit: '8mb' }), admin(parts.operations))
  app.use((request, _response, next) => next(new YizhanError('NOT_FOUND', { field: 'path', value: request.path })))
  app.use(answerError)
  return app
}

function admin(operations: Operations): express.Router {
  const router = express.Router()
  const text = (value: unknown, field: string): string => {
    if (typeof value !== 'string' || value === '') throw new YizhanError('FIELD_INVALID', { field, value: '', rule: '必填 / required' })
    return value
  }
  const optional = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  router.get('/where', async (request, response) => {
    response.json(await operations.where(text(request.query['q'], 'q')))
  })
  router.get('/backlog', async (_request, response) => {
    response.json(await operations.backlog())
  })
  router.post('/audit/verify', async (_request, response) => {
    response.json(await operations.verify())
  })
  router.get('/dead-letters', async (request, response) => {
    const { max, after, system, subscription } = request.query
    response.json(await operations.deadLetters({ max: Math.min(Number(max ?? 100) || 100, 1000), after: optional(after), system: optional(system), subscription: optional(subscription) }))
  })
  router.get('/dead-letters/show', async (request, response) => {
    response.json(await operations.deadLetter(text(request.query['id'], 'id')))
  })
  router.post('/dead-letters/replay', async (request, response) => {
    const body = request.body as Record<string, unknown>
    const repaired = body['message'] === undefined ? undefined : messageSchema.parse(body['message'])
    response.json(await operations.replay({ id: text(body['id'], 'id'), actor: text(body['actor'], 'actor'), message: repaired }))
  })
  router.post('/dead-letters/drop', async (request, response) => {
    const body = request.body as Record<string, unknown>
    response.json(await operations.drop({ id: text(body['id'], 'id'), actor: text(body['actor'], 'actor'), reason: text(body['reason'], 'reason') }))
  })
  return router
}

function bearer(token: string): RequestHandler {
  const expected = Buffer.from(`Bearer ${token}`)
  return (request, _response, next) => {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length === expected.length && timingSafeEqual(given, expected)) next()
    else next(new YizhanError('UNAUTHENTICATED', { field: 'Authorization' }))
  }
}

const answerError: ErrorRequestHandler = (thrown, _request, response, _next) => {
  const error = asYizhanError(thrown)
  response.status(error.status).json({ error: error.toJSON() })
}
