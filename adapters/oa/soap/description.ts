import type { IncomingMessage, ServerResponse } from 'node:http'
import type { House } from '../../../core/adapter/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { INTERNAL_TEXT, internalError, isInternal } from '../../../core/events/internal.ts'
import { trimEndOf } from '../../../core/util/trim.ts'
import { sendAnswer, sendText } from '../../kit/http/answer.ts'
import { queryIn } from '../../kit/http/query.ts'

type Query<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** An address of a served SOAP dialect, beside its calls. */
export interface Described<Name extends string> {
  readonly path: string
  /** parameters that a query may have, in lower case: clients write `?WSDL` too */
  readonly query: readonly Name[]
  /** what GET answers: an XML document, or a text for people */
  readonly describe: (query: Query<Name>) => Buffer | string
  /** POST */
  readonly call: (request: IncomingMessage, response: ServerResponse) => void
}

/** Gives a request to the calls or to the description; what is not understood of its address is refused by name. */
export function answerAt<Name extends string>(
  house: House,
  { path, query, describe, call }: Described<Name>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method, url = '' } = request
  if (method !== 'POST' && method !== 'GET' && method !== 'HEAD')
    return void sendText(response, 405, 'GET, POST', { allow: 'GET, POST' })
  try {
    const asked = url.split('?', 1)[0] ?? ''
    if (trimEndOf(asked, '/') !== path) throw new YizhanError('NOT_FOUND', { field: 'path', value: asked.slice(0, 80) })
    if (method === 'POST') return call(request, response)
    const said = describe(queryIn(url.toLowerCase(), ...query))
    if (typeof said === 'string') return void sendText(response, 200, said)
    void sendAnswer(response, { status: 200, contentType: 'text/xml; charset=utf-8', chunks: [said] })
  } catch (thrown) {
    const error = asYizhanError(thrown)
    if (isInternal(error)) house.emit.emit(internalError(error, house.clock.now()))
    void sendText(response, error.status, isInternal(error) ? INTERNAL_TEXT : `${error.code} ${error.zh} / ${error.en}`)
  }
}
