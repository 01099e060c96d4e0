import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { writeWsdl } from '../soap/write-wsdl.ts'
import { answerActionOf, PARAMETERS, TEMPURI, type Action } from './operations.ts'

/** The WSDL as ASP.NET would write it for the service with these operations, by SOAP 1.1 and 1.2. */
export function epointWsdl(operations: ReadonlyMap<string, Action>, address: string): Buffer {
  const names = [...operations.keys()]
  return writeWsdl(new XmlWriter(), {
    name: 'ArchiveExchange',
    namespace: TEMPURI,
    versions: ['1.1', '1.2'],
    address,
    operations: names.map((name) => ({
      name,
      answer: `${name}Response`,
      action: `${TEMPURI}${name}`,
      answerAction: answerActionOf(name),
    })),
    types(out) {
      for (const name of names) {
        writeElement(out, name, PARAMETERS)
        writeElement(out, `${name}Response`, [`${name}Result`])
      }
    },
  })
}

function writeElement(out: XmlWriter, name: string, strings: readonly string[]): void {
  out.open('s:element').attribute('name', name).open('s:complexType').open('s:sequence')
  for (const part of strings)
    out
      .open('s:element')
      .attribute('minOccurs', '0')
      .attribute('maxOccurs', '1')
      .attribute('name', part)
      .attribute('type', 's:string')
      .close()
  out.close().close().close()
}
