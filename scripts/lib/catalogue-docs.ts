import { CATALOGUE, type ErrorCode } from '../../core/errors/catalogue.ts'
import { EVENTS, groupOf, isAlarm, type EventCode } from '../../core/events/catalogue.ts'
import type { EventEntry } from '../../core/events/entry.ts'

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
  const rows = codes.sort().map((code) => {
    const entry: EventEntry = EVENTS[code]
    return `| \`${code}\` | ${LEVELS[entry.level]} | ${entry.audit === true ? '是 yes' : ''} | ${isAlarm(code) ? '是 yes' : ''} | ${groupOf(code) === undefined ? '' : `\`${groupOf(code)}\``} | ${entry.zh} | ${entry.en} |`
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
| \`place\` | 流程的订阅、通道或队列 subscription, channel or queue |
| \`source\` | 请求来自的地址 address that a request came from |
| \`actor\` | 账号、操作员或节点 account, operator or node |
| \`row\`, \`attempt\` | 流程或投递编号与第几次 hop or delivery, and which attempt |
| \`ms\` | 耗时（毫秒）milliseconds |
| \`error\` | 错误代码，见 [errors.md](errors.md) code of the error catalogue |
| \`detail\` | 说明；电话与证件号已遮盖 one line; phone and identity numbers masked |
| \`times\` | 这一行合并了几次，没有即一次 so many of them in this line, 1 where absent |
| \`over\` | 此后未再出现；\`times\` 为总数 not again since, \`times\` is the sum |

重复的合并：同一对象（系统、来源、流程）的错误与警告，第一次立即记，之后隔 1、5、15、60 分钟记一行次数，停了再记一行总数；恢复立即记。同一对象一分钟至多三行。等人处理的每件一行，不合并；只有自行来去的报警（熔断、总线、编辑器、水位）与其恢复一起合并，至迟一分钟内记。“合并”列：与哪一组一起合并；空为不合并。台账（“审计”列）与指标不合并，只有来路不明者的失败（\`account.rejected\` 等）在台账中也按来源合并。
What repeats is folded: of one subject (a system, a source, a flow) errors and warnings are told at first, then counted after 1, 5, 15, 60 minutes, then summed up when they are over; a recovery is told at once. No subject has more than three lines a minute. What waits for a person has a line each and never folds; only alarms that come and go by themselves (circuits, the bus, the editor, watermarks) fold, with their recovery, and are told within a minute. The column “folded” names the group; empty: never. Ledger and metrics have every single one, but for what strangers fail at (\`account.rejected\` …), which the ledger has folded by source.

“审计”列为“是”的事件同时进入台账的审计链；\`yizhan audit\` 核验。Events marked in the audit column are links of the ledger's audit chain too.

| 代码 code | 级别 level | 审计 audit | 报警 alarm | 合并 folded | 含义 | meaning |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

同样的事件也是指标：\`/metrics\` 的 \`yizhan_events_total{code,system,kind}\` 与 \`yizhan_step_seconds{code,system}\`（须带运维令牌 \`admin.token\`：\`Authorization: Bearer …\`）。
The same events are metrics on \`/metrics\`, for the bearer of \`admin.token\`. 报警、Prometheus 与 syslog：Alarms, Prometheus and syslog: [operations-logs.md](operations-logs.md).
`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
