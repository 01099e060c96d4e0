/** The elements of a submission in their order; what is missing is left out. */
const ELEMENTS = [
  'submissionId',
  'from',
  'direction',
  'documentType',
  'emergencyDegree',
  'identificationOfDocumentIssuer',
  'issuedNumberOfDocument',
  'documentTitle',
  'mainReceiverDepartment',
  'signatureOfDocumentIssuingAgency',
  'documentDate',
  'printingAndSendingDepartment',
  'printingDate',
  'unit',
  'name',
  'role',
  'mediaType',
] as const

/** Texts as they stood in the XML, escapes included. */
export type Fields = Readonly<Partial<Record<(typeof ELEMENTS)[number], string>>> & { readonly acceptedAt: string }

const CONTENT = '<content>'
const CONTENT_END = '</content>'
const ENVELOPE = '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
const ENVELOPE_END = '</soapenv:Body></soapenv:Envelope>'
const TAIL = `${CONTENT_END}</file></files></document></item></Deliver>${ENVELOPE_END}`

/** Looks for the elements one after the other, as they come; the file's base64 stays bytes. */
export function fieldsOf(body: Buffer): { readonly fields: Fields; readonly content: Buffer } {
  const start = body.indexOf(CONTENT) + CONTENT.length
  const head = body.toString('utf8', 0, start)
  const fields: Partial<Record<(typeof ELEMENTS)[number], string>> = {}
  let at = 0
  for (const element of ELEMENTS) {
    const found = head.indexOf(`<${element}>`, at)
    if (found < 0) continue
    const from = found + element.length + 2
    at = head.indexOf('</', from)
    fields[element] = head.slice(from, at)
  }
  return {
    fields: { ...fields, acceptedAt: new Date().toISOString() },
    content: body.subarray(start, body.indexOf(CONTENT_END, start)),
  }
}

/** The whole answer to a submission, its head included. */
export function submitAnswer(id: string, acceptedAt: string): string {
  const body =
    `${ENVELOPE}<SubmitResponse xmlns="urn:yizhan:oa:1"><messageId>${id}</messageId><repeated>false</repeated>` +
    `<acceptedAt>${acceptedAt}</acceptedAt></SubmitResponse>${ENVELOPE_END}`
  return `HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** The whole request that gives the document to its recipient, its head included. */
export function deliverRequest(url: URL, id: string, fields: Fields, content: Buffer): Buffer {
  const unit = fields.unit ?? ''
  const element = (name: (typeof ELEMENTS)[number]): string => {
    const text = fields[name]
    return text === undefined ? '' : `<${name}>${text}</${name}>`
  }
  const [own, file] = [ELEMENTS.slice(0, -4), ELEMENTS.slice(-3)]
  const beginning =
    `${ENVELOPE}<Deliver xmlns="urn:yizhan:oa:1"><item><id>${id}/${unit}</id><kind>document</kind>` +
    `<messageId>${id}</messageId><unit>${unit}</unit><role>to</role><acceptedAt>${fields.acceptedAt}</acceptedAt>` +
    `<document>${own.map(element).join('')}<to><unit>${unit}</unit></to><files><file>${file.map(element).join('')}${CONTENT}`
  const length = Buffer.byteLength(beginning) + content.length + TAIL.length
  const head =
    `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: text/xml; charset=utf-8\r\n` +
    `SOAPAction: "urn:yizhan:oa:1/Deliver"\r\nContent-Length: ${length}\r\n\r\n`
  const request = Buffer.allocUnsafe(head.length + length)
  let at = request.write(head, 0, 'latin1')
  at += request.write(beginning, at, 'utf8')
  at += content.copy(request, at)
  request.write(TAIL, at, 'latin1')
  return request
}
