import type { CallTls } from '../../core/config/call-tls.ts'
import type { Taken } from '../../core/delivery/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import { callbackAnswerSchema, probeAnswerSchema, type Callback } from './callback.ts'
import type { CallbackConfig } from './config.ts'
import { beforeDeadline } from '../kit/deadline.ts'
import { CallAgents } from '../kit/http/agents.ts'
import { exchange, type HttpResponse } from '../kit/http/exchange.ts'
import { beginningOf, questionFailure, statusFailure } from '../kit/http/verdict.ts'
import type { FileSource, PetitionView, Publication } from './port.ts'
import { showQueryCode } from './query-code.ts'
import { signatureOf } from './signature.ts'
import { PETITION_STATES, type PetitionState } from '../../core/message/petition-states.ts'
import { wireFiles, wirePublication } from './wire.ts'

/** The petition that something is about. */
export interface AboutPetition {
  readonly id: string
  readonly queryCode: string
  /** the portal's own id, if it gave one */
  readonly externalId?: string | undefined
}

/** What a portal is told. Times are UTC, ISO 8601; texts are plain. */
export type PortalItem =
  | {
      readonly kind: 'state'
      readonly petition: AboutPetition
      readonly state: PetitionState
      readonly at: string
      readonly unit?: string | undefined
      readonly note?: string | undefined
    }
  | {
      readonly kind: 'reply'
      readonly petition: AboutPetition
      readonly state: PetitionState
      readonly reply: NonNullable<PetitionView['reply']>
    }
  | {
      readonly kind: 'publication'
      readonly action: 'create' | 'replace' | 'withdraw'
      readonly publication: Publication
    }

export interface PortalSenderOptions {
  /** the system's id, for errors */
  readonly system: string
  readonly config: CallbackConfig
  readonly tls?: CallTls | undefined
  readonly filesAs: 'link' | 'inline'
  readonly files: FileSource
  /** shared with the portal; asked for at each call, so that it can be changed */
  readonly secret: () => string
  readonly clock: Clock
}

/** Calls a portal back: see `core/delivery/port.ts` for what its errors mean. */
export class PortalSender {
  readonly #options: PortalSenderOptions
  readonly #agents: CallAgents

  constructor(options: PortalSenderOptions) {
    this.#options = options
    const settings = { keepAlive: true, maxSockets: options.config.concurrency, scheduling: 'lifo' } as const
    this.#agents = new CallAgents(settings, options.tls)
  }

  /** @param delivery stable over all attempts: the portal recognises a second delivery by it */
  async send(delivery: string, item: PortalItem, signal: AbortSignal): Promise<Taken> {
    const body = Buffer.from(JSON.stringify(await this.#callback(delivery, item)), 'utf8')
    const answer = await this.#call('POST', delivery, new URL(this.#options.config.url), body, signal)
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(answer)
    if (answer.status === 204) return {}
    const { id } = this.#read(answer, callbackAnswerSchema)
    return { remoteId: id }
  }

  /** `GET {url}/{delivery}`: 200 or 404, either with `{"taken": …}`; a 404 without it may be any page of any server. */
  async probe(
    delivery: string,
    signal: AbortSignal,
  ): Promise<{ readonly taken: boolean; readonly remoteId?: string | undefined }> {
    const url = new URL(this.#options.config.url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(delivery)}`
    const answer = await this.#call('GET', delivery, url, Buffer.alloc(0), signal)
    try {
      if (answer.status !== 200 && answer.status !== 404) throw this.#refusal(answer)
      const { taken, id } = this.#read(answer, probeAnswerSchema)
      return { taken, remoteId: id }
    } catch (thrown) {
      throw questionFailure(thrown, answer.status)
    }
  }

  close(): Promise<void> {
    this.#agents.destroy()
    return Promise.resolve()
  }

  #call(method: 'GET' | 'POST', delivery: string, url: URL, body: Buffer, signal: AbortSignal): Promise<HttpResponse> {
    const { system, config, secret, clock } = this.#options
    // A structured string (RFC 8941, 3.3.3), as the draft of the Idempotency-Key field asks for; those hold ASCII only.
    const ascii = delivery.toWellFormed().replace(/[^\x20-\x7e]+/g, encodeURIComponent)
    const key = `"${ascii.replace(/["\\]/g, '\\$&')}"`
    const seconds = Math.floor(clock.now() / 1000)
    const timeout = new YizhanError(
      'SYSTEM_TIMEOUT',
      { field: system, rule: `${config.timeoutMs} ms` },
      { inDoubt: method === 'POST' },
    )
    return beforeDeadline(config.timeoutMs, timeout, signal, (both) =>
      exchange({
        system,
        method,
        url,
        agent: this.#agents.of(url),
        headers: {
          accept: 'application/json',
          'user-agent': 'yizhan',
          'idempotency-key': key,
          'yizhan-signature': signatureOf(secret(), config.signature, { seconds, method, key: ascii, body }),
          ...(method === 'POST' ? { 'content-type': 'application/json; charset=utf-8' } : {}),
        },
        chunks: [body],
        signal: both,
      }),
    )
  }

  async #callback(delivery: string, item: PortalItem): Promise<Callback> {
    const { filesAs, files } = this.#options
    if (item.kind === 'publication')
      return {
        kind: item.kind,
        delivery,
        action: item.action,
        publication: await wirePublication(item.publication, filesAs, files),
      }
    const { id, queryCode, externalId } = item.petition
    const petition = { id, queryCode: showQueryCode(queryCode), externalId }
    if (item.kind === 'reply') {
      const { text, unit, at } = item.reply
      return {
        kind: item.kind,
        delivery,
        petition,
        state: item.state,
        stateText: PETITION_STATES[item.state],
        reply: { text, unit, at, files: await wireFiles(item.reply.files, filesAs, files) },
      }
    }
    const { kind, state, at, unit, note } = item
    return { kind, delivery, petition, state, stateText: PETITION_STATES[state], at, unit, note }
  }

  #refusal(answer: HttpResponse): YizhanError {
    return statusFailure(this.#options.system, answer, `HTTP ${answer.status}${noteOf(answer)}`)
  }

  /** A body that is not what it should be: somebody answered, but perhaps not the portal. */
  #read<T>(
    answer: HttpResponse,
    schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  ): T {
    const result = schema.safeParse(jsonOf(answer))
    if (result.success) return result.data
    const detail = `HTTP ${answer.status}，${beginningOf(answer)}`
    throw new YizhanError('SYSTEM_FAULT', { field: this.#options.system, detail }, { inDoubt: true })
  }
}

function jsonOf(answer: HttpResponse): unknown {
  try {
    return JSON.parse(answer.bytes.toString('utf8'))
  } catch {
    // Said by whoever reads the answer: what is no JSON fits no schema.
    return undefined
  }
}

/** What the portal says of its refusal, in the words of problem details or plainly. */
function noteOf(answer: HttpResponse): string {
  const body = jsonOf(answer)
  if (typeof body !== 'object' || body === null) return ''
  for (const key of ['detail', 'title', 'error']) {
    const text = (body as Record<string, unknown>)[key]
    if (typeof text === 'string' && text !== '') return ` ${text.slice(0, 200)}`
  }
  return ''
}
