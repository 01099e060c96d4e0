import type { ErrorEntry } from '../entry.ts'

/** What flows put out, as the nodes refuse it or a system cannot take it now. */
export const OUTPUT_ERRORS = {
  ARCHIVE_REFUSED: {
    zh: '档案系统退回批次 {field}：{detail}',
    en: 'the archive bureau refused batch {field}: {detail}',
    status: 422,
    remedy: {
      zh: '更正后重新移交：yizhan archive correct <批次号> …',
      en: 'correct it and send it again: yizhan archive correct <batch> …',
    },
  },
  QUIET_HOURS: {
    zh: '系统“{field}”此刻免打扰，{value} 再发',
    en: 'quiet hours of system “{field}”: it goes at {value}',
    status: 503,
    retryable: true,
    remedy: {
      zh: '无需处理；须立即发出的，流程应设为紧急（urgentPass）',
      en: 'none; what must go at once is to be urgent in the flow (urgentPass)',
    },
  },
  SMS_LENGTH: {
    zh: '短信内容长度不合规则：{field} 为 {value}，规则：{rule}',
    en: 'the text has a wrong length: {field} is {value}, rule: {rule}',
    status: 422,
    remedy: {
      zh: '缩短内容或拆成几条短信；中心收得下的，可调高规则所说的设置；内容不得为空',
      en: 'shorten or divide the text, or raise the setting that the rule names where the centre takes more; it must not be empty',
    },
  },
} as const satisfies Record<string, ErrorEntry>
