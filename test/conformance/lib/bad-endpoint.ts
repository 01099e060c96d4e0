import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { TLSSocket } from 'node:tls'
import { join } from 'node:path'
import { listen } from '../../../sandbox/net/ports.ts'

/** How an endpoint speaks: bytes of its own, no codec of ours. */
export interface Speech {
  readonly path: string
  /** the id of what is sent; undefined where the request only asks */
  idOf(request: IncomingMessage, body: string): string | undefined
  /** answers what neither sends nor asks, such as for a token: always well */
  free?(request: IncomingMessage, response: ServerResponse): boolean
  /** a good answer to what was taken */
  took(id: string, response: ServerResponse): void
  /** an honest answer to the question */
  state(request: IncomingMessage, body: string, taken: readonly string[], response: ServerResponse): void
  /** an error in the protocol's own form */
  fault(response: ServerResponse): void
  /** an answer of the wrong version or form, otherwise good */
  strange(response: ServerResponse): void
}

type Answer = (response: ServerResponse, speech: Speech) => void

const page = '<!DOCTYPE html><html><body><form action="/login">请登录</form></body></html>'
const html = (status: number, headers: Record<string, string> = {}): Answer => {
  return (response) => void response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(page)
}
/** bytes as they are, and then the connection ends */
const raw =
  (text: string): Answer =>
  (response) =>
    void response.socket?.end(text)

/** What an endpoint may do wrong after it has taken what it was sent. */
export const BAD_WAYS = {
  'answers 500': html(500),
  'answers a fault': (response, speech) => speech.fault(response),
  'closes without an answer': (response) => void response.socket?.end(),
  'resets the connection': ({ socket }) => {
    if (socket instanceof TLSSocket) socket.destroy()
    else socket?.resetAndDestroy()
  },
  'never answers': () => undefined,
  'answers 502 with Retry-After in seconds': html(502, { 'retry-after': '1' }),
  'answers 503 with Retry-After as a date': (response, speech) =>
    html(503, { 'retry-after': new Date(Date.now() + 1_000).toUTCString() })(response, speech),
  'answers 504': html(504),
  'answers 200 and nonsense': (response) =>
    void response.writeHead(200, { 'content-type': 'text/plain' }).end('系统繁忙'),
  'answers 200 and a page': html(200),
  'answers 200 and nothing': (response) => void response.writeHead(200, { 'content-type': 'text/xml' }).end(),
  'cuts a chunk': raw('HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ntransfer-encoding: chunked\r\n\r\n40\r\n<Envelope'),
  'announces more than it sends': raw('HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 900\r\n\r\n<Env'),
  'announces less than it sends': raw(`HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 5\r\n\r\n${page}`),
  'redirects to a page': html(302, { location: '/login' }),
  'redirects with 307': html(307, { location: '/elsewhere' }),
  'trickles for ever': (response) => {
    response.writeHead(200, { 'content-type': 'text/xml' })
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  },
  'answers in another version': (response, speech) => speech.strange(response),
  'answers without end': (response) => {
    response.writeHead(200, { 'content-type': 'text/xml' })
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  },
  'speaks no HTTP': raw('220 smtp.example ESMTP\r\n'),
} as const satisfies Record<string, Answer>
export type BadWay = keyof typeof BAD_WAYS

/** An endpoint that takes everything and then does something wrong. */
export interface BadEndpoint {
  readonly url: string
  /** ids of what it took, every time it took it */
  readonly taken: string[]
  questions: number
  /** how sends are answered; undefined: well */
  way: BadWay | undefined
  /** how questions are answered; undefined: honestly */
  questionWay: BadWay | undefined
  close(): Promise<void>
}

export async function badEndpoint(speech: Speech, tls = false): Promise<BadEndpoint> {
  const server: Server = tls ? createTls(certificate()) : createServer()
  const endpoint = {
    url: '',
    taken: [] as string[],
    questions: 0,
    way: undefined as BadWay | undefined,
    questionWay: undefined as BadWay | undefined,
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      if (speech.free?.(request, response) === true) return
      const id = speech.idOf(request, body)
      if (id === undefined) {
        endpoint.questions++
        if (endpoint.questionWay === undefined) speech.state(request, body, endpoint.taken, response)
        else BAD_WAYS[endpoint.questionWay](response, speech)
        return
      }
      endpoint.taken.push(id)
      if (endpoint.way === undefined) speech.took(id, response)
      else BAD_WAYS[endpoint.way](response, speech)
    })
  })
  endpoint.url = `${tls ? 'https' : 'http'}://127.0.0.1:${await listen(server, 0)}${speech.path}`
  return Object.assign(endpoint, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

let made: { readonly key: Buffer; readonly cert: Buffer } | undefined

/** A certificate of its own, by openssl. */
export function certificate(): { readonly key: Buffer; readonly cert: Buffer } {
  if (made !== undefined) return made
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-cert-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  })
  made = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(folder, { recursive: true })
  return made
}

const soap = (body: string, uri = 'http://schemas.xmlsoap.org/soap/envelope/'): string =>
  `<s:Envelope xmlns:s="${uri}"><s:Body>${body}</s:Body></s:Envelope>`
const unescape = (xml: string): string =>
  xml
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
const escape = (xml: string): string => xml.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const within = (xml: string, element: string): string =>
  new RegExp(`<(?:[\\w.-]+:)?${element}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1] ?? ''
const xml = (response: ServerResponse, status: number, text: string): void =>
  void response.writeHead(status, { 'content-type': 'text/xml; charset=utf-8' }).end(text)
const json = (response: ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const soapFaults = {
  fault: (response: ServerResponse) =>
    xml(response, 500, soap('<s:Fault><faultcode>s:Server</faultcode><faultstring>写库失败</faultstring></s:Fault>')),
  strange: (response: ServerResponse) =>
    xml(response, 200, soap('<DeliverResponse xmlns="urn:yizhan:oa:1"/>', 'urn:example:soap:0.9')),
}
const returned = (operation: string, content: string): string =>
  soap(
    `<ns2:${operation}Response xmlns:ns2="http://service.send.docxg.webservice.ppsoho.cn/"><return>${escape(content)}</return></ns2:${operation}Response>`,
  )

export const SPEECHES: Readonly<Record<'yizhan' | 'docxg' | 'portal' | 'rest', Speech>> = {
  yizhan: {
    ...soapFaults,
    path: '/oa/inbox',
    idOf: (_, body) => (body.includes('<Deliver ') ? within(body, 'id') : undefined),
    took: (id, response) =>
      xml(
        response,
        200,
        soap(`<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>收-${id}</messageId></DeliverResponse>`),
      ),
    state: (_, body, taken, response) =>
      xml(
        response,
        200,
        soap(
          `<DeliveryStatusResponse xmlns="urn:yizhan:oa:1"><taken>${taken.includes(within(body, 'id'))}</taken></DeliveryStatusResponse>`,
        ),
      ),
  },
  docxg: {
    ...soapFaults,
    path: '/docxg/services',
    idOf: (_, body) => (body.includes('saveDoc') ? within(unescape(within(body, 'arg1')), 'DOCGUID') : undefined),
    took: (id, response) =>
      xml(response, 200, returned('saveDoc', `<SUCCESSINFO>发送成功，公文标识：${id}</SUCCESSINFO>`)),
    state: (_, body, taken, response) =>
      xml(
        response,
        200,
        returned(
          'getDocStatusByDocguid',
          taken.includes(within(body, 'arg1'))
            ? '<DOCSTATUSINFOS><DOCSTATUSINFO><XTO>D-04</XTO><STATUS>未接收</STATUS></DOCSTATUSINFO></DOCSTATUSINFOS>'
            : '<FAILEDINFO>没有此件</FAILEDINFO>',
        ),
      ),
  },
  rest: {
    path: '/api',
    idOf: ({ method }, body) => (method === 'POST' ? (JSON.parse(body) as { id: string }).id : undefined),
    free: ({ url }, response) => {
      if (url !== '/api/token') return false
      json(response, 200, { access_token: 't', token_type: 'Bearer', expires_in: 3600 })
      return true
    },
    took: (id, response) => json(response, 201, { messageId: `收-${id}` }),
    state: ({ url }, _, taken, response) => {
      const known = taken.includes(decodeURIComponent((url ?? '').slice('/api/items/'.length)))
      json(response, known ? 200 : 404, { taken: known })
    },
    fault: (response) => json(response, 500, { title: '写库失败' }),
    strange: (response) => json(response, 200, ['第二版']),
  },
  portal: {
    path: '/take',
    idOf: ({ method }, body) => (method === 'POST' ? (JSON.parse(body) as { delivery: string }).delivery : undefined),
    took: (id, response) => json(response, 200, { id: `门户-${id}` }),
    state: ({ url }, _, taken, response) => {
      const known = taken.includes(decodeURIComponent((url ?? '').slice('/take/'.length)))
      json(response, known ? 200 : 404, { taken: known })
    },
    fault: (response) => json(response, 500, { title: '写库失败' }),
    strange: (response) => json(response, 200, ['第二版']),
  },
}
