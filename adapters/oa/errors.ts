import type { ErrorEntry } from '../../core/errors/entry.ts'

/** Services that OA systems call. */
export const OA_ERRORS = {
  OPERATION_UNKNOWN: {
    zh: '没有这个操作：{value}（可用：{rule}）',
    en: 'no such operation: {value} (available: {rule})',
    remedy: { zh: '按 WSDL 核对操作名与命名空间', en: 'check the operation and its namespace against the WSDL' },
  },
} as const satisfies Record<string, ErrorEntry>

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly oa: typeof OA_ERRORS
  }
}
