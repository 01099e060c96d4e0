import type { ErrorEntry } from '../../core/errors/entry.ts'

/** The LDAP directory: synchronising, serving its snapshot, and logins checked through it. */
export const DIRECTORY_ERRORS = {
  DIRECTORY_BIND_REFUSED: {
    zh: '目录“{field}”拒绝服务账号 {value}：{detail}',
    en: 'directory “{field}” refuses the service account {value}: {detail}',
    status: 502,
    remedy: {
      zh: '核对 bindDn 与密钥，向目录管理员确认账号未被锁定',
      en: 'check bindDn and its secret, and that the account is not locked',
    },
  },
  DIRECTORY_TLS: {
    zh: '与目录“{field}”的 TLS 连接失败：{detail}',
    en: 'the TLS connection to directory “{field}” failed: {detail}',
    status: 502,
    remedy: {
      zh: '核对 CA 文件、证书的主机名与有效期，以及服务器是否支持 StartTLS',
      en: 'check the CA file, the certificate’s host name and dates, and whether the server offers StartTLS',
    },
  },
  DIRECTORY_GARBLED: {
    zh: '目录“{field}”的应答不是 LDAP：{detail}',
    en: 'what directory “{field}” answered is not LDAP: {detail}',
    status: 502,
    retryable: true,
    remedy: {
      zh: '检查地址与端口，中间是否有代理；期间继续使用上次的快照',
      en: 'check address and port, and for a proxy in between; the last snapshot serves on',
    },
  },
  DIRECTORY_EMPTY: {
    zh: '目录“{field}”中没有找到单位（{rule}），保留原有快照',
    en: 'no units found in directory “{field}” ({rule}); the old snapshot stays',
    status: 502,
    remedy: {
      zh: '核对搜索起点、过滤条件和服务账号的读取权限',
      en: 'check the search bases, the filters and what the service account may read',
    },
  },
  DIRECTORY_SHRUNK: {
    zh: '目录“{field}”一次少了 {value}，超过允许的 {rule}，保留原有快照',
    en: 'directory “{field}” lost {value} at once, more than {rule}; the old snapshot stays',
    status: 502,
    remedy: {
      zh: '确认目录确实变小后人工接受一次同步',
      en: 'if the directory has really shrunk, have one synchronisation accepted by hand',
    },
  },
  DIRECTORY_TOO_LARGE: {
    zh: '目录“{field}”超过限额：{rule}（{detail}）',
    en: 'directory “{field}” exceeds a limit: {rule} ({detail})',
    status: 502,
    remedy: {
      zh: '服务器的限额：请其管理员为本账号调高，或把 sync.pageSize 调到每页限额以下；我方的限额：缩小搜索起点或过滤条件，或调高它。旧快照继续使用',
      en: 'a limit of the server: have it raised for our account, or set sync.pageSize below its limit of a page; one of ours: narrow the bases or filters, or raise it. The old snapshot serves on',
    },
  },
  DIRECTORY_LOGIN_REFUSED: {
    zh: '用户名或口令不正确',
    en: 'wrong user name or password',
    status: 401,
    remedy: { zh: '核对后重试', en: 'check both and try again' },
  },
  DIRECTORY_LOGIN_NOT_ALLOWED: {
    zh: '用户 {value} 不在有权登录的组或职务之列',
    en: 'user {value} is in no group and holds no title that may log in',
    status: 403,
    remedy: { zh: '请目录管理员把该用户加入配置的组', en: 'have the user added to one of the configured groups' },
  },
} as const satisfies Record<string, ErrorEntry>

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly directory: typeof DIRECTORY_ERRORS
  }
}
