import { hash } from 'node:crypto'
import { child, list, text, type Node } from '../node.ts'
import type { Incoming, KeptFile } from '../item.ts'
import type { Paper, UrgencyWord } from '../paper.ts'
import { escape } from './wire.ts'

const URGENCIES: Readonly<Record<UrgencyWord, string>> = { 特急: '紧急', 加急: '较急', 普通: '普通' }

/** The sloppiness of one OA's program, as seen in real systems. */
export interface Warts {
  /** an ampersand in a text stays as it is */
  readonly bareAmpersand: boolean
  /** an end tag too many */
  readonly doubledEnd: boolean
  /** 成文日期 is the word null, 印发日期 has no leading zeros */
  readonly nullDate: boolean
}

/** The ParasXml of a document to send: declared gb2312 whatever the string really is. */
export function writePaper(paper: Paper, unit: { readonly code: string; readonly name: string }, warts: Warts): string {
  const t = (value: string): string => (warts.bareAmpersand ? escape(value).replaceAll('&amp;', '&') : escape(value))
  const [, code = '', year = '', serial = ''] = /^(.+?)〔(\d{4})〕(\d+)号$/u.exec(paper.number) ?? []
  const files = (role: 'main' | 'annex'): string =>
    paper.files
      .filter((file) => file.role === role)
      .map(
        (file) =>
          `<版式文件 文件名="${escape(file.name)}" 数据类型="" 编码方式="BASE64">${file.bytes.toString('base64')}</版式文件>`,
      )
      .join('')
  // The centre's forms list the lead last, as it was ticked last.
  const issuers = (paper.issuers ?? [unit])
    .map(
      ({ name, code: own }, at) =>
        `<发文机关 组织机构代码="${own}" 办理类别="${at === 0 ? '主办' : '协办'}">${name}</发文机关>`,
    )
    .reverse()
    .join('')
  const shortDate = paper.date.replace(/-0/g, '-')
  const paras =
    `<?xml version="1.0" encoding="gb2312"?><paras><DeptGuid>${unit.code}</DeptGuid><DeptName>${unit.name}</DeptName>` +
    `<电子公文 公文标识="${escape(paper.key)}" 版本号="1.0" 公文类别="行政" 公文种类="${paper.documentType}">${issuers}` +
    `<公文体>\t<眉首><秘密等级>${paper.securityClass ?? '普通'}</秘密等级><保密期限></保密期限><紧急程度>${URGENCIES[paper.urgency]}</紧急程度><发文机关标识><发文机关名称>${unit.name}</发文机关名称><标识后缀>文件</标识后缀></发文机关标识>` +
    `<发文字号><发文机关代字>${t(code)}</发文机关代字><发文年号>${year}</发文年号><发文序号>${serial}号</发文序号></发文字号></眉首>` +
    `\t<主体><标题>${t(paper.title)}</标题><是否回复>0</是否回复><关联收文></关联收文><发文号>${t(`${code}[${year}]${serial}号`)}</发文号><发文部门内码>${unit.code}</发文部门内码><发文部门名称>${unit.name}</发文部门名称>` +
    `<收文部门名称>${t(paper.to)};</收文部门名称><主送机关>${t(paper.to)}</主送机关><正文>${files('main')}</正文><附件>${files('annex')}</附件>` +
    `<公文生效标识><发文机关署名>${unit.name}</发文机关署名><签发人署名>${t(paper.signer ?? '')}</签发人署名></公文生效标识><成文日期>${warts.nullDate ? 'null' : shortDate}</成文日期><附注>无</附注></主体>` +
    `<版记><主题词><词目>空</词目></主题词>${paper.cc === undefined ? '' : `<抄送机关 抄送类型="抄送">${t(paper.cc)}</抄送机关>`}<印制版记><印发机关>${unit.name}</印发机关><印发日期>${shortDate}</印发日期><印发份数>0</印发份数></印制版记></版记></公文体></电子公文></paras>`
  return warts.doubledEnd ? `${paras}</paras>` : paras
}

/** Types under which the station files what is no document in this dialect. */
const NOTICES: Readonly<Record<string, Incoming['kind']>> = {
  回执: 'receipt',
  退文: 'return',
  撤回: 'withdrawal',
  答复: 'reply',
  投递结果: 'notice',
}

/** A 电子公文 that was fetched, as something to keep under the list's id. */
export function readPaper(document: Node, system: string, unit: string, id: string): Incoming {
  const [attributes, body] = [child(document, '$'), child(document, '公文体')]
  const [head, main] = [child(body, '眉首'), child(body, '主体')]
  const parts = child(head, '发文字号')
  const number =
    text(main, '发文号') ||
    (text(parts, '发文机关代字') === ''
      ? ''
      : `${text(parts, '发文机关代字')}〔${text(parts, '发文年号')}〕${text(parts, '发文序号')}`)
  const type = text(attributes, '公文种类')
  const base = {
    system,
    unit,
    id,
    number,
    documentType: type,
    from: text(main, '发文部门名称') || text(document, '发文机关'),
  }
  const kind = NOTICES[type]
  if (kind === undefined) {
    const files = [...filesOf(child(main, '正文'), 'main'), ...filesOf(child(main, '附件'), 'annex')]
    return {
      ...base,
      kind: 'document',
      title: text(main, '标题'),
      urgency: text(head, '紧急程度'),
      issuers: list(document, '发文机关').map((one) => (typeof one === 'string' ? one : text(one, '_'))),
      files,
      digest: (files.find((file) => file.role === 'main') ?? files[0])?.digest,
    }
  }
  const about = { id: text(main, '关联收文'), number, title: text(main, '标题').replace(/^[^：]*：/, '') }
  if (kind === 'receipt')
    return { ...base, kind, about, state: text(main, '附注').includes('已收到') ? 'taken' : 'signed' }
  return { ...base, kind, about, text: text(main, '附注') }
}

function filesOf(node: Node | undefined, role: 'main' | 'annex'): KeptFile[] {
  return list(node, '版式文件').map((file) => {
    const bytes = Buffer.from(typeof file === 'string' ? file : text(file, '_'), 'base64')
    return { name: text(child(file, '$'), '文件名'), role, size: bytes.length, digest: hash('sha256', bytes, 'hex') }
  })
}
