import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express'
import { z } from 'zod'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { sourceOf } from '../../adapters/kit/http/source.ts'
import type { Exposed } from '../../core/config/listeners.ts'
import { forPrograms } from '../../core/http/headers.ts'
import { withoutOptions } from '../../core/http/options.ts'
import { CATALOGUE } from '../../core/errors/catalogue.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import type { House } from '../../core/adapter/port.ts'
import type { EventSink } from '../../core/events/event.ts'
import { internalError, isInternal, presentable } from '../../core/events/internal.ts'
import type { Metrics } from '../../core/events/metrics.ts'
import { anchorSchema, MOST_ANCHORS } from '../../core/ledger/anchor.ts'
import { decodeText } from '../../core/mapping/encoding/text.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import type { Clock } from '../../core/util/clock.ts'
import { parseForeignJson } from '../../core/util/json.ts'
import { masked } from '../masking.ts'
import type { Operations, ContentReader } from '../operations.ts'
import { retentionRoutes, type RetentionQuestions } from './retention-pages.ts'
import { isOneOf } from '../../core/util/same-secret.ts'

export interface PageParts {
  readonly metrics: Metrics
  readonly operations: Operations
  readonly retention: RetentionQuestions
  /** what `/admin/health` says beside readiness */
  readonly health: () => Readonly<Record<string, unknown>>
  readonly ready: () => { readonly ready: boolean; readonly waitingFor: readonly string[] }
  /** the public feed's, which lets in whom it knows itself */
  readonly feed?: express.Router
  /** bearer tokens of the operators' interface: any of them */
  readonly adminTokens: () => readonly string[]
  readonly rejections: House['rejections']
  readonly emit: EventSink
  readonly clock: Clock
}

/** What stands at `/feed` and beside it, for anybody to read. */
const FEED_DESCRIBED = ['/feed', '/asyncapi.json']

/**
 * What a listener serves beside its mounts: health, and as configured metrics, the public feed, and the operators'
 * interface under `/admin` (used by the command line). Without a login `/healthz` and `/readyz` say yes or no, for load
 * balancers, and `/` what may be read here by anybody.
 */
export function createPages(
  parts: PageParts,
  { serves, described }: { readonly serves: readonly Exposed[]; readonly described: readonly string[] },
): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(withoutOptions, forPrograms)
  app.get('/healthz', (request, response) => {
    queryIn(request.url)
    response.json({ status: 'up' })
  })
  app.get('/readyz', (request, response) => {
    queryIn(request.url)
    const { ready } = parts.ready()
    response.status(ready ? 200 : 503).json({ ready })
  })
  const feed = serves.includes('oa') ? parts.feed : undefined
  app.get('/', (request, response) => {
    queryIn(request.url)
    response.json({ serves: [...described, ...(feed === undefined ? [] : FEED_DESCRIBED)] })
  })
  if (serves.includes('metrics'))
    app.get('/metrics', bearer(parts), async (request, response) => {
      queryIn(request.url)
      response.type(parts.metrics.contentType).send(await parts.metrics.text())
    })
  if (serves.includes('operators'))
    app.use('/admin', bearer(parts), express.raw({ limit: '8mb', type: 'application/json' }), admin(parts))
  if (feed !== undefined) app.use(feed)
  app.use((request, _response, next) => next(new YizhanError('NOT_FOUND', { field: 'path', value: request.path })))
  app.use(answerError(parts))
  return app
}

const required = z.string().min(1, '必填 / required')
const replaySchema = z.strictObject({
  id: required,
  actor: required,
  /** what an operator has repaired: a whole message */
  message: z.unknown().optional(),
})
const unsubscribeSchema = z.strictObject({ name: required, actor: required })
const dropSchema = z.strictObject({ id: required, actor: required, reason: required })

const names = z.array(z.string().min(1).max(200)).max(200)
const decisionSchema = z.strictObject({
  petition: required,
  by: required.max(100),
  accused: names,
  to: names,
  note: z.string().min(1).max(2000).optional(),
})

const paperSchema = z.strictObject({ id: required, actor: required.max(100), note: required.max(500).optional() })

/** As many anchors as a command line sends: of a chain the last one vouches for all before it. */
const verifySchema = z.strictObject({ anchors: z.array(anchorSchema).max(MOST_ANCHORS).default([]) })
const actorSchema = z.strictObject({ actor: required.max(100) })

function admin({ operations, retention, health, ready }: PageParts): express.Router {
  const router = express.Router()
  const text = (value: unknown, field: string): string => {
    if (typeof value !== 'string' || value === '')
      throw new YizhanError('FIELD_INVALID', { field, value: '', rule: '必填 / required' })
    return value
  }
  /** who reads, and whether the whole */
  const readingOf = ({ actor, whole }: { readonly actor?: string; readonly whole?: string }): ContentReader => {
    if (whole !== undefined && whole !== 'true')
      throw new YizhanError('FIELD_INVALID', { field: 'whole', value: whole, rule: 'true' })
    return { actor: text(actor, 'actor'), whole: whole === 'true' }
  }
  const optional = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined
  router.get('/health', (request, response) => {
    queryIn(request.url)
    response.json({ ...ready(), ...health() })
  })
  router.get('/where', async (request, response) => {
    const { q, ...reading } = queryIn(request.url, 'q', 'actor', 'whole')
    const asked = { text: text(q, 'q'), ...readingOf(reading) }
    const found = await operations.where(asked)
    response.json(found.length > 0 ? found : await retention.where(asked))
  })
  router.use('/retention', retentionRoutes(retention))
  router.get('/clock', (request, response) => {
    queryIn(request.url)
    response.json(operations.clock())
  })
  router.get('/secrets', (request, response) => {
    queryIn(request.url)
    response.json(operations.secretsState())
  })
  router.post('/clock/accept', (request, response) => {
    response.json(operations.acceptClock(bodyOf(actorSchema, request)))
  })
  router.get('/backlog', async (request, response) => {
    queryIn(request.url)
    response.json(await operations.backlog())
  })
  router.post('/audit/verify', async (request, response) => {
    queryIn(request.url)
    const { anchors } = request.body === undefined ? { anchors: [] } : bodyOf(verifySchema, request)
    response.json(await operations.verifyAudit(anchors))
  })
  router.get('/dead-letters', async (request, response) => {
    const { max, after, system, subscription } = queryIn(request.url, 'max', 'after', 'system', 'subscription')
    const letters = await operations.deadLetters({
      max: most(max),
      after: optional(after),
      system: optional(system),
      subscription: optional(subscription),
    })
    response.json(letters.map((letter) => ({ ...letter, message: masked(letter.message) })))
  })
  router.get('/dead-letters/show', async (request, response) => {
    const { id, ...reading } = queryIn(request.url, 'id', 'actor', 'whole')
    response.json(await operations.deadLetter({ id: text(id, 'id'), ...readingOf(reading) }))
  })
  router.post('/dead-letters/replay', async (request, response) => {
    const { message, ...replay } = bodyOf(replaySchema, request)
    response.json(
      await operations.replay({
        ...replay,
        ...(message === undefined ? {} : { message: wholeMessage(message, 'message') }),
      }),
    )
  })
  router.get('/petitions', async (request, response) => {
    response.json(await operations.pendingPetitions(most(queryIn(request.url, 'max')['max'])))
  })
  router.get('/petitions/show', async (request, response) => {
    const { id, actor } = queryIn(request.url, 'id', 'actor')
    response.json(await operations.petition(text(id, 'id'), text(actor, 'actor')))
  })
  router.post('/petitions/decide', async (request, response) => {
    response.json(await operations.decide(bodyOf(decisionSchema, request)))
  })
  router.post('/dead-letters/drop', async (request, response) => {
    response.json(await operations.drop(bodyOf(dropSchema, request)))
  })
  router.get('/paper', async (request, response) => {
    const { max, after } = queryIn(request.url, 'max', 'after')
    const items = await operations.paper({ max: most(max), after: optional(after) })
    response.json(items.map((item) => ({ ...item, message: masked(item.message) })))
  })
  router.post('/paper/sent', async (request, response) => {
    response.json(await operations.sentOnPaper(bodyOf(paperSchema, request)))
  })
  router.get('/held', async (request, response) => {
    queryIn(request.url)
    response.json(await operations.held())
  })
  router.get('/held/show', async (request, response) => {
    const { id, actor } = queryIn(request.url, 'id', 'actor')
    const { draft, ...item } = await operations.heldDraft(text(id, 'id'), text(actor, 'actor'))
    const files = draft.files?.map(({ name, bytes }) => ({ name, size: bytes.length }))
    response.json({ ...item, raw: undefined, draft: { ...draft, files } })
  })
  router.post('/held/release', async (request, response) => {
    const { id, actor, reason } = bodyOf(dropSchema, request)
    response.json(await operations.release(id, actor, reason))
  })
  router.post('/held/refuse', async (request, response) => {
    const { id, actor, reason } = bodyOf(dropSchema, request)
    response.json(await operations.refuse(id, actor, reason))
  })
  router.get('/unread', async (request, response) => {
    response.json(await operations.unread(most(queryIn(request.url, 'max')['max'])))
  })
  router.get('/subscriptions', async (request, response) => {
    queryIn(request.url)
    response.json(await operations.subscriptions())
  })
  router.post('/subscriptions/drop', async (request, response) => {
    response.json(await operations.dropSubscription(bodyOf(unsubscribeSchema, request)))
  })
  return router
}

function bearer({ adminTokens, rejections, clock }: PageParts): RequestHandler {
  return (request, _response, next) => {
    const accepted = adminTokens().map((token) => `Bearer ${token}`)
    if (isOneOf(request.headers.authorization ?? '', accepted)) {
      next()
      return
    }
    const error = new YizhanError('UNAUTHENTICATED', { field: 'Authorization' })
    rejections.note(
      {
        code: 'account.rejected',
        at: clock.now(),
        actor: 'admin',
        error: error.code,
        source: sourceOf(request),
        detail: request.baseUrl === '' ? '/metrics' : request.baseUrl,
      },
      request.headers.authorization !== undefined,
    )
    next(error)
  }
}

/** What was posted as JSON, by a schema that knows every key. */
function bodyOf<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  queryIn(request.url)
  const body: unknown = request.body
  if (Buffer.isBuffer(body)) {
    const value = parseForeignJson(decodeText(body, 'utf-8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return fitting(schema, value)
  }
  throw new YizhanError('JSON_MALFORMED', {
    detail: '须为 JSON 对象，content-type: application/json / a JSON object, as application/json',
  })
}

function most(given: unknown): number {
  const max = given === undefined ? 100 : Number(given)
  if (Number.isInteger(max) && max >= 1) return Math.min(max, 1000)
  throw new YizhanError('FIELD_INVALID', {
    field: 'max',
    value: String(given),
    rule: '1–1000 的整数 / an integer from 1 to 1000',
  })
}

/** Operators are told all of it, others only what is for them to mend. */
function answerError({ emit, clock }: PageParts): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = thrown instanceof YizhanError ? thrown : (requestError(thrown) ?? asYizhanError(thrown))
    if (isInternal(error)) emit.emit(internalError(error, clock.now()))
    const shown = request.path.startsWith('/admin/') ? error : presentable(error)
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
