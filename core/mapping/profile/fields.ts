import {
  DOCUMENT_FIELD_NAMES,
  documentField,
  documentFieldType,
  type DocumentFieldName,
} from '../../message/document-fields.ts'
import { URGENCIES } from '../../message/urgency.ts'

/** How a field's value looks in XML; see `values.ts`. */
export const VALUE_TYPES = [
  'text',
  'date',
  'instant',
  'number',
  'code',
  'boolean',
  'integer',
  'list',
  'content',
  'link',
] as const
export type ValueType = (typeof VALUE_TYPES)[number]

/** How a value may stand in JSON. */
export const JSON_TYPES = ['string', 'number', 'boolean'] as const
export type JsonType = (typeof JSON_TYPES)[number]

/** A canonical field that profiles may name. */
export interface FieldInfo {
  /** the type a profile gets without stating one */
  readonly type: ValueType
  /** other types that carry it as well */
  readonly also?: readonly ValueType[]
  /** canonical limit, UTF-16 units; of an integer, its greatest value */
  readonly max?: number
  /** canonical values of a code */
  readonly values?: readonly string[]
  /** `read`: drafts take it; `write`: messages give it */
  readonly way: 'read' | 'write' | 'both'
  readonly zh: string
}

const text = (zh: string, max?: number, way: FieldInfo['way'] = 'both'): FieldInfo => ({
  type: 'text',
  also: ['code'],
  ...(max === undefined ? {} : { max }),
  way,
  zh,
})
const code = (zh: string, values: readonly string[], way: FieldInfo['way'] = 'both'): FieldInfo => ({
  type: 'code',
  values,
  way,
  zh,
})
const list = (zh: string, max?: number, way: FieldInfo['way'] = 'both'): FieldInfo => ({
  type: 'list',
  also: ['text', 'code'],
  ...(max === undefined ? {} : { max }),
  way,
  zh,
})

const directions = ['issue', 'report', 'peer']

/** Fields of forms that are messages, by name. What a form of kind `record` holds is its own affair. */
export const FIELDS: Readonly<Record<string, FieldInfo>> = {
  kind: code('消息种类', ['document', 'receipt', 'return', 'withdrawal', 'reply', 'outcome'], 'write'),
  externalId: text('来文系统自己的标识', 300),
  from: text('发文单位：标识、代码或名称', 200),
  'from.code': text('发文单位代码', 100),
  'from.name': text('发文单位名称', 200),
  urgency: code('紧急程度', URGENCIES),
  number: { type: 'number', also: ['text'], max: 200, way: 'both', zh: '发文字号' },
  'number.code': text('机关代字', 100),
  'number.year': text('发文年号', 20),
  'number.serial': text('发文序号', 20),
  dualTrack: { type: 'boolean', way: 'both', zh: '双轨' },
  copyNumber: text('份号', 100, 'read'),
  secrecyPeriod: text('保密期限', 100, 'read'),
  'notClassified.name': text('声明不涉密：声明人', 100, 'read'),
  'notClassified.reason': text('声明不涉密：理由', 500, 'read'),
  'to.ids': list('主送单位标识', 200),
  'to.codes': list('主送单位代码', 200),
  'to.names': list('主送单位名称', 200),
  'cc.ids': list('抄送单位标识', 200),
  'cc.codes': list('抄送单位代码', 200),
  'cc.names': list('抄送单位名称', 200),

  ...documentFields(),
  'document.issuerMark.name': list('发文机关标志中的机关名称', 200),
  'document.issuerMark.suffix': text('发文机关标志的后缀', 20),
  'document.keywords': list('主题词，修正过的件另附修正说明', 500, 'write'),
  'issuers.names': list('全部发文机关的名称，主办机关在前', 200),
  'issuers.joint': list('联合行文的发文机关的名称，主办机关在前', 200),

  about: text('所涉公文：我方标识、收文标识、来文系统标识或文号', 300),
  'about.number': text('所涉公文的文号', 200, 'write'),
  'about.title': text('所涉公文的标题', 1000, 'write'),
  'about.from': text('所涉公文的发文单位', 200, 'write'),
  'about.fromName': text('所涉公文的发文单位名称', 200, 'write'),
  'about.direction': code('所涉公文的行文方向', directions, 'write'),
  'about.externalId': text('所涉公文在发文系统的标识', 200, 'write'),
  by: text('经办人', 100),
  text: text('理由、说明或答复内容', 20_000),
  reasonCode: text('退文原因代码', 40),
  result: text('办理结果', 100),
  accused: list('核定：被反映单位，没有的写“无”', 200, 'read'),
  transferTo: list('核定：责任单位', 200, 'read'),
  at: { type: 'instant', way: 'write', zh: '办理时间' },
  state: code('回执状态', ['signed', 'taken'], 'write'),
  'outcome.state': code('投递结果', ['delivered', 'refused', 'in-doubt', 'expired', 'given-up'], 'write'),
  'outcome.kind': text('所投递消息的种类', 20, 'write'),
  'outcome.system': text('投递的系统', 100, 'write'),
  'outcome.unit': text('投递的单位', 100, 'write'),
  'outcome.remoteId': text('对方系统给出的标识', 300, 'write'),
  'outcome.errorCode': text('错误代码', 100, 'write'),
  'outcome.error': text('错误说明', 2000, 'write'),

  id: text('我方消息标识', 300, 'write'),
  guid: text('由我方消息标识算出的 GUID', 36, 'write'),
  acceptedAt: { type: 'instant', way: 'write', zh: '收文时间' },
  'delivery.id': text('投递标识', 300, 'write'),
  'delivery.guid': text('由投递标识算出的 GUID', 36, 'write'),
  'unit.id': text('收文单位标识', 100, 'write'),
  'unit.code': text('收文单位代码', 100, 'write'),
  'unit.name': text('收文单位名称', 200, 'write'),
  'unit.to.code': text('收文单位代码，主送时才有', 100, 'write'),
  'unit.to.name': text('收文单位名称，主送时才有', 200, 'write'),
  'unit.cc.code': text('收文单位代码，抄送时才有', 100, 'write'),
  'unit.cc.name': text('收文单位名称，抄送时才有', 200, 'write'),
  'unit.role': code('收文单位是主送还是抄送', ['to', 'cc'], 'write'),
  headline: text('列表中的标题：公文的标题，或“回执：”等加所涉公文的标题', 1200, 'write'),
  'subject.title': text('公文或所涉公文的标题', 1000, 'write'),
  'notice.type': text('以公文形式送达的通知的文种', 20, 'write'),
  'notice.title': text('以公文形式送达的通知的标题', 1200, 'write'),
  'notice.text': text('以公文形式送达的通知的内容', 20_000, 'write'),
}

/** Repeated parts of messages, and the fields of one occurrence. */
export const LISTS: Readonly<Record<string, Readonly<Record<string, FieldInfo>>>> = {
  to: partyFields('主送单位'),
  cc: partyFields('抄送单位'),
  issuers: {
    'issuer.name': text('发文机关名称', 200),
    'issuer.code': text('发文机关代码', 100),
    'issuer.role': code('主办或协办', ['lead', 'joint']),
  },
  files: {
    'file.name': text('文件名', 255),
    'file.role': code('正文或附件', ['main', 'annex']),
    'file.mediaType': text('媒体类型', 100),
    'file.extension': text('文件扩展名', 20, 'write'),
    'file.size': { type: 'integer', max: Number.MAX_SAFE_INTEGER, way: 'both', zh: '字节数' },
    'file.digest': text('摘要', 100),
    'file.content': { type: 'content', way: 'both', zh: '内容（Base64）' },
    'file.link': { type: 'link', max: 2000, way: 'both', zh: '下载地址或附件引用' },
    'file.beside': { type: 'link', max: 255, way: 'both', zh: '放在旁边的文件的名称：既是文件名，也指其内容' },
    'file.index': { type: 'integer', max: 1_000_000, way: 'write', zh: '序号，从 1 起' },
  },
}

function partyFields(zh: string): Readonly<Record<string, FieldInfo>> {
  return {
    unit: text(`${zh}：标识、代码或名称`, 200),
    'unit.code': text(`${zh}代码`, 100, 'write'),
    'unit.name': text(`${zh}名称`, 200, 'write'),
  }
}

/**
 * As the schema and the declaration of a document's fields have them. Records hold a stacked field as a list, one value
 * an item.
 */
function documentFields(): Record<string, FieldInfo> {
  const infoOf = (name: DocumentFieldName): FieldInfo | undefined => {
    const { zh, stacked } = documentField(name)
    const { type, max, values } = documentFieldType(name)
    switch (type) {
      case 'parties':
        // A repeated part: see `LISTS`.
        return undefined
      case 'text':
        return stacked === undefined ? text(zh, max) : { ...text(zh, stacked), also: ['list', 'code'] }
      case 'texts':
        return list(zh, max)
      case 'code':
        return code(zh, values ?? [])
      case 'integer':
        return { type, ...(max === undefined ? {} : { max }), way: 'both', zh }
      case 'date':
        return { type, way: 'both', zh }
    }
  }
  return Object.fromEntries(
    DOCUMENT_FIELD_NAMES.flatMap((name) => {
      const info = infoOf(name)
      return info === undefined ? [] : [[`document.${name}`, info]]
    }),
  )
}
