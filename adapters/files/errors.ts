import type { ErrorEntry } from '../../core/errors/entry.ts'

/** Systems that know only files: what clients of the SFTP endpoint are told, and what stands in `errors/`. */
export const FILES_ERRORS = {
  FILES_NOT_THERE: {
    zh: '没有此文件或目录：{value}',
    en: 'no such file or folder: {value}',
    status: 404,
    remedy: {
      zh: '先列目录。out/ 中的文件受理后即不在，结果见 receipts/ 或 errors/',
      en: 'list the folder first; a file in out/ is gone once it is judged: see receipts/ or errors/',
    },
  },
  FILES_FIXED: {
    zh: '此处不允许该操作：{value}（规则：{rule}）',
    en: 'not allowed here: {value} (rule: {rule})',
    status: 403,
    remedy: {
      zh: '文件只能放入 out/；in/、receipts/、errors/ 中的文件只能读取和删除',
      en: 'files are put into out/ only; those in in/, receipts/ and errors/ can be read and removed',
    },
  },
  FILES_NOT_READ: {
    zh: '尚未读完，不能删除：{value}',
    en: 'not read to its end yet, so that it cannot be removed: {value}',
    status: 409,
    remedy: {
      zh: '完整下载后再删除：删除表示确认收到，不再提供',
      en: 'fetch all of it first: removing says that it has been received, and it is offered no more',
    },
  },
  FILES_PATH: {
    zh: '路径或文件名不可用：{value}（规则：{rule}）',
    en: 'this path or name cannot be used: {value} (rule: {rule})',
    status: 422,
    remedy: {
      zh: '改名后重试；文件名不是 UTF-8 的，请管理员把该账号的 names 设为 gbk',
      en: 'use another name; for names that are not UTF-8 the administrator sets names: gbk for the account',
    },
  },
  FILES_EXISTS: {
    zh: '已有同名文件：{value}',
    en: 'there is a file of that name: {value}',
    status: 409,
    remedy: { zh: '改名，或先删除原文件', en: 'use another name, or remove the other file first' },
  },
  FILES_LIMIT: {
    zh: '超过文件接口的上限：{rule}',
    en: 'a limit of the file endpoint: {rule}',
    status: 413,
    remedy: {
      zh: '关闭不用的文件、分批上传或减小文件；上限在 systems.yaml 该系统的 settings.limits',
      en: 'close what is not used, send fewer or smaller files; the limits are settings.limits of the system in systems.yaml',
    },
  },
  FILES_FORMAT: {
    zh: '不是可以受理的文件：{value}（规则：{rule}）',
    en: 'this is no file that can be taken: {value} (rule: {rule})',
    status: 422,
    remedy: {
      zh: '按方言写 XML、JSON 或 CSV，附件放在同一目录，或一并打成 ZIP；写法见 docs/systems/files.md',
      en: 'write the dialect’s XML, JSON or CSV, with its files in the same folder or all in one ZIP; see docs/systems/files.md',
    },
  },
  FILES_MISSING: {
    zh: 'XML、JSON 或清单所列的文件没有收到，或为空：{value}',
    en: 'a file that the XML, JSON or list names did not come, or is empty: {value}',
    status: 422,
    remedy: {
      zh: '先上传附件，最后上传 XML（或标记文件），文件名与 XML 中的一致',
      en: 'send the files first and the XML (or the marker) last, under the names that the XML has',
    },
  },
  FILES_UNNAMED: {
    zh: 'ZIP 中有其 XML、JSON 或清单没有提到的文件：{value}',
    en: 'the ZIP holds a file that its XML, JSON or list does not name: {value}',
    status: 422,
    remedy: { zh: '在 XML 中列出它，或从 ZIP 中去掉', en: 'name it in the XML, or leave it out of the ZIP' },
  },
  FILES_ABANDONED: {
    zh: '上传后一直没有可以受理，已清除：{value}（规则：{rule}）',
    en: 'it never became ready and was wiped: {value} (rule: {rule})',
    status: 422,
    remedy: {
      zh: '按该账号的约定使之就绪（改名、标记文件或静置），附件须由同目录的 XML 提到',
      en: 'make it ready as the account is set (rename, marker or quiet); attachments are named by an XML in the same folder',
    },
  },
} as const satisfies Record<string, ErrorEntry>

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly files: typeof FILES_ERRORS
  }
}
