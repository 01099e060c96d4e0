import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { INTERNAL_TEXT, internalError } from '../../../core/events/internal.ts'
import { carriesPassword } from '../../../core/mapping/soap/security.ts'
import { sendAnswer, sendText } from '../../kit/http/answer.ts'
import { sourceOf } from '../../kit/http/source.ts'
import { Callers } from '../callers.ts'
import { serveSoap, type SoapService } from '../soap/endpoint.ts'
import { tokenIn } from '../soap/login.ts'
import { projectFile, wsdlTemplate } from '../soap/wsdl.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { operationNames, YIZHAN_NAMESPACE, yizhanOperations } from './operations.ts'

const PREFIX = '/oa/yizhan'
/** Whoever hosts an inbox puts the real address there. */
const INBOX_EXAMPLE = 'http://127.0.0.1/oa/inbox'

/**
 * Our own SOAP service: `POST /oa/yizhan`, its WSDL at `?wsdl`, its schema at `?xsd=1`, the inbox’s WSDL at `?inbox`.
 */
export function yizhanMount(house: House, units: UnitCodes): HttpMount {
  const service = yizhanService(house, units)
  const wsdl = wsdlTemplate('adapters', 'oa', 'yizhan', 'yizhan-oa.wsdl')
  const inbox = wsdlTemplate('adapters', 'oa', 'yizhan', 'yizhan-inbox.wsdl')
  const describe = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const query = (request.url ?? '').split('?', 2)[1]?.toLowerCase() ?? ''
    const address = `${house.publicUrl()}${PREFIX}`
    try {
      if (query === 'wsdl') await sendXml(response, wsdl(address, `${address}?xsd=1`))
      else if (query.startsWith('xsd'))
        await sendXml(response, readFileSync(projectFile('config', 'profiles', 'yizhan.xsd')))
      else if (query === 'inbox') await sendXml(response, inbox(INBOX_EXAMPLE, `${address}?xsd=1`))
      else
        await sendText(
          response,
          200,
          `驿站公文接口 Yizhan document service\nWSDL: ${address}?wsdl\n收文箱 WSDL（由 OA 实现） inbox, to be implemented by OAs: ${address}?inbox`,
        )
    } catch (thrown) {
      house.emit.emit(internalError(thrown, house.clock.now()))
      await sendText(response, 500, INTERNAL_TEXT)
    }
  }
  return {
    prefix: PREFIX,
    handle(request, response) {
      if (request.method === 'POST') void serveSoap(house, service, request, response)
      else if (request.method === 'GET' || request.method === 'HEAD') void describe(request, response)
      else void sendText(response, 405, 'GET, POST', { allow: 'GET, POST' })
    },
  }
}

function sendXml(response: ServerResponse, bytes: Buffer): Promise<void> {
  return sendAnswer(response, { status: 200, contentType: 'text/xml; charset=utf-8', chunks: [bytes] })
}

function yizhanService(house: House, units: UnitCodes): SoapService {
  const callers = new Callers(house, 'yizhan')
  const operations = yizhanOperations(house, units)
  return {
    actions: {
      of: (operation) => `${YIZHAN_NAMESPACE}/${operation}Response`,
      fault: `${YIZHAN_NAMESPACE}/YizhanFault`,
    },
    identify(request) {
      const { authorization } = request.headers
      return authorization === undefined ? undefined : callers.basic(authorization, sourceOf(request))
    },
    recognise(head, request) {
      const token = tokenIn(head)
      if (token === undefined) throw callers.nobody(sourceOf(request))
      return callers.token(token, sourceOf(request))
    },
    async call(call) {
      const { caller } = call
      const element = call.envelope.body
      const operation =
        element.uri === YIZHAN_NAMESPACE || element.uri === '' ? operations.get(element.local) : undefined
      if (operation === undefined)
        throw new YizhanError('OPERATION_UNKNOWN', {
          value: element.local,
          field: element.uri,
          rule: operationNames(operations),
        })
      return operation({
        element,
        caller,
        profile: house.profile(caller.system.profile),
        bytes: call.bytes,
        contentType: call.contentType,
        attached: call.attached,
        attachments: call.attachments,
        // Also where HTTP says who calls, and nobody looks at the token.
        secret: carriesPassword(call.envelope.headers) ? 'Password' : undefined,
        started: house.clock.now(),
      })
    },
  }
}
