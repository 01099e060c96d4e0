import { INTERNAL_TEXT, internalError } from '../../../core/events/internal.ts'
import type { ServerResponse } from 'node:http'
import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { speaks } from '../dialect.ts'
import { sendAnswer, sendText } from '../../kit/http/answer.ts'
import { serveSoap } from '../soap/endpoint.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { operationsOf, type Action } from './operations.ts'
import { EpointService } from './service.ts'
import { epointWsdl } from './wsdl.ts'

const PREFIX = '/oa/epoint/ArchiveExchange.asmx'

/**
 * The exchange centre of dialect A: `POST /oa/epoint/ArchiveExchange.asmx`, also with `?op=Name` behind it, and its
 * WSDL at `?wsdl`.
 */
export function epointMount(house: House, units: UnitCodes): HttpMount {
  const service = new EpointService(house, units)
  return {
    prefix: PREFIX,
    handle(request, response) {
      const query = (request.url ?? '').split('?', 2)[1]?.toLowerCase() ?? ''
      const address = `${house.publicUrl()}${PREFIX}`
      if (request.method === 'POST') void serveSoap(house, service, request, response)
      else if (request.method !== 'GET' && request.method !== 'HEAD')
        void sendText(response, 405, 'GET, POST', { allow: 'GET, POST' })
      else void describe(house, response, address, query.startsWith('wsdl'))
    },
  }
}

async function describe(house: House, response: ServerResponse, address: string, wsdl: boolean): Promise<void> {
  try {
    const operations = offered(house)
    if (wsdl)
      await sendAnswer(response, {
        status: 200,
        contentType: 'text/xml; charset=utf-8',
        chunks: [epointWsdl(operations, address)],
      })
    else
      await sendText(
        response,
        200,
        `公文交换（新点方言） document exchange, dialect A\n${[...operations.keys()].map((name) => `${address}?op=${name}`).join('\n')}\nWSDL: ${address}?wsdl`,
      )
  } catch (thrown) {
    house.emit.emit(internalError(thrown, house.clock.now()))
    await sendText(response, 500, INTERNAL_TEXT)
  }
}

/** The operations of all systems of this dialect: their names may differ from one to the other. */
function offered(house: House): ReadonlyMap<string, Action> {
  const systems = house.city().systems.filter((system) => system.roles.includes('calls-us') && speaks(system, 'epoint'))
  return systems.length === 0
    ? operationsOf({ id: '' })
    : new Map(systems.flatMap((system) => [...operationsOf(system)]))
}
