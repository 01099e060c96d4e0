import type { RequestHandler } from 'express'
import { YizhanError } from '../../core/errors/error.ts'
import { answerJson, type PortalOptions } from './context.ts'
import { NOBODYS_CODE, parseQueryCode } from './query-code.ts'
import { TokenBuckets } from './rate.ts'
import { clientOf } from '../../core/http/address.ts'
import { queryIn } from '../kit/http/query.ts'
import { sourceOf } from '../kit/http/source.ts'
import { authenticated } from './submit.ts'
import { wirePetition } from './wire.ts'
import { trimOf } from '../../core/util/trim.ts'

/** Too many questions; `retryAfter` in seconds. */
export class Limited extends YizhanError {
  readonly retryAfter: number

  constructor(rule: string, retryAfter: number) {
    super('RATE_LIMITED', { rule, detail: String(retryAfter) })
    this.retryAfter = retryAfter
  }
}

/**
 * `GET /portal/petitions/{code}`. A code that cannot be one is looked up like any other, so that neither the answer nor
 * its time tells it from one that is unknown.
 */
export function queryHandler(options: PortalOptions): RequestHandler {
  const { config, house, files } = options
  const clients = new TokenBuckets(config.query.perClientPerMinute)
  const codes = new TokenBuckets(config.query.perCodePerMinute)

  const take = (limit: TokenBuckets, key: string, what: string): void => {
    const verdict = limit.take(key, options.clock.now())
    if (verdict.allowed) return
    const rule = `${what} ≤ ${limit.perMinute}/min`
    if (verdict.first)
      options.emit.emit({
        code: 'portal.limited',
        at: options.clock.now(),
        detail: what === '每客户端 per client' ? `${rule} (${key})` : rule,
      })
    throw new Limited(rule, verdict.retryAfter)
  }

  return async (request, response) => {
    // Before the password is looked at: guessing one is limited as well.
    take(clients, clientOf(sourceOf(request)), '每客户端 per client')
    if (!config.query.open) await authenticated(options, request)
    queryIn(request.url)
    const typed = segmentOf(request.path)
    const code = parseQueryCode(typed)
    take(codes, code ?? typed.slice(0, 64), '每查询码 per code')
    const view = await house.petition(code ?? NOBODYS_CODE)
    if (code === undefined || view === undefined) throw new YizhanError('QUERY_CODE_UNKNOWN')
    answerJson(response, 200, await wirePetition(code, view, config.files, files))
  }
}

/** What stands behind `/petitions/`; broken escapes are left as they are, and are then no code. */
function segmentOf(path: string): string {
  const raw = trimOf(path, '/')
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}
