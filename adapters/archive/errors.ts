import type { ErrorEntry } from '../../core/errors/entry.ts'

/** Batches for the archive bureau, and its receipts. */
export const ARCHIVE_ERRORS = {
  ARCHIVE_VALUE: {
    zh: '归档目录：字段 {field} 的值“{value}”不合规则：{rule}（{detail}）',
    en: 'archive catalogue: field {field} has the value “{value}”, which breaks the rule: {rule} ({detail})',
    status: 422,
    remedy: {
      zh: '更正该件的著录项，或在目录方案（config/archive/）中调整该字段',
      en: 'correct the item, or change the field in the catalogue profile (config/archive/)',
    },
  },
  ARCHIVE_NUMBER: {
    zh: '档号不合规则：{field} = “{value}”，规则：{rule}',
    en: 'not an archive number: {field} = “{value}”, rule: {rule}',
    status: 422,
    remedy: {
      zh: '按 DA/T 22-2015 编制档号，核对全宗号、保管期限与件号',
      en: 'build it by DA/T 22-2015: check fonds, retention period and item number',
    },
  },
  ARCHIVE_FILE: {
    zh: '电子文件不能归档：{field}（“{value}”，规则：{rule}）',
    en: 'this file cannot be archived: {field} (“{value}”, rule: {rule})',
    status: 422,
    remedy: {
      zh: '更换文件格式，或在目录方案中增加该格式',
      en: 'convert the file, or allow its format in the catalogue profile',
    },
  },
  ARCHIVE_UNFIT: {
    zh: '此件将来不能归档（系统“{field}”）：{detail}',
    en: 'this document could never be archived (system “{field}”): {detail}',
    status: 422,
    remedy: {
      zh: '按所列改正后重新提交；或由管理员把该系统的 settings.door 设为 warn',
      en: 'mend what is listed and submit it again; or the administrator sets settings.door of that system to warn',
    },
  },
  ARCHIVE_ASIDE: {
    zh: '批次 {field} 的 {value} 件都不能移交，已另列待更正：{detail}',
    en: 'none of the {value} documents of batch {field} can be sent; they are set aside to be corrected: {detail}',
    status: 422,
    remedy: {
      zh: '用 yizhan archive refused 查看每一件的原因，yizhan archive correct 更正；本死信可丢弃',
      en: 'yizhan archive refused shows every reason, yizhan archive correct mends them; this dead letter may be dropped',
    },
  },
  ARCHIVE_CONTRADICTION: {
    zh: '批次 {field} 的两份回执互相矛盾：先到的为“{rule}”，{detail} 为“{value}”；以先到的为准',
    en: 'two receipts of batch {field} contradict each other: the first says “{rule}”, {detail} says “{value}”; the first stands',
    status: 409,
    remedy: {
      zh: '向对方核实：后一份有效则重放其死信，无效则丢弃',
      en: 'ask the bureau: replay the dead letter of the second if that is right, else drop it',
    },
  },
  ARCHIVE_CONFLICT: {
    zh: '档案系统中已有同名而内容不同的批次：{field}（{detail}）',
    en: 'the bureau already has a batch of this name with other content: {field} ({detail})',
    status: 409,
    remedy: { zh: '更正后的批次须用新的批次号', en: 'a corrected batch needs a new batch id' },
  },
  ARCHIVE_REGISTER: {
    zh: '档号登记簿 {field} 第 {value} 行损坏，停止移交',
    en: 'line {value} of the register of archive numbers {field} is damaged; nothing is sent',
    status: 500,
    retryable: true,
    remedy: {
      zh: '从备份恢复该文件；不要删除，否则件号会重复',
      en: 'restore the file from the backup; do not delete it, or numbers will be given twice',
    },
  },
  ARCHIVE_RECEIPT: {
    zh: '档案回执无法识别：{field}，规则：{rule}（{detail}）',
    en: 'the receipt of the archive bureau cannot be read: {field}, rule: {rule} ({detail})',
    status: 422,
    remedy: {
      zh: '回执已移入另存文件夹；请对方按约定格式重发',
      en: 'it was set aside; ask the bureau to send it again in the agreed format',
    },
  },
} as const satisfies Record<string, ErrorEntry>

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly archive: typeof ARCHIVE_ERRORS
  }
}
