import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { sendText } from '../../kit/http/answer.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { speaks } from '../dialect.ts'
import { answerAt, type Described } from '../soap/description.ts'
import { serveSoap } from '../soap/endpoint.ts'
import { DESCRIBED_PREFIX, describedPath } from './path.ts'
import { DescribedService, DESCRIBED_QUERY } from './service.ts'
import { describedWsdl } from './wsdl.ts'

/**
 * Services that profiles describe: a profile `soap-<name>` is served at `/oa/soap/<name>`, and its WSDL with its schema
 * at `?wsdl` behind it, as long as a system that calls us has it. `GET /oa/soap` lists them.
 */
export function describedMount(house: House, units: UnitCodes): HttpMount {
  const services = new Map<string, DescribedService>()
  const serviceOf = (id: string): DescribedService => {
    const service = services.get(id) ?? new DescribedService(house, units, id)
    services.set(id, service)
    return service
  }
  const described = (id: string): Described<(typeof DESCRIBED_QUERY)[number]> => ({
    path: describedPath(id),
    query: DESCRIBED_QUERY,
    describe(query) {
      const profile = house.profile(id)
      const address = `${house.publicUrl('oa')}${describedPath(id)}`
      return query.wsdl === undefined || profile.soap === undefined
        ? `${id}\nWSDL: ${address}?wsdl`
        : describedWsdl(profile, profile.soap, address)
    },
    call: (request, response) => void serveSoap(house, serviceOf(id), request, response),
  })
  const list: Described<never> = {
    path: DESCRIBED_PREFIX,
    query: [],
    describe: () =>
      [
        '方言服务 services of described dialects',
        ...served(house).map((id) => `${house.publicUrl('oa')}${describedPath(id)}?wsdl`),
      ].join('\n'),
    call: (_request, response) => void sendText(response, 405, 'GET', { allow: 'GET' }),
  }
  return {
    prefix: DESCRIBED_PREFIX,
    served: 'oa',
    described: DESCRIBED_PREFIX,
    handle(request, response) {
      const path = (request.url ?? '').split('?', 1)[0]?.replace(/\/$/, '')
      const id = served(house).find((one) => describedPath(one) === path)
      if (id === undefined) answerAt(house, list, request, response)
      else answerAt(house, described(id), request, response)
    },
  }
}

/** Profiles that a system which calls us has. */
function served(house: House): readonly string[] {
  const systems = house.city().systems.filter((system) => system.roles.includes('calls-us') && speaks(system, 'soap'))
  return [...new Set(systems.map(({ profile }) => profile))]
}
