import type { ErrorEntry } from '../entry.ts'

/** Mail to be sent. What the mail server answers is told by the codes of systems that we call. */
export const MAIL_ERRORS = {
  MAIL_ADDRESS_INVALID: {
    zh: '邮件地址无效：{field} = “{value}”（规则：{rule}）',
    en: 'invalid mail address: {field} = “{value}” (rule: {rule})',
    status: 422,
    remedy: { zh: '改正通讯录中的地址', en: 'correct the address in the directory' },
  },
  MAIL_NOT_SECURE: {
    zh: '邮件服务器“{field}”的连接不能加密：{detail}',
    en: 'the connection to mail server “{field}” cannot be encrypted: {detail}',
    status: 502,
    retryable: true,
    remedy: {
      zh: '让服务器支持 STARTTLS 或 TLS 并使用有效证书；内网无法做到时才把 security 设为 none',
      en: 'enable STARTTLS or TLS with a valid certificate there; set security to none only where that is impossible',
    },
  },
} as const satisfies Record<string, ErrorEntry>
