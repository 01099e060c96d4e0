import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { speaks } from '../dialect.ts'
import { answerAt, type Described } from '../soap/description.ts'
import { serveSoap } from '../soap/endpoint.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { operationsOf, type Action } from './operations.ts'
import { EpointService, QUERY } from './service.ts'
import { epointWsdl } from './wsdl.ts'

const PREFIX = '/oa/epoint/ArchiveExchange.asmx'

/**
 * The exchange centre of dialect A: `POST /oa/epoint/ArchiveExchange.asmx`, also with `?op=Name` behind it, and its
 * WSDL at `?wsdl`.
 */
export function epointMount(house: House, units: UnitCodes): HttpMount {
  const service = new EpointService(house, units)
  const described: Described<(typeof QUERY)[number]> = {
    path: PREFIX,
    query: QUERY,
    describe(query) {
      const address = `${house.publicUrl('oa')}${PREFIX}`
      const operations = offered(house)
      if (query.wsdl !== undefined) return epointWsdl(operations, address)
      return `公文交换（新点方言） document exchange, dialect A\n${[...operations.keys()].map((name) => `${address}?op=${name}`).join('\n')}\nWSDL: ${address}?wsdl`
    },
    call: (request, response) => void serveSoap(house, service, request, response),
  }
  const served = { prefix: PREFIX, served: 'oa', described: PREFIX } as const
  return { ...served, handle: (request, response) => answerAt(house, described, request, response) }
}

/** The operations of all systems of this dialect: their names may differ from one to the other. */
function offered(house: House): ReadonlyMap<string, Action> {
  const systems = house.city().systems.filter((system) => system.roles.includes('calls-us') && speaks(system, 'epoint'))
  return systems.length === 0
    ? operationsOf({ settings: {} })
    : new Map(systems.flatMap((system) => [...operationsOf(system)]))
}
