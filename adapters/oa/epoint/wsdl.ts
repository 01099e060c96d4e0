import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { answerActionOf, PARAMETERS, TEMPURI, type Action } from './operations.ts'

const NAME = 'ArchiveExchange'
/** The two bindings that ASP.NET writes: suffix of their names, prefix and namespace of the binding elements. */
const BINDINGS = [
  ['Soap', 'soap'],
  ['Soap12', 'soap12'],
] as const

/** The WSDL as ASP.NET would write it for the service with these operations, by SOAP 1.1 and 1.2. */
export function epointWsdl(operations: ReadonlyMap<string, Action>, address: string): Buffer {
  const out = new XmlWriter()
  out
    .open('wsdl:definitions')
    .attribute('targetNamespace', TEMPURI)
    .attribute('xmlns:wsdl', 'http://schemas.xmlsoap.org/wsdl/')
    .attribute('xmlns:soap', 'http://schemas.xmlsoap.org/wsdl/soap/')
    .attribute('xmlns:soap12', 'http://schemas.xmlsoap.org/wsdl/soap12/')
    .attribute('xmlns:wsam', 'http://www.w3.org/2007/05/addressing/metadata')
    .attribute('xmlns:s', 'http://www.w3.org/2001/XMLSchema')
    .attribute('xmlns:tns', TEMPURI)
  writeTypes(out, operations)
  for (const [name] of operations) {
    for (const direction of ['In', 'Out'] as const) {
      out.open('wsdl:message').attribute('name', `${name}Soap${direction}`)
      out
        .open('wsdl:part')
        .attribute('name', 'parameters')
        .attribute('element', `tns:${name}${direction === 'In' ? '' : 'Response'}`)
        .close()
        .close()
    }
  }
  out.open('wsdl:portType').attribute('name', `${NAME}Soap`)
  for (const [name] of operations) {
    out.open('wsdl:operation').attribute('name', name)
    out.open('wsdl:input').attribute('message', `tns:${name}SoapIn`)
    out.attribute('wsam:Action', `${TEMPURI}${name}`).close()
    out.open('wsdl:output').attribute('message', `tns:${name}SoapOut`)
    out.attribute('wsam:Action', answerActionOf(name)).close().close()
  }
  out.close()
  for (const [suffix, prefix] of BINDINGS) writeBinding(out, operations, suffix, prefix)
  out.open('wsdl:service').attribute('name', NAME)
  for (const [suffix, prefix] of BINDINGS) {
    out.open('wsdl:port').attribute('name', `${NAME}${suffix}`).attribute('binding', `tns:${NAME}${suffix}`)
    out.open(`${prefix}:address`).attribute('location', address).close().close()
  }
  return Buffer.concat(out.close().close().finish())
}

function writeTypes(out: XmlWriter, operations: ReadonlyMap<string, Action>): void {
  out
    .open('wsdl:types')
    .open('s:schema')
    .attribute('elementFormDefault', 'qualified')
    .attribute('targetNamespace', TEMPURI)
  for (const [name] of operations) {
    writeElement(out, name, PARAMETERS)
    writeElement(out, `${name}Response`, [`${name}Result`])
  }
  out.close().close()
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

function writeBinding(out: XmlWriter, operations: ReadonlyMap<string, Action>, suffix: string, prefix: string): void {
  out.open('wsdl:binding').attribute('name', `${NAME}${suffix}`).attribute('type', `tns:${NAME}Soap`)
  out.open(`${prefix}:binding`).attribute('transport', 'http://schemas.xmlsoap.org/soap/http').close()
  for (const [name] of operations) {
    out.open('wsdl:operation').attribute('name', name)
    out.open(`${prefix}:operation`).attribute('soapAction', `${TEMPURI}${name}`).attribute('style', 'document').close()
    for (const direction of ['wsdl:input', 'wsdl:output'])
      out.open(direction).open(`${prefix}:body`).attribute('use', 'literal').close().close()
    out.close()
  }
  out.close()
}
