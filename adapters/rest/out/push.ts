import type { House } from '../../../core/adapter/port.ts'
import type { SystemConfig } from '../../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../../core/delivery/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { digestsOf } from '../../../core/message/bodies.ts'
import { atOnce } from '../../../core/util/turns.ts'
import { withoutDoubt } from '../../kit/doubt.ts'
import { readAnswerRecord, textIn } from '../../kit/exchange/records.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { CallAgents } from '../../kit/http/agents.ts'
import { exchange, type HttpResponse } from '../../kit/http/exchange.ts'
import { beginningOf, questionFailure, statusFailure } from '../../kit/http/verdict.ts'
import { restSettingsOf } from '../settings.ts'

/** A token is renewed so long before its end, ms; one that says no end is kept so long. */
const EARLY_MS = 30_000
const UNSAID_SECONDS = 300

/** Pushes items as JSON: `POST {url}/items`; asks by `GET {url}/items/{id}` whether one arrived. */
export class RestPush implements Sender {
  readonly #house: House
  readonly #units: UnitCodes
  readonly #system: SystemConfig
  readonly #agents: CallAgents
  #token: { readonly text: string; readonly until: number } | undefined

  constructor(house: House, units: UnitCodes, system: SystemConfig) {
    this.#house = house
    this.#units = units
    this.#system = system
    const options = { keepAlive: true, maxSockets: system.pace.concurrency, scheduling: 'lifo' } as const
    this.#agents = new CallAgents(options, system.tls)
  }

  async send(outbound: Outbound, signal: AbortSignal): Promise<Taken> {
    const { message, unit, id } = outbound
    const digests = digestsOf(message)
    const bodies = await Promise.all(digests.map((digest) => this.#house.content.read(digest)))
    const chunks = this.#profile.write('Item', message, {
      syntax: 'json',
      deliveryId: id,
      unit: unit === undefined ? undefined : this.#units.context(unit),
      codeOf: this.#units.codeOf,
      bodies: new Map(digests.map((digest, at) => [digest, bodies[at] ?? Buffer.alloc(0)])),
    })
    const answer = await this.#call('POST', this.#address('items'), chunks, id, signal)
    if (answer.status < 200 || answer.status > 299) throw statusFailure(this.#system.id, answer)
    return answer.status === 204 ? {} : { remoteId: textIn(this.#read(answer, 'DeliverResponse'), 'id') }
  }

  async probe({ id }: Outbound, signal: AbortSignal): Promise<{ readonly taken: boolean } & Taken> {
    const answer = await this.#call('GET', this.#address(`items/${encodeURIComponent(id)}`), [], id, signal)
    try {
      // A 404 without the word may be any page of any server.
      if (answer.status !== 200 && answer.status !== 404) throw statusFailure(this.#system.id, answer)
      const values = this.#read(answer, 'DeliveryStatusResponse')
      return { taken: values['taken'] === true, remoteId: textIn(values, 'id') }
    } catch (thrown) {
      throw questionFailure(thrown, answer.status)
    }
  }

  close(): Promise<void> {
    this.#agents.destroy()
    return Promise.resolve()
  }

  get #profile() {
    return this.#house.profile(this.#system.profile)
  }

  #address(path: string): URL {
    return new URL(`${(this.#system.url ?? '').replace(/\/$/, '')}/${path}`)
  }

  /** With a token; one that is refused is renewed once, as a 401 has taken nothing. */
  async #call(
    method: 'GET' | 'POST',
    url: URL,
    chunks: readonly Buffer[],
    id: string,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const once = (bearer: string): Promise<HttpResponse> =>
      exchange({
        system: this.#system.id,
        method,
        url,
        agent: this.#agents.of(url),
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${bearer}`,
          ...(method === 'POST'
            ? { 'content-type': 'application/json; charset=utf-8', 'idempotency-key': `"${encodeURI(id)}"` }
            : {}),
        },
        chunks,
        signal,
      })
    const bearer = await this.#bearer(signal)
    const answer = await once(bearer)
    if (answer.status !== 401) return answer
    // another call may have renewed it meanwhile
    if (this.#token?.text === bearer) this.#token = undefined
    return once(await this.#bearer(signal))
  }

  async #bearer(signal: AbortSignal): Promise<string> {
    const now = this.#house.clock.now()
    if (this.#token !== undefined && now < this.#token.until) return this.#token.text
    const token = await this.#fetchToken(signal).catch((thrown: unknown) => {
      // Nothing of the message has left yet.
      throw withoutDoubt(thrown)
    })
    this.#token = { text: token.text, until: now + Math.max(0, token.seconds * 1_000 - EARLY_MS) }
    return token.text
  }

  /** RFC 6749, 4.4.2. */
  async #fetchToken(signal: AbortSignal): Promise<{ readonly text: string; readonly seconds: number }> {
    const { id, username = '' } = this.#system
    const url = new URL(restSettingsOf(this.#system).tokenUrl ?? this.#address('token'))
    const login = [username, this.#house.secret(`${id}.password`)].map(encodeURIComponent).join(':')
    const answer = await exchange({
      system: id,
      url,
      agent: this.#agents.of(url),
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(login, 'utf8').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      chunks: [Buffer.from('grant_type=client_credentials', 'utf8')],
      signal,
    })
    const said = answer.status === 200 ? tokenIn(answer.bytes) : undefined
    if (said !== undefined) return said
    const detail = `token: HTTP ${answer.status}，${beginningOf(answer)}`
    throw new YizhanError('SYSTEM_FAULT', { field: id, detail }, { retryAfterMs: answer.retryAfterMs })
  }

  #read(answer: HttpResponse, form: string) {
    try {
      const { element } = atOnce(this.#profile.parseJson(answer.bytes, form))
      return readAnswerRecord(this.#system.id, this.#profile, form, element)
    } catch (cause) {
      if (cause instanceof YizhanError && cause.code === 'SYSTEM_FAULT') throw cause
      const detail = `HTTP ${answer.status}，${beginningOf(answer)}`
      throw new YizhanError('SYSTEM_FAULT', { field: this.#system.id, detail }, { cause, inDoubt: true })
    }
  }
}

function tokenIn(bytes: Buffer): { readonly text: string; readonly seconds: number } | undefined {
  try {
    const said = JSON.parse(bytes.toString('utf8')) as { access_token?: unknown; expires_in?: unknown } | null
    const text = said?.access_token
    if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) return undefined
    return { text, seconds: typeof said?.expires_in === 'number' ? said.expires_in : UNSAID_SECONDS }
  } catch {
    // Whoever asks says what came instead.
    return undefined
  }
}
