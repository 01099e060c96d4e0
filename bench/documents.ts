import { randomBytes } from 'node:crypto'

/** Where the requests go, and as whom. */
export interface Destination {
  readonly port: number
  readonly path: string
  readonly account: string
  readonly password: string
}

/** The units of the bench's city. */
export const SENDER = { id: 'fawen', name: '市政府办公室' } as const
export const RECIPIENT = { id: 'shouwen', name: '市发展和改革委员会' } as const

/** Bytes of a file that differ from document to document; a multiple of three, so that base64 stays aligned. */
const UNIQUE_BYTES = 24
/** Numbers of one issuer and year go up to seven digits. */
const FIRST_SERIAL = 1_000_000

/** Every document of a bench gets its own number, whoever it is sent to. */
export class Serials {
  #next = FIRST_SERIAL

  take(count: number): number {
    const first = this.#next
    this.#next += count
    return first
  }
}

/**
 * Renders submissions of our own SOAP service: a notice with one file of so many bytes, each with a number, an id and
 * content of its own. Only what differs is rendered anew.
 *
 * @returns the nth request in pieces, head and body
 */
export function submissions(to: Destination, fileBytes: number, first: number): (n: number) => readonly Buffer[] {
  const rest = randomBytes(fileBytes - UNIQUE_BYTES).toString('base64')
  const tail = Buffer.from(`${rest}</content></file></files></document></Submit></soapenv:Body></soapenv:Envelope>`)
  const authorization = Buffer.from(`${to.account}:${to.password}`).toString('base64')
  const length = Buffer.byteLength(beginning(first, '0'.repeat((UNIQUE_BYTES / 3) * 4))) + tail.length
  const head =
    `POST ${to.path} HTTP/1.1\r\nHost: 127.0.0.1:${to.port}\r\nAuthorization: Basic ${authorization}\r\n` +
    `Content-Type: text/xml; charset=utf-8\r\nSOAPAction: "urn:yizhan:oa:1/Submit"\r\nContent-Length: ${length}\r\n\r\n`
  return (n) => {
    const unique = Buffer.alloc(UNIQUE_BYTES)
    unique.writeUInt32BE(first + n, 0)
    return [Buffer.from(head + beginning(first + n, unique.toString('base64'))), tail]
  }
}

function beginning(serial: number, unique: string): string {
  return (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
    `<Submit xmlns="urn:yizhan:oa:1"><document><submissionId>bench-${serial}</submissionId>` +
    `<from>${SENDER.id}</from><direction>issue</direction><documentType>通知</documentType>` +
    '<emergencyDegree>普通</emergencyDegree><identificationOfDocumentIssuer>市人民政府办公室文件</identificationOfDocumentIssuer>' +
    `<issuedNumberOfDocument>周政办〔2011〕${serial}号</issuedNumberOfDocument>` +
    '<documentTitle>关于做好二〇一一年度公文网上运行有关工作的通知</documentTitle>' +
    `<mainReceiverDepartment>${RECIPIENT.name}</mainReceiverDepartment>` +
    '<signatureOfDocumentIssuingAgency>市人民政府办公室</signatureOfDocumentIssuingAgency>' +
    '<documentDate>2011-05-20</documentDate><printingAndSendingDepartment>市人民政府办公室</printingAndSendingDepartment>' +
    `<printingDate>2011-05-20</printingDate><to><unit>${RECIPIENT.id}</unit></to>` +
    '<files><file><name>关于做好公文网上运行工作的通知.pdf</name><role>main</role><mediaType>application/pdf</mediaType>' +
    `<content>${unique}`
  )
}
