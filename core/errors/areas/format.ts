import type { ErrorEntry } from '../entry.ts'

/** Bytes that cannot be read as what they claim to be. */
export const FORMAT_ERRORS = {
  GZIP_INVALID: {
    zh: '声明为 gzip 的内容无法解压：{detail}',
    en: 'the body claims gzip but cannot be inflated: {detail}',
    remedy: { zh: '去掉 Content-Encoding 或发送正确的 gzip 数据', en: 'drop Content-Encoding or send valid gzip' },
  },
  XML_MALFORMED: {
    zh: 'XML 在 {field}（行:列）处不合格式：{detail}',
    en: 'the XML is not well-formed at {field} (line:column): {detail}',
    remedy: {
      zh: '按 XML 1.0 改正后重发；文本中的 & 和 < 须写作 &amp; 和 &lt;',
      en: 'correct it to XML 1.0; write & and < in text as &amp; and &lt;',
    },
  },
  XML_DOCTYPE: {
    zh: 'XML 在 {field}（行:列）处含有 DOCTYPE 声明，不予接受',
    en: 'the XML has a DOCTYPE declaration at {field} (line:column), which is not accepted',
    remedy: { zh: '去掉 DOCTYPE 后重发', en: 'remove the DOCTYPE and submit again' },
  },
  XML_LIMIT: {
    zh: 'XML 在 {field}（行:列）处超过解析上限：{value}，上限 {rule}',
    en: 'the XML exceeds a parsing limit at {field} (line:column): {value}, the limit is {rule}',
    status: 413,
    remedy: { zh: '减少层级、元素或属性后重发', en: 'send fewer levels, elements or attributes' },
  },
  XML_CHARACTER: {
    zh: 'XML 1.0 不允许的字符或名称：{value}（{field}，规则：{rule}）',
    en: 'XML 1.0 does not allow this character or name: {value} ({field}, rule: {rule})',
    status: 422,
    remedy: { zh: '去掉该控制字符', en: 'remove the control character' },
  },
  JSON_LIMIT: {
    zh: 'JSON 在 {field}（行:列）处超过解析上限：{value}，上限 {rule}',
    en: 'the JSON exceeds a parsing limit at {field} (line:column): {value}, the limit is {rule}',
    status: 413,
    remedy: { zh: '减少层级、成员或文本后重发', en: 'send fewer levels, members or text' },
  },
  CSV_MALFORMED: {
    zh: 'CSV 在第 {field}（行:列）处不合格式：{detail}',
    en: 'the CSV is malformed at {field} (line:column): {detail}',
    remedy: {
      zh: '按 RFC 4180 改正后重发：逗号分隔，含逗号、引号或换行的格加引号，引号写两个',
      en: 'correct it to RFC 4180: commas between cells, quotes around one with a comma, quote or line end in it',
    },
  },
  ENCODING_UNKNOWN: {
    zh: '不支持的字符编码“{value}”（支持：{rule}）',
    en: 'unsupported character encoding “{value}” (supported: {rule})',
    status: 415,
    remedy: { zh: '改用 UTF-8、GBK 或 GB18030', en: 'use UTF-8, GBK or GB18030' },
  },
  ENCODING_INVALID: {
    zh: '内容不是有效的 {rule} 编码：第 {field} 字节起为 {value}',
    en: 'the bytes are not valid {rule}: at byte offset {field} stands {value}',
    remedy: { zh: '核对声明的编码与实际编码是否一致', en: 'check that the declared encoding is the actual one' },
  },
  ENCODING_UNMAPPABLE: {
    zh: '字符 {value} 无法用 {rule} 编码（{field}）',
    en: 'the character {value} cannot be encoded in {rule} ({field})',
    status: 422,
    remedy: {
      zh: '更换该字，或在该系统的方言（方案）的 encoding 中改用 GB18030、UTF-8；从不悄悄代替',
      en: 'replace the character, or use GB18030 or UTF-8 in encoding of this system’s dialect or profile; nothing is replaced silently',
    },
  },
  BASE64_INVALID: {
    zh: 'Base64 数据无效（{field}）：{detail}',
    en: 'invalid base64 ({field}): {detail}',
    status: 422,
    remedy: { zh: '按 RFC 2045 重新编码后重发', en: 'encode it again according to RFC 2045' },
  },
  SOAP_ENVELOPE: {
    zh: '不是有效的 SOAP 报文：{field}（规则：{rule}）',
    en: 'not a valid SOAP envelope: {field} (rule: {rule})',
    remedy: { zh: '按 WSDL 与 WS-I Basic Profile 1.1 改正报文', en: 'follow the WSDL and WS-I Basic Profile 1.1' },
  },
  SOAP_VERSION: {
    zh: 'SOAP 版本不支持：Envelope 的命名空间是“{value}”（支持：{rule}）',
    en: 'unsupported SOAP version: the Envelope has the namespace “{value}” (supported: {rule})',
    remedy: { zh: '使用 SOAP 1.1 或 SOAP 1.2', en: 'use SOAP 1.1 or SOAP 1.2' },
  },
  SOAP_MUST_UNDERSTAND: {
    zh: '无法理解标有 mustUnderstand 的 SOAP 头 {field}',
    en: 'the SOAP header {field} is marked mustUnderstand and is not understood',
    remedy: { zh: '去掉该头，或去掉 mustUnderstand 标志', en: 'remove the header or its mustUnderstand mark' },
  },
  SOAP_REPLY_TO: {
    zh: '{field} 要求把应答送到“{value}”；应答只在原连接上返回（{rule}）',
    en: '{field} wants the answer sent to “{value}”; answers go back on the same connection only ({rule})',
    remedy: {
      zh: '关闭异步应答（解耦端点），或去掉该头',
      en: 'switch the decoupled endpoint off, or leave the header out',
    },
  },
  SOAP_SECURITY: {
    zh: 'WS-Security 头无法读取：{field}（规则：{rule}）',
    en: 'the WS-Security header cannot be read: {field} (rule: {rule})',
    status: 401,
    remedy: {
      zh: '按 UsernameToken Profile 1.0 填写用户名、口令、Nonce 与 Created',
      en: 'send Username, Password, Nonce and Created as in UsernameToken Profile 1.0',
    },
  },
  PROFILE_FIELD: {
    zh: '方言 {detail}：字段 {field} 的值“{value}”不合规则：{rule}',
    en: 'dialect {detail}: field {field} has the value “{value}”, which breaks the rule: {rule}',
    status: 422,
    remedy: { zh: '按规则改正该字段后重发', en: 'correct the field and submit again' },
  },
} as const satisfies Record<string, ErrorEntry>
