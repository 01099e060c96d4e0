import type { ErrorEntry } from '../entry.ts'

/** What is served over HTTP, whatever adapter serves it. */
export const HTTP_ERRORS = {
  LINK_INVALID: {
    zh: '文件地址无效或已过期：{field}（规则：{rule}）',
    en: 'the file address is wrong or has expired: {field} (rule: {rule})',
    status: 403,
    remedy: { zh: '重新获取公文，使用其中的新地址', en: 'get the document again and use its new address' },
  },
  JSON_MALFORMED: {
    zh: 'JSON 不合格式：{detail}',
    en: 'the JSON is malformed: {detail}',
    remedy: { zh: '按 RFC 8259 改正后重发（UTF-8）', en: 'correct it to RFC 8259, in UTF-8' },
  },
  MEDIA_TYPE_UNSUPPORTED: {
    zh: '不支持的内容类型“{value}”（支持：{rule}）',
    en: 'unsupported media type “{value}” (supported: {rule})',
    status: 415,
    remedy: { zh: '改用所列的内容类型', en: 'send one of those' },
  },
  BODY_TIMEOUT: {
    zh: '请求内容在 {rule} 内没有传完',
    en: 'the request body was not complete within {rule}',
    status: 408,
    retryable: true,
    remedy: { zh: '检查网络后重新提交', en: 'check the network and submit again' },
  },
  RATE_LIMITED: {
    zh: '查询过于频繁（{rule}），请在 {detail} 秒后再试',
    en: 'too many queries ({rule}), try again after {detail} seconds',
    status: 429,
    retryable: true,
    remedy: { zh: '按 Retry-After 等待', en: 'wait as Retry-After says' },
  },
  PATH_UNKNOWN: {
    zh: '没有这个地址：{value}',
    en: 'there is nothing at this address: {value}',
    status: 404,
    remedy: { zh: '按接口说明（openapi.json）调用', en: 'follow the description of the interface (openapi.json)' },
  },
  METHOD_NOT_ALLOWED: {
    zh: '此地址不支持 {value} 方法（支持：{rule}）',
    en: 'the method {value} is not allowed here (allowed: {rule})',
    status: 405,
    remedy: { zh: '按接口说明（openapi.json）调用', en: 'follow the description of the interface (openapi.json)' },
  },
} as const satisfies Record<string, ErrorEntry>
