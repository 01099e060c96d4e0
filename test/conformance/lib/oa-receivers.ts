import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import iconv from 'iconv-lite'
import { listen } from '../../../sandbox/net/ports.ts'

/**
 * What a legacy system does with the next send:
 * ok takes it; refuse says no to the message; fault fails for now; locked refuses our password; busy is a proxy's 503,
 * lost its 504; hang takes it and never answers; deaf never answers and takes nothing; reset takes it and breaks the
 * connection off; garbage answers with a page, odd takes it and answers what its WSDL does not allow.
 */
export type Mood =
  'ok' | 'refuse' | 'fault' | 'locked' | 'busy' | 'lost' | 'hang' | 'deaf' | 'reset' | 'garbage' | 'odd'

/** A legacy system in miniature, of its own bytes: no codec of ours. */
export interface Receiver {
  readonly url: string
  mood: Mood
  /** bodies of its answers are in GBK */
  gbk: boolean
  /** ids of what it took, every time it took it */
  readonly taken: string[]
  /** bodies of the requests, as text */
  readonly requests: string[]
  readonly headers: IncomingMessage['headers'][]
  close(): Promise<void>
}

interface Protocol {
  readonly path: string
  /** the id of what is sent, undefined where the request only asks */
  idOf(request: string): string | undefined
  /** bodies of answers */
  readonly took: (id: string) => string
  readonly state: (request: string, taken: readonly string[]) => string
  /** an answer that breaks the protocol's rules */
  readonly odd: string
  readonly refusal: { readonly status: number; readonly body: string }
}

const soap = (body: string): string =>
  `<?xml version="1.0" encoding="{{charset}}"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
const fault = (code: string, text: string): string =>
  soap(`<s:Fault><faultcode>s:${code}</faultcode><faultstring>${text}</faultstring></s:Fault>`)
const text = (request: string, element: string): string =>
  new RegExp(`<(?:[\\w.-]+:)?${element}(?:\\s[^>]*)?>([^<]*)<`).exec(request)?.[1] ?? ''

/** An OA with an inbox service of our own dialect. */
const inbox: Protocol = {
  path: '/oa/inbox',
  idOf: (request) => (request.includes('<Deliver ') ? text(request, 'id') : undefined),
  took: (id) => soap(`<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>收文-${id}</messageId></DeliverResponse>`),
  state: (request, taken) => {
    const known = taken.includes(text(request, 'id'))
    return soap(
      `<DeliveryStatusResponse xmlns="urn:yizhan:oa:1"><taken>${known ? '1' : 'false'}</taken>${known ? `<messageId>收文-${text(request, 'id')}</messageId>` : ''}</DeliveryStatusResponse>`,
    )
  },
  odd: soap(`<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>${'x'.repeat(400)}</messageId></DeliverResponse>`),
  refusal: { status: 500, body: fault('Client', '单位已撤销') },
}

const unescape = (xml: string): string =>
  xml
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
const escape = (xml: string): string => xml.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const answer = (operation: string, content: string): string =>
  soap(
    `<ns2:${operation}Response xmlns:ns2="http://service.send.docxg.webservice.ppsoho.cn/"><return>${escape(content)}</return></ns2:${operation}Response>`,
  )

/** A 中威 exchange centre; answers as its Java does. */
const centre: Protocol = {
  path: '/docxg/services/SendService',
  idOf: (request) => (request.includes('saveDoc') ? text(unescape(text(request, 'arg1')), 'DOCGUID') : undefined),
  took: (id) => answer('saveDoc', `<SUCCESSINFO><![CDATA[发送成功，公文标识：${id}]]></SUCCESSINFO>`),
  state: (request, taken) =>
    answer(
      'getDocStatusByDocguid',
      taken.includes(text(request, 'arg1'))
        ? '<DOCSTATUSINFOS><DOCSTATUSINFO><XTO>D-04</XTO><STATUS>未接收</STATUS></DOCSTATUSINFO></DOCSTATUSINFOS>'
        : '<FAILEDINFO><![CDATA[没有此件]]></FAILEDINFO>',
    ),
  odd: answer('saveDoc', '<RESULT>未知</RESULT>'),
  refusal: { status: 200, body: answer('saveDoc', '<FAILEDINFO><![CDATA[单位已撤销]]></FAILEDINFO>') },
}

export const PROTOCOLS = { yizhan: inbox, docxg: centre } as const

export async function startReceiver(protocol: Protocol): Promise<Receiver> {
  const server = createServer()
  const receiver = {
    url: '',
    mood: 'ok' as Mood,
    gbk: false,
    taken: [] as string[],
    requests: [] as string[],
    headers: [] as IncomingMessage['headers'][],
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      receiver.requests.push(body)
      receiver.headers.push(request.headers)
      const send = (status: number, content: string): void => {
        const charset = receiver.gbk ? 'gbk' : 'utf-8'
        response
          .writeHead(status, { 'content-type': `text/xml; charset=${charset}` })
          .end(iconv.encode(content.replace('{{charset}}', charset), charset))
      }
      const id = protocol.idOf(body)
      if (id === undefined) send(200, protocol.state(body, receiver.taken))
      else react(receiver, protocol, id, send, response)
    })
  })
  // Nobody may take the port when it is given back.
  receiver.url = `http://127.0.0.1:${await listen(server, 0)}${protocol === centre ? '/docxg/services' : protocol.path}`
  return Object.assign(receiver, { close: () => stop(server) })
}

function react(
  receiver: Pick<Receiver, 'mood' | 'taken'>,
  protocol: Protocol,
  id: string,
  send: (status: number, content: string) => void,
  response: ServerResponse,
): void {
  switch (receiver.mood) {
    case 'ok':
      receiver.taken.push(id)
      return send(200, protocol.took(id))
    case 'refuse':
      return send(protocol.refusal.status, protocol.refusal.body)
    case 'fault':
      return send(500, fault('Server', '数据库连接失败'))
    case 'locked':
      return send(401, '')
    case 'busy':
      return send(503, '<html>Service Unavailable</html>')
    case 'lost':
      return send(504, '<html>Gateway Timeout</html>')
    case 'garbage':
      return send(200, '<html><body>登录</body></html>')
    case 'odd':
      receiver.taken.push(id)
      send(200, protocol.odd)
      return
    case 'hang':
      receiver.taken.push(id)
      return
    case 'deaf':
      return
    case 'reset':
      receiver.taken.push(id)
      response.destroy()
  }
}

async function stop(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}
