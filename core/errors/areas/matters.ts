import type { ErrorEntry } from '../entry.ts'

/** Matters: what was asked is not what may be done now. */
export const MATTER_ERRORS = {
  MATTER_ACT_ILLEGAL: {
    zh: '现在不能“{field}”（状态：{value}）：{rule}',
    en: '“{field}” may not be done now (state: {value}): {rule}',
    status: 409,
    remedy: {
      zh: '按所列的可行行为办理；各种办件的状态与行为见 config/matters/ 与 docs/matters.md',
      en: 'do one of the acts that are listed; states and acts of each kind stand in config/matters/ and docs/matters.md',
    },
  },
  MATTER_ACT_INCOMPLETE: {
    zh: '办件的行为缺少或写错了 {field}（“{value}”）：{rule}',
    en: 'an act on a matter lacks {field}, or has it wrong (“{value}”): {rule}',
    status: 422,
    remedy: { zh: '按规则补上后再提交', en: 'correct it by the rule and submit the act again' },
  },
} as const satisfies Record<string, ErrorEntry>
