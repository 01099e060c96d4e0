import { randomBytes } from 'node:crypto'

/** Where the requests go, and as whom. */
export interface Destination {
  readonly port: number
  readonly path: string
  readonly account: string
  readonly password: string
  /** units that each document goes to; one unless told */
  readonly recipients?: number
}

/** The units of the bench's city. */
export const SENDER = { id: 'fawen', name: '市政府办公室' } as const
/** The first takes all documents that do not say otherwise. */
export const recipient = (n: number): { readonly id: string; readonly name: string } =>
  n === 0 ? { id: 'shouwen', name: '市发展和改革委员会' } : { id: `shouwen-${n}`, name: `第${n}收文单位` }

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

/** The sender's id of the document with this number. */
export const submissionId = (serial: number): string => `bench-${serial}`

/** The business number of the document with this serial. */
export const numberOf = (serial: number): string => `周政办〔2011〕${serial}号`

/** What stands above a submission, its length apart. */
export function submissionHeaders(to: Destination): Readonly<Record<string, string>> {
  return {
    Host: `127.0.0.1:${to.port}`,
    Authorization: `Basic ${Buffer.from(`${to.account}:${to.password}`).toString('base64')}`,
    'Content-Type': 'text/xml; charset=utf-8',
    SOAPAction: '"urn:yizhan:oa:1/Submit"',
  }
}

/**
 * Renders submissions of our own SOAP service: a notice with one file of so many bytes, each with a number, an id and
 * content of its own. Only what differs is rendered anew.
 *
 * @returns the body of the nth in two pieces, the second the same for all
 */
export function submissionBodies(
  to: Destination,
  fileBytes: number,
  first: number,
): (n: number) => readonly [beginning: Buffer, rest: Buffer] {
  const rest = randomBytes(fileBytes - UNIQUE_BYTES).toString('base64')
  const tail = Buffer.from(`${rest}</content></file></files></document></Submit></soapenv:Body></soapenv:Envelope>`)
  return (n) => {
    const unique = Buffer.alloc(UNIQUE_BYTES)
    unique.writeUInt32BE(first + n, 0)
    return [Buffer.from(beginning(to, first + n, unique.toString('base64'))), tail]
  }
}

/** The same as whole requests. @returns the nth in pieces, head and body */
export function submissions(to: Destination, fileBytes: number, first: number): (n: number) => readonly Buffer[] {
  const bodies = submissionBodies(to, fileBytes, first)
  const headers = Object.entries(submissionHeaders(to)).map(([name, value]) => `${name}: ${value}\r\n`)
  return (n) => {
    const [begun, rest] = bodies(n)
    const length = begun.length + rest.length
    const head = `POST ${to.path} HTTP/1.1\r\n${headers.join('')}Content-Length: ${length}\r\n\r\n`
    return [Buffer.concat([Buffer.from(head), begun]), rest]
  }
}

function beginning({ recipients = 1 }: Destination, serial: number, unique: string): string {
  const units = Array.from({ length: recipients }, (_, n) => `<unit>${recipient(n).id}</unit>`).join('')
  return (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
    `<Submit xmlns="urn:yizhan:oa:1"><document><submissionId>${submissionId(serial)}</submissionId>` +
    `<from>${SENDER.id}</from><direction>issue</direction><documentType>通知</documentType>` +
    '<emergencyDegree>普通</emergencyDegree><identificationOfDocumentIssuer>市人民政府办公室文件</identificationOfDocumentIssuer>' +
    `<issuedNumberOfDocument>${numberOf(serial)}</issuedNumberOfDocument>` +
    '<documentTitle>关于做好二〇一一年度公文网上运行有关工作的通知</documentTitle>' +
    `<mainReceiverDepartment>${recipient(0).name}</mainReceiverDepartment>` +
    '<signatureOfDocumentIssuingAgency>市人民政府办公室</signatureOfDocumentIssuingAgency>' +
    '<documentDate>2011-05-20</documentDate><printingAndSendingDepartment>市人民政府办公室</printingAndSendingDepartment>' +
    `<printingDate>2011-05-20</printingDate><to>${units}</to>` +
    '<files><file><name>关于做好公文网上运行工作的通知.pdf</name><role>main</role><mediaType>application/pdf</mediaType>' +
    `<content>${unique}`
  )
}
