import { CATALOGUE, type ErrorCode } from '../../core/errors/catalogue.ts'
import { EVENTS, type EventCode, type EventEntry } from '../../core/events/catalogue.ts'

/** `docs/errors.md` and `docs/logs.md` are written from the catalogues, and held against them by a test. */

const LEVELS: Readonly<Record<string, string>> = {
  error: '错误 error',
  warn: '警告 warn',
  info: '信息 info',
  debug: '调试 debug',
}

export function errorsPage(): string {
  const codes = Object.keys(CATALOGUE) as ErrorCode[]
  const rows = codes.sort().map((code) => {
    const { zh, en, remedy, status = 400, retryable = false } = CATALOGUE[code]
    return `| \`${code}\` | ${status} | ${retryable ? '是 yes' : '否 no'} | ${cell(zh)}<br>${cell(en)} | ${cell(remedy.zh)}<br>${cell(remedy.en)} |`
  })
  return `# 错误目录 The error catalogue

每个错误都说明字段、值、规则和出路；代码长期不变。SOAP 故障的 \`detail\` 与 HTTP 应答的 \`error\` 带同样的内容。
Every error names field, value, rule and the way out; codes are stable. \`{field}\`, \`{value}\`, \`{rule}\` and \`{detail}\` are filled in.

| 代码 code | HTTP | 可重试 retry | 含义 meaning | 出路 way out |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

export function logsPage(): string {
  const codes = Object.keys(EVENTS) as EventCode[]
  const rows = codes.map((code) => {
    const entry: EventEntry = EVENTS[code]
    return `| \`${code}\` | ${LEVELS[entry.level]} | ${entry.audit === true ? '是 yes' : ''} | ${entry.zh} | ${entry.en} |`
  })
  return `# 日志目录 The log catalogue

一行一个事件，JSON，写在 \`<data>/logs/yizhan-YYYY-MM-DD.log\`（按日轮换，保留 184 天）和控制台。正常时每一步只有一行。
One JSON line an event. Fields beside \`code\`, \`level\`, \`text\`, \`at\` (Asia/Shanghai) and \`station\`, each only where it applies:

| 字段 field | 含义 meaning |
| --- | --- |
| \`number\` | 发文字号 business number |
| \`message\`, \`kind\` | 本站编号与种类 our message id and kind |
| \`trace\` | 追踪号：同一公文引出的一切 shared by all that came of one document |
| \`system\`, \`unit\` | 系统与单位 system and unit |
| \`actor\` | 账号、操作员或节点 account, operator or node |
| \`row\`, \`attempt\` | 流程或投递编号与第几次 hop or delivery, and which attempt |
| \`ms\` | 耗时（毫秒）milliseconds |
| \`error\` | 错误代码，见 [errors.md](errors.md) code of the error catalogue |
| \`detail\` | 说明；电话与证件号已遮盖 one line; phone and identity numbers masked |

“审计”列为“是”的事件同时进入台账的审计链；\`yizhan audit\` 核验。Events marked in the audit column are links of the ledger's audit chain too.

| 代码 code | 级别 level | 审计 audit | 含义 | meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

同样的事件也是指标：\`/metrics\` 的 \`yizhan_events_total{code,system,kind}\` 与 \`yizhan_step_seconds{code,system}\`（须带运维令牌 \`admin.token\`：\`Authorization: Bearer …\`）。
The same events are metrics on \`/metrics\`, for the bearer of \`admin.token\`.
`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
