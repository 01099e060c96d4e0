import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { HttpMount } from '../../core/adapter/port.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { CallerGone, drain } from '../kit/http/body.ts'
import { queryIn } from '../kit/http/query.ts'
import { challenge } from '../kit/http/credentials.ts'
import { answerJson, type PortalOptions } from './context.ts'
import { maskText } from '../../core/events/mask.ts'
import { internalError, isInternal, presentable } from '../../core/events/internal.ts'
import { openApiDocument } from './openapi.ts'
import { PROBLEM_TYPE, problemOf } from '../kit/http/problem.ts'
import { FieldsInvalid } from './rules.ts'
import { publicationHandler, publicationsHandler } from './publications.ts'
import { Limited, queryHandler } from './query.ts'
import { submitHandler } from './submit.ts'

const PREFIX = '/portal'

/**
 * The portal's interface, `/portal/…`: an Express application behind the station's server. See docs/systems/portal.md.
 */
export function portalMount(options: PortalOptions): HttpMount {
  const app = portalApp(options)
  return {
    prefix: PREFIX,
    handle: (request, response) => {
      app(request, response)
    },
  }
}

function portalApp(options: PortalOptions): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing')
  app.set('query parser', 'simple')

  app.route(`${PREFIX}/petitions`).post(submitHandler(options)).all(only('POST'))
  // Not a parameter of the path: Express would answer broken escapes before anybody has been counted.
  app.use(`${PREFIX}/petitions`, reading(queryHandler(options)))
  app.route(`${PREFIX}/publications`).get(publicationsHandler(options)).all(only('GET, HEAD'))
  app.route(`${PREFIX}/publications/:id`).get(publicationHandler(options)).all(only('GET, HEAD'))
  app
    .route(`${PREFIX}/openapi.json`)
    .get((request, response) => {
      queryIn(request.url)
      answerJson(response, 200, openApiDocument(options.publicUrl(), options.config))
    })
    .all(only('GET, HEAD'))
  app.use((request) => {
    throw new YizhanError('PATH_UNKNOWN', { field: 'path', value: maskText(request.path.slice(0, 80)) })
  })
  app.use(answerError(options))
  return app
}

function only(methods: string): RequestHandler {
  return (request) => {
    throw new YizhanError('METHOD_NOT_ALLOWED', { field: 'method', value: request.method, rule: methods })
  }
}

function reading(handler: RequestHandler): RequestHandler {
  const others = only('GET, HEAD')
  return (request, response, next) =>
    request.method === 'GET' || request.method === 'HEAD'
      ? handler(request, response, next)
      : others(request, response, next)
}

/** Every error as a problem; what was not foreseen is logged and tells nothing. */
function answerError(options: PortalOptions): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    if (thrown instanceof CallerGone || response.headersSent) {
      response.destroy()
      return
    }
    const error = ours(thrown)
    if (isInternal(error)) options.emit.emit(internalError(error, options.clock.now()))
    // A client that is too slow has had its time; any other may finish sending, or it would never read the answer.
    const whole = error.code === 'BODY_TIMEOUT' ? Promise.resolve(false) : drain(request)
    void whole.then((isWhole) => {
      if (error.status === 401) response.set('WWW-Authenticate', challenge('yizhan-portal'))
      if (error.code === 'METHOD_NOT_ALLOWED') response.set('Allow', error.facts.rule ?? '')
      if (error.retryable && !isInternal(error))
        response.set('Retry-After', String(error instanceof Limited ? error.retryAfter : 30))
      if (!isWhole) response.set('Connection', 'close')
      const shown = presentable(error)
      answerJson(
        response,
        shown.status,
        problemOf(shown, shown instanceof FieldsInvalid ? shown.faults : undefined),
        PROBLEM_TYPE,
      )
    })
  }
}

/** Express itself refuses paths with broken escapes (URIError, 400). */
function ours(thrown: unknown): YizhanError {
  if (thrown instanceof URIError)
    return new YizhanError('PATH_UNKNOWN', { field: 'path', value: '%' }, { cause: thrown })
  return asYizhanError(thrown)
}
