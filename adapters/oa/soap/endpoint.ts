import type { IncomingMessage, ServerResponse } from 'node:http'
import type { House } from '../../../core/adapter/port.ts'
import type { ErrorCode } from '../../../core/errors/catalogue.ts'
import { asYizhanError, type YizhanError } from '../../../core/errors/error.ts'
import { internalError, isInternal, presentable } from '../../../core/events/internal.ts'
import type { WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import { contentTypeOf, faultOf, writeEnvelope, writeFault, type Envelope, type SoapVersion } from './envelope.ts'
import { Attachments, checkMediaType, readMessage, unpack, wantsMtom } from './mtom.ts'
import {
  readAddressing,
  refuseOtherReplies,
  understoodAddressing,
  writeAddressing,
  type Addressing,
} from './addressing.ts'
import { securityNamespace } from './security.ts'
import { envelopeNamespace } from './version.ts'
import { failpoint } from '../../../core/util/failpoint.ts'
import { pause } from '../../../core/util/pause.ts'
import { parseContentType, type ContentType } from '../../kit/http/content-type.ts'
import { sendAnswer, type HttpAnswer } from '../../kit/http/answer.ts'
import { IncomingBody, CallerGone, drain } from '../../kit/http/body.ts'
import { queryIn } from '../../kit/http/query.ts'
import { sourceOf } from '../../kit/http/source.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { LOGIN_BYTES } from './login.ts'
import { answerEncoding, transcode } from '../../kit/http/charset.ts'
import { bookRefusal } from '../../kit/exchange/refusal.ts'
import { errorHeader } from './error-header.ts'

/** One call of an operation. */
export interface SoapCall {
  readonly envelope: Envelope
  /** the whole request, inflated */
  readonly bytes: Buffer
  /** what came beside the envelope (MTOM): bytes by the address that names them */
  readonly attached: ReadonlyMap<string, Buffer> | undefined
  /** takes files that are to stand beside the answer; undefined for callers that want them inside */
  readonly attachments: Attachments | undefined
  readonly contentType: string
  readonly request: IncomingMessage
  readonly caller: Caller
}

export interface SoapResult {
  /** what stands in the Body, in UTF-8, without declaration */
  readonly chunks: readonly Buffer[]
  /** a message was taken over by this call */
  readonly accepted?: boolean
}

export interface SoapService {
  /** parameters that its address may have, in lower case */
  readonly query: readonly string[]
  /** WS-Addressing's action of an operation's answer, and of faults, as the WSDL has them */
  readonly actions: { of(operation: string): string; readonly fault: string }
  /** says who calls by the HTTP headers alone, before anything is read; undefined where the message has to say it */
  identify(request: IncomingMessage): Caller | undefined
  /**
   * says who calls by the first bytes of a message (`LOGIN_BYTES`), where HTTP does not; throws UNAUTHENTICATED or an
   * EarlyResult otherwise
   */
  recognise(head: Buffer, request: IncomingMessage): Caller
  /** what stands in the detail of a fault, in UTF-8; absent or undefined: our own `refusal` */
  detail?(error: YizhanError): readonly Buffer[] | undefined
  /** carries out the operation; books what it refuses itself */
  call(call: SoapCall): Promise<SoapResult>
}

/** What a dialect says to a stranger as the result of his call, where others would say a fault. */
export class EarlyResult extends Error {
  readonly chunks: readonly Buffer[]

  constructor(chunks: readonly Buffer[], cause: unknown) {
    super('answered before it was read', { cause })
    this.chunks = chunks
  }
}

/**
 * HTTP in front of a SOAP service: limits, inflating, charset, envelope, faults. Faults go out with status 500 (WS-I
 * Basic Profile 1.1, R1126; of SOAP 1.2 too, where clients lose those that come with 400), and 401 where HTTP
 * authentication failed.
 * Never rejects.
 */
export async function serveSoap(
  house: House,
  service: SoapService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new CallerGone('the caller hung up'))
  })
  try {
    const { answer, accepted } = await exchange(house, service, request, gone.signal)
    await sendAnswer(response, answer)
    if (accepted) failpoint('accept.answered')
  } catch (thrown) {
    if (!(thrown instanceof CallerGone)) house.emit.emit(internalError(thrown, house.clock.now()))
    response.destroy()
  }
}

async function exchange(
  house: House,
  service: SoapService,
  request: IncomingMessage,
  gone: AbortSignal,
): Promise<{ readonly answer: HttpAnswer; readonly accepted: boolean }> {
  const contentType = parseContentType(request.headers['content-type'])
  const state: State = {
    contentType,
    source: sourceOf(request),
    version: (contentType.parameters.get('start-info') ?? contentType.type).startsWith('application/soap+xml')
      ? '1.2'
      : '1.1',
    encoding: answerEncoding(contentType),
    caller: undefined,
    token: false,
    operation: '',
    addressing: undefined,
    attachments: undefined,
    dispatched: false,
  }
  try {
    state.caller = service.identify(request)
    const memory = house.door.memory(state.source, state.caller?.account.id)
    const body = new IncomingBody(request, house.city().station.limits, memory, state.caller === undefined)
    try {
      const caller = (state.caller ??= await recognise(service, body, request, state))
      queryIn((request.url ?? '').toLowerCase(), ...service.query)
      const result = await dispatch(house, service, request, await body.whole(), state, caller, gone)
      return { answer: answered(result, service, state), accepted: result.accepted ?? false }
    } finally {
      body.release()
    }
  } catch (thrown) {
    if (thrown instanceof CallerGone) throw thrown
    const error = asYizhanError(thrown)
    const answer =
      thrown instanceof EarlyResult ? answered(thrown, service, state) : await refuse(house, service, error, state)
    // A client that is too slow has had its time; any other may finish sending, or it would never read the answer.
    const isWhole = error.code !== 'BODY_TIMEOUT' && (await drain(request))
    if (state.caller === undefined && strangers > FEW_STRANGERS)
      await pause(STRANGER_MS, AbortSignal.timeout(STRANGER_MS))
    return {
      answer: isWhole ? answer : { ...answer, headers: { ...answer.headers, connection: 'close' } },
      accepted: false,
    }
  }
}

/** With more strangers than these at the door each refusal waits, so that they cannot come again at once. */
const FEW_STRANGERS = 8
const STRANGER_MS = 500
/** who have not said yet who they are */
let strangers = 0

/** A stranger's message is read only as far as it takes to know who sends it. */
async function recognise(
  service: SoapService,
  body: IncomingBody,
  request: IncomingMessage,
  state: State,
): Promise<Caller> {
  strangers++
  const head = await body.head(LOGIN_BYTES).finally(() => strangers--)
  state.encoding = answerEncoding(state.contentType, head)
  if (head.includes(envelopeNamespace['1.2'])) state.version = '1.2'
  state.token = head.includes(securityNamespace)
  const caller = service.recognise(head, request)
  body.own(caller.account.id)
  return caller
}

interface State {
  readonly contentType: ContentType
  /** address */
  readonly source: string
  version: SoapVersion
  encoding: WriteEncoding
  caller: Caller | undefined
  /** the envelope says who calls, not HTTP */
  token: boolean
  /** the body element's name, once the envelope has been read */
  operation: string
  addressing: Addressing | undefined
  attachments: Attachments | undefined
  /** the operation has begun: from here on it books its own refusals */
  dispatched: boolean
}

async function dispatch(
  house: House,
  service: SoapService,
  request: IncomingMessage,
  bytes: Buffer,
  state: State,
  caller: Caller,
  gone: AbortSignal,
): Promise<SoapResult> {
  const contentType = request.headers['content-type'] ?? ''
  const unpacked = unpack(bytes, contentType)
  checkMediaType(unpacked)
  state.encoding = answerEncoding(parseContentType(unpacked.contentType), unpacked.bytes)
  const { envelope, attached, mtom } = await readMessage(
    unpacked,
    {
      understood: [securityNamespace, ...understoodAddressing],
      limits: { size: house.city().station.limits.inflatedBytes },
    },
    gone,
  )
  state.version = envelope.version
  state.token = envelope.headers.some((block) => block.uri === securityNamespace)
  state.operation = envelope.body.local
  state.addressing = readAddressing(envelope.headers)
  refuseOtherReplies(envelope.headers)
  state.attachments = wantsMtom(request.headers.accept, mtom) ? new Attachments() : undefined
  noteHeaders(house, envelope, state.caller)
  state.dispatched = true
  const { attachments } = state
  return service.call({ envelope, bytes, attached, attachments, contentType, request, caller })
}

function answered(result: SoapResult, service: SoapService, state: State): HttpAnswer {
  const { version, encoding, attachments, operation } = state
  const chunks = writeEnvelope(version, transcode(result.chunks, encoding), {
    encoding,
    headers: addressed(state, service.actions.of(operation)),
  })
  if (attachments?.some === true) return { status: 200, ...attachments.pack(version, chunks, encoding) }
  return { status: 200, contentType: contentTypeOf(version, { encoding }), chunks }
}

/** Header blocks for a caller that speaks WS-Addressing. */
function addressed({ addressing, encoding }: State, action: string): Buffer[] {
  return addressing === undefined ? [] : transcode(writeAddressing(addressing, action), encoding)
}

/** Headers that nobody deals with are said, not dropped in silence: a client may count on what they ask for. */
function noteHeaders(house: House, { unknown }: Envelope, caller: Caller | undefined): void {
  if (unknown.length === 0) return
  house.emit.emit({
    code: 'profile.quirk',
    at: house.clock.now(),
    system: caller?.system.id,
    actor: caller?.account.id,
    detail: unknown
      .slice(0, 20)
      .map(({ uri, local }) => `soap-header {${uri.slice(0, 200)}}${local.slice(0, 100)}`)
      .join('; '),
  })
}

/** Where they happened; or there is nothing to book. */
const BOOKED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNAUTHENTICATED', 'ACCOUNT_WAITS', 'OVERLOADED'])

async function refuse(house: House, service: SoapService, error: YizhanError, state: State): Promise<HttpAnswer> {
  // Failed logins and what the operation refused have been booked where they happened.
  if (isInternal(error)) house.emit.emit(internalError(error, house.clock.now()))
  else if (!state.dispatched && !BOOKED.has(error.code)) await bookRefusal(house, error, state.caller ?? state.source)
  const unauthenticated = error.code === 'UNAUTHENTICATED' && !state.token
  const shown = presentable(error)
  const own = service.detail?.(shown)
  const detail = own && transcode(own, state.encoding)
  return {
    status: unauthenticated ? 401 : 500,
    contentType: contentTypeOf(state.version, { encoding: state.encoding }),
    chunks: writeFault(state.version, faultOf(shown), state.encoding, addressed(state, service.actions.fault), detail),
    headers: {
      'yizhan-error': errorHeader(shown),
      ...(unauthenticated ? { 'www-authenticate': 'Basic realm="yizhan", charset="UTF-8"' } : {}),
      ...(error.retryable ? { 'retry-after': '10' } : {}),
    },
  }
}
