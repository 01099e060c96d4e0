import { Builder, parseStringPromise } from 'xml2js'
import { child, list, text, type Node } from '../node.ts'
import type { Queued, Untread, Saved, CentreDocument } from './state.ts'
import { shanghaiTime } from '../../../core/util/shanghai.ts'

const NAMESPACE = 'http://www.trueway.com.cn/docxg/object'
const STATUS_WORDS = ['未接收', '已接收', '已阅读'] as const

/** A DOCSUMMARY that the station put in with saveDoc. */
export interface Summary {
  readonly docguid: string
  readonly number: string
  readonly title: string
  readonly type: string
  readonly priority: string
  readonly keyword: string
  readonly senderId: string
  readonly senderName: string
  readonly signer: string
  /** department codes, 主送 and 抄送 together */
  readonly codes: readonly string[]
  readonly files: readonly { readonly name: string; readonly role: 'main' | 'annex'; readonly url: string }[]
}

/** Reads saveDoc's parameter with xml2js, as an integrator's Node program would. */
export async function readSummaries(xml: string): Promise<Summary[]> {
  const parsed = (await parseStringPromise(xml, {
    explicitArray: false,
    tagNameProcessors: [(name: string) => name.replace(/^.*:/, '')],
    xmlns: false,
  })) as Node
  return list(child(parsed, 'DOCSUMMARYS'), 'DOCSUMMARY').map((node) => {
    const wenhao = child(child(node, 'WENHAO'), '$')
    const [code, year, serial] = [text(wenhao, 'JGDZ'), text(wenhao, 'FWNH'), text(wenhao, 'FWXH')]
    const ids = (name: string): string[] =>
      text(node, name)
        .split(/[;,；，]/)
        .map((id) => id.trim())
        .filter((id) => id !== '')
    const files = (outer: string, inner: string, role: 'main' | 'annex'): Summary['files'] =>
      list(child(node, outer), inner).map((file) => ({ name: text(file, 'NAME'), role, url: text(file, 'URL') }))
    return {
      docguid: text(node, 'DOCGUID'),
      number: code === '' ? '' : `${code}〔${year}〕${serial}号`,
      title: text(node, 'TITLE'),
      type: text(node, 'TYPE'),
      priority: text(node, 'PRIORITY'),
      keyword: text(node, 'KEYWORD'),
      senderId: text(node, 'SENDERID'),
      senderName: text(node, 'SENDERNAME'),
      signer: text(node, 'SIGNER'),
      codes: [...ids('TODEPIDS'), ...ids('CCDEPIDS')],
      files: [...files('ATTS', 'ATT', 'main'), ...files('ATTEXTS', 'ATTEXT', 'annex')],
    }
  })
}

/**
 * The list of documents to receive, with the real centre's warts: an encoding that does not exist, a separator too
 * many.
 */
export function writeQueue(
  waiting: readonly Queued[],
  station: string,
  urlOf: (file: CentreDocument['files'][number]) => string,
): string {
  return build(
    'DOCSUMMARYS',
    { DOCSUMMARY: waiting.map(({ queueId, document }) => summaryOf(queueId, document, station, urlOf)) },
    'gb2313',
  )
}

function summaryOf(
  queueId: string,
  document: CentreDocument,
  station: string,
  urlOf: (file: CentreDocument['files'][number]) => string,
): object {
  const file = (one: CentreDocument['files'][number]): object => ({
    NAME: one.name,
    TYPE: one.role === 'main' ? 'CEB' : (/\.(\w+)$/.exec(one.name)?.[1] ?? ''),
    URL: urlOf(one),
    FILESIZE: one.size,
  })
  return {
    ID: queueId,
    DOCGUID: document.docguid,
    WENHAO: { $: { JGDZ: document.number.code, FWNH: document.number.year, FWXH: document.number.serial } },
    CEBID: '',
    TITLE: document.title,
    KEYWORD: document.keyword,
    TYPE: document.documentType,
    PRIORITY: document.priority,
    TODEPIDS: `${station};`,
    TODEPNAMES: `${document.toNames};`,
    CCDEPIDS: '',
    CCDEPNAMES: document.ccNames,
    SENDERID: document.sender,
    SENDERNAME: document.senderName,
    SENDERTIME: `${document.date} 09:00:00`,
    SIGNDEPNAME: document.senderName,
    SIGNER: document.signer,
    YFDATE: 'null',
    YFSUM: '0',
    ATTS: { ATT: document.files.filter((one) => one.role === 'main').map(file) },
    ATTEXTS: {
      ATTEXT: document.files.filter((one) => one.role === 'annex').map((one, n) => ({ ...file(one), IND: n + 1 })),
    },
  }
}

/** How far each unit is with a document that the station put in. */
export function writeStates(
  saved: Saved,
  nameOf: (unit: string) => { readonly code: string; readonly name: string },
): string {
  return build('DOCSTATUSINFOS', {
    DOCSTATUSINFO: [...saved.states].map(([unit, { status, at }]) => ({
      XTO: nameOf(unit).code,
      XTONAME: nameOf(unit).name,
      STATUS: STATUS_WORDS[status],
      OPERATETIME: beijing(at),
    })),
  })
}

export function writeFailure(text: string): string {
  return build('FAILEDINFO', { MESSAGE: text })
}

/** The centre's yes: `发送成功：<its id>`. */
export function writeSuccess(text: string): string {
  return build('SUCCESSINFO', { _: text })
}

export function writeUntread(
  untread: readonly Untread[],
  total: number,
  nameOf: (unit: string) => { readonly code: string; readonly name: string },
): string {
  return build('UNTREADDOCS', {
    TOTAL: total,
    UNTREADDOC: untread.map((one) => ({
      ID: one.id,
      DOCGUID: one.docguid,
      REMARK: one.remark,
      DEPART_GUID: nameOf(one.unit).code,
      DEPARTNAME: nameOf(one.unit).name,
      STATUS: one.seen ? '已查看' : '未接收',
      OPERATETIME: beijing(one.at),
    })),
  })
}

export function writeDepartments(units: readonly { readonly code: string; readonly name: string }[]): string {
  return build('DEPARTMENTS', {
    DEPARTMENTSORT: {
      ID: '1',
      NAME: '市直及县区',
      IND: 1,
      DEPARTMENTCHILDREN: {
        DEPARTMENTCHILD: units.map((unit, n) => ({ ID: unit.code, NAME: unit.name, GZNAME: '', IND: n + 1 })),
      },
    },
  })
}

function build(root: string, content: object, encoding = 'UTF-8'): string {
  return new Builder({
    rootName: root,
    xmldec: { version: '1.0', encoding },
    renderOpts: { pretty: false },
  }).buildObject({ $: { xmlns: NAMESPACE }, ...content })
}

/** `yyyy-MM-dd HH:mm:ss`, Asia/Shanghai. */
function beijing(iso: string): string {
  return iso === '' ? '' : shanghaiTime(Date.parse(iso))
}
