/**
 * One operation of the exchange centre: all parameters are strings or ints named arg0, arg1, …; the answer is a text.
 */
export interface CentreOperation {
  readonly name: string
  readonly args: readonly ('string' | 'int')[]
}

/** The centre's services as its Java (JAX-WS, CXF) would publish them, misspellings included. */
export const SERVICES: Readonly<
  Record<string, { readonly namespace: string; readonly operations: readonly CentreOperation[] }>
> = {
  DepartmentService: {
    namespace: 'http://service.department.docxg.webservice.ppsoho.cn/',
    operations: [{ name: 'listAllByXML', args: ['string'] }],
  },
  ToBeReceivedService: {
    namespace: 'http://service.receive.docxg.webservice.ppsoho.cn/',
    operations: [
      { name: 'getToBeRecevicedList', args: ['string'] },
      { name: 'updateDocForReceive', args: ['string', 'string'] },
    ],
  },
  SendService: {
    namespace: 'http://service.send.docxg.webservice.ppsoho.cn/',
    operations: [
      { name: 'saveDoc', args: ['string', 'string'] },
      { name: 'getDocStatusByDocguid', args: ['string', 'string'] },
    ],
  },
  UntreadService: {
    namespace: 'http://service.untread.docxg.webservice.ppsoho.cn/',
    operations: [
      { name: 'toSaveUntreadDoc', args: ['string', 'string', 'string', 'string'] },
      { name: 'getUntreadToBeRecevicedList', args: ['string', 'int', 'int', 'int'] },
      { name: 'updateUntreadDoc', args: ['string', 'string'] },
    ],
  },
  statistics: {
    namespace: 'http://service.statistics.docxg.webservice.ppsoho.cn/',
    operations: [{ name: 'getDocInfo', args: ['string', 'string', 'string', 'string'] }],
  },
}

/** The WSDL 1.1 of one of them, document/literal wrapped. */
export function centreWsdl(service: string, address: string): string {
  const description = SERVICES[service]
  if (description === undefined) throw new Error(`no such service: ${service}`)
  const { namespace, operations } = description
  const element = (name: string, parts: readonly (readonly [string, string])[]): string =>
    `<xs:element name="${name}"><xs:complexType><xs:sequence>${parts.map(([part, type]) => `<xs:element minOccurs="0" name="${part}" type="xs:${type}"/>`).join('')}</xs:sequence></xs:complexType></xs:element>`
  const both = (make: (name: string) => string): string =>
    operations.flatMap(({ name }) => [make(name), make(`${name}Response`)]).join('')
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<wsdl:definitions name="${service}" targetNamespace="${namespace}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="${namespace}" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema">`,
    `<wsdl:types><xs:schema elementFormDefault="unqualified" targetNamespace="${namespace}">`,
    ...operations.flatMap(({ name, args }) => [
      element(
        name,
        args.map((type, n) => [`arg${n}`, type]),
      ),
      element(`${name}Response`, [['return', 'string']]),
    ]),
    `</xs:schema></wsdl:types>`,
    both((name) => `<wsdl:message name="${name}"><wsdl:part element="tns:${name}" name="parameters"/></wsdl:message>`),
    `<wsdl:portType name="${service}">`,
    ...operations.map(
      ({ name }) =>
        `<wsdl:operation name="${name}"><wsdl:input message="tns:${name}"/><wsdl:output message="tns:${name}Response"/></wsdl:operation>`,
    ),
    `</wsdl:portType><wsdl:binding name="${service}SoapBinding" type="tns:${service}"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>`,
    ...operations.map(
      ({ name }) =>
        `<wsdl:operation name="${name}"><soap:operation soapAction="" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>`,
    ),
    `</wsdl:binding><wsdl:service name="${service}"><wsdl:port binding="tns:${service}SoapBinding" name="${service}Port"><soap:address location="${address}"/></wsdl:port></wsdl:service></wsdl:definitions>`,
  ].join('\n')
}
