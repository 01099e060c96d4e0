import { ROWS, type Row } from './expect.ts'
import type { Reckoning } from './accounts.ts'
import { columns, padEnd, padStart } from '../../core/util/columns.ts'
import type { Tally } from './tally.ts'

const NAMES: Readonly<Record<Row, readonly [string, string]>> = {
  issue: ['公文下发', 'issue'],
  urgent: ['特急公文', 'urgent'],
  report: ['文件上报', 'report'],
  taken: ['自动回执', 'receipt taken'],
  sign: ['签收', 'receipt signed'],
  return: ['退文', 'return'],
  reply: ['办理答复', 'reply'],
  withdraw: ['撤回', 'withdrawal'],
  remind: ['短信催办', 'SMS reminder'],
  text: ['短信回复', 'SMS reply'],
  summary: ['会议回执汇总', 'who attends'],
  petition: ['信访件', 'petition'],
  decide: ['核定转送', 'released'],
  answer: ['信访答复', 'reply to citizen'],
  publish: ['信息公开', 'publication'],
  archive: ['归档', 'archived'],
  again: ['重复提交', 'same again'],
  bad: ['不合规输入', 'bad input'],
}
const COLUMNS: readonly (readonly [keyof Tally, string, string])[] = [
  ['attempted', '应办', 'attempted'],
  ['acknowledged', '已收', 'acked'],
  ['refused', '拒收', 'refused'],
  ['delivered', '送达', 'delivered'],
  ['lost', '丢失', 'lost'],
  ['duplicated', '重件', 'dupl.'],
  ['repeated', '重投', 'repeated'],
  ['unexpected', '意外', 'unexp.'],
]

/** The accounts as a table for a terminal, Chinese first. */
export function table(reckoning: Reckoning): string {
  const rows = [
    ['', ...COLUMNS.map(([, zh]) => zh)],
    ['', ...COLUMNS.map(([, , en]) => en)],
    ...ROWS.map((row) => [
      `${NAMES[row][0]} ${NAMES[row][1]}`,
      ...COLUMNS.map(([field]) => String(reckoning.kinds[row][field])),
    ]),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => columns(row[column] ?? '')))) ?? []
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? padEnd(cell, widths[column]) : padStart(cell, widths[column])))
      .join('  '),
  )
  const rule = '─'.repeat(widths.reduce((total, one) => total + one + 2, -2))
  return [
    ...lines.slice(0, 2),
    rule,
    ...lines.slice(2),
    rule,
    ...checks(reckoning),
    ...complaints(reckoning),
    verdict(reckoning),
  ].join('\n')
}

function checks(reckoning: Reckoning): string[] {
  return reckoning.order.map((check) => `${check.ok ? '✓' : '✗'} ${check.zh} ${check.en} (${check.compared})`)
}

function complaints(reckoning: Reckoning): string[] {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0
      ? []
      : [
          `${title}:`,
          ...lines.slice(0, 20).map((line) => `  ${line}`),
          ...(lines.length > 20 ? [`  … ${lines.length - 20}`] : []),
        ]
  return [
    ...section('丢失 lost', reckoning.lost),
    ...section('重件 duplicated', reckoning.duplicated),
    ...section('意外 unexpected', reckoning.unexpected),
    ...section('无应答 unanswered', reckoning.unanswered),
    ...section(
      '次序 order',
      reckoning.order.flatMap((check) => check.wrong),
    ),
  ]
}

function verdict(reckoning: Reckoning): string {
  const extra = [
    ...(reckoning.kills === 0 ? [] : [`进程被杀 killed ${reckoning.kills}×`]),
    ...(reckoning.retries === 0 ? [] : [`客户端重试 client retries ${reckoning.retries}`]),
  ].join(' · ')
  return `${reckoning.balanced ? '✓ 账目平衡 The accounts balance' : '✗ 账目不平 The accounts do NOT balance'}${extra === '' ? '' : `  (${extra})`}`
}
