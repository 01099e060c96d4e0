import type { ErrorEntry } from '../entry.ts'

/** Services that OA systems call. */
export const OA_ERRORS = {
  OPERATION_UNKNOWN: {
    zh: '没有这个操作：{value}（可用：{rule}）',
    en: 'no such operation: {value} (available: {rule})',
    remedy: { zh: '按 WSDL 核对操作名与命名空间', en: 'check the operation and its namespace against the WSDL' },
  },
  LINK_INVALID: {
    zh: '文件地址无效或已过期：{field}（规则：{rule}）',
    en: 'the file address is wrong or has expired: {field} (rule: {rule})',
    status: 403,
    remedy: { zh: '重新获取公文，使用其中的新地址', en: 'get the document again and use its new address' },
  },
} as const satisfies Record<string, ErrorEntry>
