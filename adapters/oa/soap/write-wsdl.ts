import type { XmlWriter } from '../../../core/mapping/xml/write.ts'
import type { SoapVersion } from './version.ts'

/** A service as its WSDL (1.1) tells of it: document/literal, wrapped. */
export interface ServiceDescription {
  /** of the service; its port type, bindings and ports begin with it */
  readonly name: string
  readonly namespace: string
  readonly versions: readonly SoapVersion[]
  readonly address: string
  readonly operations: readonly DescribedOperation[]
  /** the element of a fault's detail, where it is described, and the action of faults */
  readonly fault?: { readonly element: string; readonly action: string } | undefined
  /** writes the elements of the schema that stands in it */
  readonly types: (out: XmlWriter) => void
}

export interface DescribedOperation {
  readonly name: string
  /** the answer's element */
  readonly answer: string
  /** `SOAPAction`, and WS-Addressing's action of the request */
  readonly action: string
  readonly answerAction: string
}

/** The two bindings that ASP.NET writes: suffix of their names, and prefix of the binding elements. */
const BINDINGS = { '1.1': ['Soap', 'soap'], '1.2': ['Soap12', 'soap12'] } as const

/** Writes it as ASP.NET would: a binding and a port for each version. */
export function writeWsdl(out: XmlWriter, service: ServiceDescription): Buffer {
  const { name, namespace, versions } = service
  out
    .open('wsdl:definitions')
    .attribute('targetNamespace', namespace)
    .attribute('xmlns:wsdl', 'http://schemas.xmlsoap.org/wsdl/')
    .attribute('xmlns:soap', 'http://schemas.xmlsoap.org/wsdl/soap/')
    .attribute('xmlns:soap12', 'http://schemas.xmlsoap.org/wsdl/soap12/')
    .attribute('xmlns:wsam', 'http://www.w3.org/2007/05/addressing/metadata')
    .attribute('xmlns:s', 'http://www.w3.org/2001/XMLSchema')
    .attribute('xmlns:tns', namespace)
  out
    .open('wsdl:types')
    .open('s:schema')
    .attribute('elementFormDefault', 'qualified')
    .attribute('targetNamespace', namespace)
  service.types(out)
  out.close().close()
  writeMessages(out, service)
  writePortType(out, service)
  for (const version of versions) writeBinding(out, service, version)
  out.open('wsdl:service').attribute('name', name)
  for (const version of versions) {
    const [suffix, prefix] = BINDINGS[version]
    out.open('wsdl:port').attribute('name', `${name}${suffix}`).attribute('binding', `tns:${name}${suffix}`)
    out.open(`${prefix}:address`).attribute('location', service.address).close().close()
  }
  return Buffer.concat(out.close().close().finish())
}

function writeMessages(out: XmlWriter, { name, operations, fault }: ServiceDescription): void {
  const message = (of: string, part: string, element: string): void => {
    out.open('wsdl:message').attribute('name', of)
    out.open('wsdl:part').attribute('name', part).attribute('element', `tns:${element}`).close().close()
  }
  for (const operation of operations) {
    message(`${operation.name}SoapIn`, 'parameters', operation.name)
    message(`${operation.name}SoapOut`, 'parameters', operation.answer)
  }
  if (fault !== undefined) message(`${name}Refusal`, 'detail', fault.element)
}

function writePortType(out: XmlWriter, { name, operations, fault }: ServiceDescription): void {
  out.open('wsdl:portType').attribute('name', `${name}Soap`)
  for (const operation of operations) {
    out.open('wsdl:operation').attribute('name', operation.name)
    out.open('wsdl:input').attribute('message', `tns:${operation.name}SoapIn`)
    out.attribute('wsam:Action', operation.action).close()
    out.open('wsdl:output').attribute('message', `tns:${operation.name}SoapOut`)
    out.attribute('wsam:Action', operation.answerAction).close()
    if (fault !== undefined) {
      out.open('wsdl:fault').attribute('name', 'Refusal').attribute('message', `tns:${name}Refusal`)
      out.attribute('wsam:Action', fault.action).close()
    }
    out.close()
  }
  out.close()
}

function writeBinding(out: XmlWriter, { name, operations, fault }: ServiceDescription, version: SoapVersion): void {
  const [suffix, prefix] = BINDINGS[version]
  out.open('wsdl:binding').attribute('name', `${name}${suffix}`).attribute('type', `tns:${name}Soap`)
  out.open(`${prefix}:binding`).attribute('transport', 'http://schemas.xmlsoap.org/soap/http').close()
  for (const operation of operations) {
    out.open('wsdl:operation').attribute('name', operation.name)
    out.open(`${prefix}:operation`).attribute('soapAction', operation.action).attribute('style', 'document').close()
    for (const direction of ['wsdl:input', 'wsdl:output'])
      out.open(direction).open(`${prefix}:body`).attribute('use', 'literal').close().close()
    if (fault !== undefined) {
      out.open('wsdl:fault').attribute('name', 'Refusal')
      out.open(`${prefix}:fault`).attribute('name', 'Refusal').attribute('use', 'literal').close().close()
    }
    out.close()
  }
  out.close()
}
