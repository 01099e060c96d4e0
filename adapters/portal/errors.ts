import type { ErrorEntry } from '../../core/errors/entry.ts'

/** The web portal's interface: requests that cannot be read, and callers who ask too often. */
export const PORTAL_ERRORS = {
  MULTIPART_MALFORMED: {
    zh: '表单（multipart/form-data）不合格式：{detail}',
    en: 'the multipart/form-data body is malformed: {detail}',
    remedy: { zh: '按 RFC 7578 改正后重发', en: 'correct it to RFC 7578' },
  },
  QUERY_CODE_UNKNOWN: {
    zh: '没有这个查询码',
    en: 'there is no such query code',
    status: 404,
    remedy: { zh: '核对提交时收到的查询码', en: 'check the code that came with the answer to the submission' },
  },
  PUBLICATION_UNKNOWN: {
    zh: '没有这条公开信息：{value}',
    en: 'there is no such publication: {value}',
    status: 404,
    remedy: { zh: '从 /portal/publications 取得标识', en: 'take the id from /portal/publications' },
  },
} as const satisfies Record<string, ErrorEntry>

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly portal: typeof PORTAL_ERRORS
  }
}
