import type { ErrorEntry } from '../../core/errors/entry.ts'

/** Mail to be sent. What the mail server answers is told by the codes of systems that we call. */
export const MAIL_ERRORS = {
  MAIL_ADDRESS_INVALID: {
    zh: '邮件地址无效：{field} = “{value}”（规则：{rule}）',
    en: 'invalid mail address: {field} = “{value}” (rule: {rule})',
    status: 422,
    remedy: { zh: '改正通讯录中的地址', en: 'correct the address in the directory' },
  },
  MAIL_DEFERRED: {
    zh: '邮件服务器“{field}”让稍后再投这一封：{detail}',
    en: 'mail server “{field}” wants this mail later: {detail}',
    status: 503,
    retryable: true,
    answer: true,
    remedy: {
      zh: '系统自动重试（灰名单、信箱忙、限额、空间不足）；久不消失的，问邮件服务器的管理员',
      en: 'it is retried (greylisting, a busy mailbox, a limit, little space); if it lasts, ask the server’s operator',
    },
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

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly mail: typeof MAIL_ERRORS
  }
}
