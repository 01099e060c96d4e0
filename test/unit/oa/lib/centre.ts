import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import iconv from 'iconv-lite'

/** A row of the centre's list of documents to receive. */
export interface Waiting {
  readonly queueId: string
  readonly docguid: string
  readonly title: string
  readonly serial?: string
  readonly to?: string
  readonly files?: readonly { readonly name: string; readonly href: string }[]
  readonly more?: string
}

const unescape = (xml: string): string =>
  xml
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&')
const escape = (xml: string): string => xml.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const NS = 'xmlns="http://www.trueway.com.cn/docxg/object"'

/** A 中威 exchange centre of own bytes, to poll. Answers are in GBK, as some are. */
export class FakeCentre {
  waiting: Waiting[] = []
  untread: { readonly id: string; readonly docguid: string; readonly remark: string; readonly department: string }[] =
    []
  /** DOCGUID → state */
  readonly states = new Map<string, string>()
  /** operations that fail with a fault */
  readonly broken = new Set<string>()
  /** ids that it will not take off its lists, and GUIDs of which it says nothing sensible */
  readonly stubborn = new Set<string>()
  readonly calls: { readonly operation: string; readonly args: readonly string[] }[] = []
  readonly files = new Map<string, Buffer>()
  readonly downloads: string[] = []
  url = ''
  readonly #server: Server = createServer((request, response) => this.#serve(request, response))

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
  }

  called(operation: string): readonly (readonly string[])[] {
    return this.calls.filter((call) => call.operation === operation).map((call) => call.args)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') {
      this.downloads.push(request.url ?? '')
      const bytes = this.files.get(request.url ?? '')
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const operation = /<(?:\w+:)?(\w+)[^>]*>(?:<arg0>|<(?:\w+:)?arg0)/.exec(body)?.[1] ?? ''
      const args = [...body.matchAll(/<arg\d>([^<]*)<\/arg\d>/g)].map((match) => unescape(match[1] ?? ''))
      this.calls.push({ operation, args: args.slice(1) })
      const failed = this.broken.has(operation)
      const content = failed
        ? '<s:Fault><faultcode>s:Server</faultcode><faultstring>坏了</faultstring></s:Fault>'
        : `<r:${operation}Response xmlns:r="urn:x"><return>${escape(this.#answer(operation, args.slice(1)))}</return></r:${operation}Response>`
      response.writeHead(failed ? 500 : 200, { 'content-type': 'text/xml; charset=GBK' })
      response.end(
        iconv.encode(
          `<?xml version="1.0" encoding="GBK"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${content}</s:Body></s:Envelope>`,
          'gbk',
        ),
      )
    })
  }

  #answer(operation: string, [first = '']: readonly string[]): string {
    if (this.stubborn.has(first)) return '<FAILEDINFO>不行</FAILEDINFO>'
    switch (operation) {
      case 'getToBeRecevicedList':
        return `<?xml version="1.0" encoding="gb2313"?><DOCSUMMARYS ${NS}>${this.waiting.map(summary).join('')}</DOCSUMMARYS>`
      case 'updateDocForReceive':
        this.waiting = this.waiting.filter((row) => row.queueId !== first)
        return 'true'
      case 'toSaveUntreadDoc':
        return '<SUCCESSINFO>退文成功</SUCCESSINFO>'
      case 'getUntreadToBeRecevicedList':
        return `<UNTREADDOCS ${NS}>${this.untread.map((row) => `<UNTREADDOC><ID>${row.id}</ID><DOCGUID>${row.docguid}</DOCGUID><REMARK>${row.remark}</REMARK><DEPART_GUID>${row.department}</DEPART_GUID></UNTREADDOC>`).join('')}</UNTREADDOCS>`
      case 'updateUntreadDoc':
        this.untread = this.untread.filter((row) => row.id !== first)
        return 'true'
      case 'getDocStatusByDocguid': {
        const state = this.states.get(first)
        return state === undefined
          ? '<FAILEDINFO><![CDATA[没有此件]]></FAILEDINFO>'
          : `<DOCSTATUSINFOS><DOCSTATUSINFO><XTO>D-04</XTO><STATUS>${state}</STATUS></DOCSTATUSINFO></DOCSTATUSINFOS>`
      }
      default:
        return '<FAILEDINFO>没有此操作</FAILEDINFO>'
    }
  }
}

function summary({
  queueId,
  docguid,
  title,
  serial = '7',
  to = '市政府办公室;',
  files = [],
  more = '',
}: Waiting): string {
  const atts = files
    .map((file) => `<ATT><NAME>${file.name}</NAME><TYPE>DOC</TYPE><URL>${file.href}</URL><FILESIZE>1</FILESIZE></ATT>`)
    .join('')
  return `<DOCSUMMARY><ID>${queueId}</ID><DOCGUID>${docguid}</DOCGUID><WENHAO JGDZ="周卫" FWNH="2011" FWXH="${serial}"/><CEBID/><TITLE>${title}</TITLE><KEYWORD/><TYPE>报告</TYPE><PRIORITY>特急</PRIORITY><TODEPIDS>GATEWAY;</TODEPIDS><TODEPNAMES>${to}</TODEPNAMES><CCDEPIDS/><CCDEPNAMES/><SENDERID>D-04</SENDERID><SENDERNAME>市卫生局</SENDERNAME><SENDERTIME>2011-05-06 08:09:10</SENDERTIME><YFDATE>null</YFDATE><YFSUM>0</YFSUM>${more}<ATTS>${atts}</ATTS><ATTEXTS/></DOCSUMMARY>`
}
