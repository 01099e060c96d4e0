import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { writeWsdl } from '../soap/write-wsdl.ts'
import { actionOf, resultActionOf, faultActionOf, type DescribedSoap } from './actions.ts'
import { writeTypes } from './types.ts'

/** The WSDL of a described service, its schema in it. */
export function describedWsdl(profile: CompiledProfile, soap: DescribedSoap, address: string): Buffer {
  const operations = soap.operations.map((operation) => {
    const name = profile.root(operation.in).name
    return {
      name,
      answer: profile.root(operation.out).name,
      action: actionOf(soap, name),
      answerAction: resultActionOf(soap, name),
    }
  })
  return writeWsdl(new XmlWriter(), {
    name: soap.service,
    namespace: soap.namespace,
    versions: soap.versions,
    address,
    operations,
    fault:
      soap.fault === undefined ? undefined : { element: profile.root(soap.fault).name, action: faultActionOf(soap) },
    types: (out) => writeTypes(out, profile, soap),
  })
}
