import { readFileSync } from 'node:fs'
import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { carriesPassword } from '../soap/security.ts'
import { sourceOf } from '../../kit/http/source.ts'
import { SoapCallers } from '../callers.ts'
import { answerAt, type Described } from '../soap/description.ts'
import { serveSoap, type SoapService } from '../soap/endpoint.ts'
import { tokenIn } from '../soap/login.ts'
import { projectFile, wsdlTemplate } from '../soap/wsdl.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { operationNames, YIZHAN_NAMESPACE, yizhanOperations } from './operations.ts'

const PREFIX = '/oa/yizhan'
const QUERY = ['wsdl', 'xsd', 'inbox'] as const
/** Whoever hosts an inbox puts the real address there. */
const INBOX_EXAMPLE = 'http://127.0.0.1/oa/inbox'

/**
 * Our own SOAP service: `POST /oa/yizhan`, its WSDL at `?wsdl`, its schema at `?xsd=1`, the inbox’s WSDL at `?inbox`.
 */
export function yizhanMount(house: House, units: UnitCodes): HttpMount {
  const service = yizhanService(house, units)
  const wsdl = wsdlTemplate('adapters', 'oa', 'yizhan', 'yizhan-oa.wsdl')
  const inbox = wsdlTemplate('adapters', 'oa', 'yizhan', 'yizhan-inbox.wsdl')
  const described: Described<(typeof QUERY)[number]> = {
    path: PREFIX,
    query: QUERY,
    describe(query) {
      const address = `${house.publicUrl('oa')}${PREFIX}`
      if (query.wsdl !== undefined) return wsdl(address, `${address}?xsd=1`)
      if (query.xsd !== undefined) return readFileSync(projectFile('config', 'profiles', 'yizhan.xsd'))
      if (query.inbox !== undefined) return inbox(INBOX_EXAMPLE, `${address}?xsd=1`)
      return `驿站公文接口 Yizhan document service\nWSDL: ${address}?wsdl\n收文箱 WSDL（由 OA 实现） inbox, to be implemented by OAs: ${address}?inbox`
    },
    call: (request, response) => void serveSoap(house, service, request, response),
  }
  const served = { prefix: PREFIX, served: 'oa', described: PREFIX } as const
  return { ...served, handle: (request, response) => answerAt(house, described, request, response) }
}

function yizhanService(house: House, units: UnitCodes): SoapService {
  const callers = new SoapCallers(house, 'yizhan')
  const operations = yizhanOperations(house, units)
  return {
    query: QUERY,
    actions: {
      of: (operation) => `${YIZHAN_NAMESPACE}/${operation}Response`,
      fault: `${YIZHAN_NAMESPACE}/YizhanFault`,
    },
    identify(request) {
      const { authorization } = request.headers
      return (
        callers.certified(request) ??
        (authorization === undefined ? undefined : callers.basic(authorization, sourceOf(request)))
      )
    },
    recognise(head, request) {
      const token = tokenIn(head)
      if (token === undefined) throw callers.nobody(request)
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
