import type { IncomingMessage, ServerResponse } from 'node:http'
import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { internalError, isInternal, presentable } from '../../../core/events/internal.ts'
import { ProfileError } from '../../../core/mapping/profile/problems.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { bring, readDraft } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import { kindsIn } from '../../kit/exchange/records.ts'
import { bookRefusal } from '../../kit/exchange/refusal.ts'
import { statusRecord } from '../../kit/exchange/status.ts'
import { unitOf, type UnitCodes } from '../../kit/exchange/units.ts'
import { sendAnswer } from '../../kit/http/answer.ts'
import { CallerGone, drain, IncomingBody } from '../../kit/http/body.ts'
import { parseContentType } from '../../kit/http/content-type.ts'
import { PROBLEM_TYPE, problemOf } from '../../kit/http/problem.ts'
import { queryIn } from '../../kit/http/query.ts'
import { sourceOf } from '../../kit/http/source.ts'
import { TokenCallers } from './tokens.ts'

const PREFIX = '/oa/rest'
const JSON_TYPE = 'application/json; charset=utf-8'
const LIST_DEFAULT = 100
const LIST_MOST = 1_000
/** A token request holds a login and nothing else. */
const TOKEN_BYTES = 8 * 1024

/** What may be given, and the form of the profile in which it comes. */
const GIVEN = {
  documents: ['Submit', 'document'],
  receipts: ['Sign', 'receipt'],
  returns: ['ReturnDocument', 'return'],
  withdrawals: ['Withdraw', 'withdrawal'],
  replies: ['Reply', 'reply'],
} as const

interface Answer {
  readonly status: number
  readonly chunks: readonly Buffer[]
}

/** `/oa/rest/…`: see docs/systems/rest.md. */
export function restMount(house: House, units: UnitCodes): HttpMount {
  const service = new RestService(house, units)
  return { prefix: PREFIX, served: 'oa', handle: (request, response) => void service.serve(request, response) }
}

class RestService {
  readonly #house: House
  readonly #units: UnitCodes
  readonly #callers: TokenCallers
  readonly #inbox: Inbox

  constructor(house: House, units: UnitCodes) {
    this.#house = house
    this.#units = units
    this.#callers = new TokenCallers(house)
    this.#inbox = new Inbox(house)
  }

  /** Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new CallerGone('the caller hung up'))
    })
    try {
      const { status, chunks } = await this.#answer(request, gone.signal)
      await sendAnswer(response, { status, contentType: JSON_TYPE, chunks, headers: { 'cache-control': 'no-store' } })
    } catch (thrown) {
      if (thrown instanceof CallerGone || response.headersSent) response.destroy()
      else await this.#refuse(request, response, thrown)
    }
  }

  async #answer(request: IncomingMessage, gone: AbortSignal): Promise<Answer> {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    // what no address knows is refused by its name before anybody is asked who he is
    queryIn(request.url ?? '', 'unit', 'max', 'kind')
    const [collection = '', id, ...more] = path.slice(PREFIX.length + 1).split('/')
    if (more.length > 0) throw unknown(path)
    if (collection === 'token' && id === undefined) return this.#token(method(request, 'POST'))
    const caller = this.#callers.bearer(request)
    if (collection === 'items') {
      method(request, 'GET')
      return id === undefined ? this.#list(request, caller) : this.#fetch(request, caller, decoded(id))
    }
    if (collection === 'documents' && id !== undefined) return this.#status(method(request, 'GET'), caller, decoded(id))
    if (!Object.hasOwn(GIVEN, collection) || id !== undefined) throw unknown(path)
    return this.#give(method(request, 'POST'), caller, GIVEN[collection as keyof typeof GIVEN], gone)
  }

  /** RFC 6749, 4.4: client credentials by HTTP Basic or in the form. */
  async #token(request: IncomingMessage): Promise<Answer> {
    queryIn(request.url ?? '')
    const source = sourceOf(request)
    const limits = { ...this.#house.city().station.limits, requestBytes: TOKEN_BYTES, inflatedBytes: 0 }
    const body = new IncomingBody(request, limits, this.#house.door.memory(source), true)
    try {
      const form = new URLSearchParams((await body.whole()).toString('utf8'))
      if (form.get('grant_type') !== 'client_credentials')
        throw new YizhanError('FIELD_INVALID', {
          field: 'grant_type',
          value: (form.get('grant_type') ?? '').slice(0, 40),
          rule: 'client_credentials',
        })
      const { authorization } = request.headers
      const caller =
        this.#callers.certified(request) ??
        (authorization === undefined
          ? this.#callers.named(form.get('client_id') ?? '', form.get('client_secret') ?? '', source)
          : this.#callers.basic(authorization, source))
      const { token, seconds } = this.#callers.issue(caller)
      return json(200, { access_token: token, token_type: 'Bearer', expires_in: seconds })
    } finally {
      body.release()
    }
  }

  async #give(
    request: IncomingMessage,
    caller: Caller,
    [form, kind]: (typeof GIVEN)[keyof typeof GIVEN],
    gone: AbortSignal,
  ): Promise<Answer> {
    const house = this.#house
    queryIn(request.url ?? '')
    const contentType = request.headers['content-type'] ?? ''
    const { type } = parseContentType(contentType)
    if (type !== 'application/json')
      throw new YizhanError('MEDIA_TYPE_UNSUPPORTED', {
        field: 'Content-Type',
        value: type.slice(0, 80),
        rule: 'application/json',
      })
    const memory = house.door.memory(sourceOf(request), caller.account.id)
    const body = new IncomingBody(request, house.city().station.limits, memory, false)
    try {
      const bytes = await body.whole()
      const profile = house.profile(caller.system.profile)
      const { element } = await this.#readable(caller, () => inTurns(profile.parseJson(bytes, form), gone))
      const bringing = { caller, profile, bytes, contentType }
      const read = await readDraft(house, bringing, form, kind, element)
      const draft = { ...read, externalId: read.externalId ?? keyOf(request) }
      const answer =
        draft.kind === 'receipt' || draft.kind === 'return'
          ? await this.#inbox.act(bringing, draft)
          : await bring(house, bringing, draft)
      return {
        status: answer.repeated ? 200 : 201,
        chunks: profile.writeRecord(`${form}Response`, { ...answer }, 'json'),
      }
    } finally {
      body.release()
    }
  }

  /** What nobody can read is booked here: it never comes to a form. */
  async #readable<T>(caller: Caller, parse: () => Promise<T>): Promise<T> {
    try {
      return await parse()
    } catch (thrown) {
      if (thrown instanceof YizhanError && thrown.status < 500) await bookRefusal(this.#house, thrown, caller)
      throw thrown
    }
  }

  async #list(request: IncomingMessage, caller: Caller): Promise<Answer> {
    const { unit: named, max = String(LIST_DEFAULT), kind } = queryIn(request.url ?? '', 'unit', 'max', 'kind')
    if (!/^\d{1,4}$/.test(max) || Number(max) < 1 || Number(max) > LIST_MOST)
      throw new YizhanError('FIELD_INVALID', { field: 'query.max', value: max.slice(0, 20), rule: `1–${LIST_MOST}` })
    const unit = await unitOf(this.#house, caller, named)
    const kinds = kindsIn(kind === undefined ? {} : { kinds: kind.split(',') }, 'query')
    const items = await this.#inbox.list(caller, unit.id, Number(max), kinds)
    const profile = this.#house.profile(caller.system.profile)
    const context = { syntax: 'json', unit: this.#units.context(unit.id), codeOf: this.#units.codeOf } as const
    const rows = items.map((item) =>
      Buffer.concat(this.#inbox.row({ caller, profile }, 'Entry', item, { ...context, deliveryId: item.row })),
    )
    const shown = rows.filter((row) => row.length > 0).map((row) => row.toString('utf8'))
    return { status: 200, chunks: [Buffer.from(`{"items":[${shown.join(',')}]}`, 'utf8')] }
  }

  async #fetch(request: IncomingMessage, caller: Caller, id: string): Promise<Answer> {
    const started = this.#house.clock.now()
    const { unit: named } = queryIn(request.url ?? '', 'unit')
    const unit = await unitOf(this.#house, caller, named)
    const item = await this.#inbox.get(caller, unit.id, id, 'items/{id}')
    const profile = this.#house.profile(caller.system.profile)
    const chunks = this.#inbox.write({ caller, profile }, 'Item', item, {
      syntax: 'json',
      deliveryId: item.row,
      unit: this.#units.context(unit.id),
      codeOf: this.#units.codeOf,
      bodies: await this.#inbox.bodies(item.message),
    })
    await this.#inbox.fetched(item, started)
    return { status: 200, chunks }
  }

  async #status(request: IncomingMessage, caller: Caller, id: string): Promise<Answer> {
    const { unit } = queryIn(request.url ?? '', 'unit')
    const record = await statusRecord(this.#house, caller, { id, unit }, 'documents/{id}')
    const profile = this.#house.profile(caller.system.profile)
    return { status: 200, chunks: profile.writeRecord('StatusResponse', record, 'json') }
  }

  async #refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): Promise<void> {
    const error = asYizhanError(thrown)
    if (isInternal(error)) this.#house.emit.emit(internalError(error, this.#house.clock.now()))
    const whole = error.code !== 'BODY_TIMEOUT' && (await drain(request))
    const shown = presentable(error)
    const faults =
      shown instanceof ProfileError
        ? shown.problems.map(({ field, value, rule }) => ({ field, value, rule }))
        : undefined
    const atToken = (request.url ?? '').startsWith(`${PREFIX}/token`)
    const oauth = atToken ? { error: shown.status === 401 ? 'invalid_client' : oauthError(shown) } : {}
    const challenge = atToken ? 'Basic realm="yizhan", charset="UTF-8"' : 'Bearer realm="yizhan", error="invalid_token"'
    // RFC 6749, 5.2
    const status = atToken && shown.status === 422 ? 400 : shown.status
    await sendAnswer(response, {
      status,
      contentType: PROBLEM_TYPE,
      chunks: [Buffer.from(JSON.stringify({ ...problemOf(shown, faults), status, ...oauth }), 'utf8')],
      headers: {
        'cache-control': 'no-store',
        ...(shown.status === 401 ? { 'www-authenticate': challenge } : {}),
        ...(shown.code === 'METHOD_NOT_ALLOWED' ? { allow: shown.facts.rule ?? '' } : {}),
        ...(shown.retryable ? { 'retry-after': '10' } : {}),
        ...(whole ? {} : { connection: 'close' }),
      },
    })
  }
}

function oauthError({ facts }: YizhanError): string {
  return facts.field === 'grant_type' && facts.value !== '' ? 'unsupported_grant_type' : 'invalid_request'
}

function json(status: number, value: object): Answer {
  return { status, chunks: [Buffer.from(JSON.stringify(value), 'utf8')] }
}

function method(request: IncomingMessage, allowed: 'GET' | 'POST'): IncomingMessage {
  if (request.method === allowed) return request
  throw new YizhanError('METHOD_NOT_ALLOWED', { field: 'method', value: request.method ?? '', rule: allowed })
}

function unknown(path: string): YizhanError {
  return new YizhanError('PATH_UNKNOWN', { field: 'path', value: path.slice(0, 80) })
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch (cause) {
    throw new YizhanError('PATH_UNKNOWN', { field: 'path', value: '%' }, { cause })
  }
}

/** Idempotency-Key: the sender's own id where the body has none; a quoted string or bare. */
function keyOf(request: IncomingMessage): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  const key = String(header).replace(/^"(.*)"$/, '$1')
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new YizhanError('FIELD_INVALID', { field: 'Idempotency-Key', value: key.slice(0, 40), rule: '1–200 ASCII' })
  return key
}
