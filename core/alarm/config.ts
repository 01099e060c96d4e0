import { z } from 'zod'
import type { NoticeAddress } from '../message/notice.ts'
import { EVENTS, type EventCode } from '../events/catalogue.ts'

/** alerts.yaml: what is an alarm, who is told, by which way, and when it goes on to others. Times are Asia/Shanghai. */

const since = '0.2.0'
const id = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/)
const minutes = z.number().min(0).max(44_640)

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const SEVERITIES = ['warning', 'critical'] as const

const personSchema = z.strictObject({
  id: id.meta({ description: '标识 / id', since }),
  name: z.string().min(1).max(100).meta({ description: '姓名 / name', since }),
  phone: z
    .string()
    .regex(/^1\d{10}$/)
    .optional()
    .meta({ description: '手机，11 位 / mobile number, 11 digits', since }),
  mail: z.email().max(254).optional().meta({ description: '邮箱 / mail address', since }),
})

const shiftSchema = z.strictObject({
  people: z.array(id).min(1).meta({ description: '谁值班 / who is on duty', since }),
  dates: z
    .array(z.string().regex(/^\d{4}-\d\d-\d\d(?:\.\.\d{4}-\d\d-\d\d)?$/))
    .min(1)
    .optional()
    .meta({ description: '这些日子（含起止） / on these days: YYYY-MM-DD, or a range FROM..TO', since }),
  days: z
    .array(z.enum(DAYS))
    .min(1)
    .optional()
    .meta({ description: '每周的这些日子；没有则每天 / days of the week; absent: every day', since }),
  from: timeOfDay.default('00:00').meta({ description: '自几点 / from this time of day', since }),
  to: timeOfDay
    .default('24:00')
    .meta({ description: '至几点；早于 from 即到次日 / until; earlier than from: on the next day', since }),
})

const wayBase = { id: id.meta({ description: '标识 / id', since }) }
const waySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...wayBase,
    kind: z.literal('notice').meta({
      description: '提醒，给人：经短信、邮件等系统 / a notice to people, by a system that sends notices',
      since,
    }),
    system: z.string().meta({ description: '经哪个系统 / the system that sends it', since }),
  }),
  z.strictObject({
    ...wayBase,
    kind: z
      .literal('bus')
      .meta({ description: '发到 <prefix>alarms 交换机 / the topic exchange <prefix>alarms', since }),
  }),
  z.strictObject({
    ...wayBase,
    kind: z.literal('webhook').meta({ description: '以 HTTP POST 发 JSON / HTTP POST of JSON', since }),
    url: z.url({ protocol: /^https?$/ }).meta({ description: '地址 / where to', since }),
    signed: z.boolean().default(false).meta({
      description: '用密钥 alarm.<id> 签名（HMAC-SHA256，X-Yizhan-Signature） / signed by the secret alarm.<id>',
      since,
    }),
  }),
])

const stepSchema = z.strictObject({
  afterMinutes: minutes
    .default(0)
    .meta({ description: '无人确认这么久之后 / when nobody has acknowledged it for so long', since }),
  to: z
    .union([z.literal('duty'), z.array(id).min(1)])
    .default('duty')
    .meta({ description: '值班的人，或这些人 / who is on duty, or these people', since }),
  ways: z.array(id).min(1).meta({
    description: '依次的途径；出事的就是它时用下一个 / in this order: one that is itself the trouble is passed over',
    since,
  }),
  all: z
    .boolean()
    .default(false)
    .meta({ description: '各途径都用，不只第一个能用的 / by all of them, not only the first that is sound', since }),
})

/** Looked up when a file is read: adapters add events of their own. What alarms say themselves would never end. */
const eventCode = z
  .custom<EventCode>(
    (code) => typeof code === 'string' && code in EVENTS && !code.startsWith('alarm.'),
    '日志目录中的代码，alarm.* 除外 / a code of the log catalogue (docs/logs.md), other than alarm.*',
  )
  .meta({ type: 'string' })
const filterSystems = z
  .array(z.string())
  .min(1)
  .optional()
  .meta({ description: '只看这些系统 / these systems only', since })

const ruleBase = {
  id: id.meta({ description: '标识；与随带的同名则代替它 / id; one of a shipped rule takes its place', since }),
  severity: z.enum(SEVERITIES).default('warning').meta({ description: '轻重 / severity', since }),
  off: z.literal(true).optional().meta({ description: '不用这一条 / this rule is not used', since }),
  steps: z.array(stepSchema).max(10).optional().meta({
    description: '告知谁，逐级；没有则用 steps / who is told, level by level; absent: the steps of the file',
    since,
  }),
}

const ruleSchema = z.discriminatedUnion('when', [
  z.strictObject({
    ...ruleBase,
    when: z.literal('system-down').meta({ description: '系统不通 / a system is down', since }),
    minutes: minutes.default(2).meta({ description: '持续多久 / for so long', since }),
    systems: filterSystems,
  }),
  z.strictObject({
    ...ruleBase,
    when: z.literal('backlog').meta({ description: '积压 / what waits for a system', since }),
    more: z.number().int().min(0).default(1000).meta({ description: '多于几件 / more than so many', since }),
    minutes: minutes.default(5).meta({ description: '持续多久 / for so long', since }),
    systems: filterSystems,
  }),
  z.strictObject({
    ...ruleBase,
    when: z.literal('dead-letters').meta({ description: '死信 / dead letters', since }),
    more: z.number().int().min(0).default(0).meta({ description: '多于几件 / more than so many', since }),
    minutes: minutes.default(0).meta({ description: '持续多久 / for so long', since }),
  }),
  z.strictObject({
    ...ruleBase,
    when: z.enum(['bus-lost', 'no-flow', 'refusing', 'secrets-missing']).meta({
      description:
        'bus-lost 总线断；no-flow 有件无流程接；refusing 因盘满等不收；secrets-missing 缺密钥 / the bus is away; messages wait that no flow serves; nothing is accepted (disk); secrets are missing',
      since,
    }),
    minutes: minutes.default(1).meta({ description: '持续多久 / for so long', since }),
  }),
  z.strictObject({
    ...ruleBase,
    when: z.literal('event').meta({ description: '事件 / events', since }),
    codes: z.array(eventCode).min(1).meta({ description: '日志目录中的代码 / codes of the log catalogue', since }),
    times: z.number().int().min(1).default(1).meta({ description: '至少几次 / at least so many', since }),
    withinMinutes: minutes.min(1).default(10).meta({ description: '多久之内 / within', since }),
    overMinutes: minutes
      .min(1)
      .default(60)
      .meta({ description: '多久没有再发生即解除 / over when there was none for so long', since }),
    systems: filterSystems,
  }),
])

export const alertsSchema = z.strictObject({
  people: z.array(personSchema).max(500).default([]).meta({ description: '告知的人 / who may be told', since }),
  roster: z.array(shiftSchema).max(2_000).default([]).meta({
    description: '值班表；依次看，第一个合的 / the duty roster: the first that fits, dated ones before the others',
    since,
  }),
  ways: z
    .array(waySchema)
    .max(50)
    .default([])
    .meta({ description: '途径；日志与 syslog 总有 / ways; log and syslog always get all', since }),
  quiet: z
    .strictObject({
      from: timeOfDay.meta({ description: '自 / from', since }),
      to: timeOfDay.meta({ description: '至 / until', since }),
      severities: z
        .array(z.enum(SEVERITIES))
        .default(['warning'])
        .meta({ description: '这些留到其后 / these wait until it is over', since }),
    })
    .optional()
    .meta({ description: '安静时间 / quiet hours', since }),
  steps: z.array(stepSchema).max(10).default([]).meta({ description: '逐级告知 / who is told, level by level', since }),
  clear: z
    .boolean()
    .default(true)
    .meta({ description: '解除时也告知 / those who were told hear when it is over', since }),
  rules: z.array(ruleSchema).max(200).default([]).meta({ description: '规则 / rules', since }),
})

export type AlertsConfig = z.infer<typeof alertsSchema>
export type AlarmRule = AlertsConfig['rules'][number]
export type AlarmStep = AlertsConfig['steps'][number]
export type AlarmWay = AlertsConfig['ways'][number]
export type AlarmPerson = AlertsConfig['people'][number]
export type Shift = AlertsConfig['roster'][number]

/** What is wrong between the parts of the file, with the path of each. */
export function alertFaults(
  config: AlertsConfig,
  systems: readonly { readonly id: string; readonly noticeTo: NoticeAddress | undefined }[],
): { readonly path: readonly (string | number)[]; readonly value: string; readonly rule: string }[] {
  const faults: { path: (string | number)[]; value: string; rule: string }[] = []
  const add = (path: (string | number)[], value: string, rule: string): void => void faults.push({ path, value, rule })
  const people = new Set(config.people.map((person) => person.id))
  const ways = new Set(config.ways.map((way) => way.id))
  for (const key of ['people', 'ways', 'rules'] as const) {
    const seen = new Set<string>()
    for (const [n, entry] of config[key].entries()) {
      if (seen.has(entry.id)) add([key, n, 'id'], entry.id, '重复 / given twice')
      seen.add(entry.id)
    }
  }
  const known = (path: (string | number)[], given: readonly string[]): void => {
    for (const person of given)
      if (!people.has(person)) add(path, person, `people 中没有此人 / not among people (${[...people].join(', ')})`)
  }
  for (const [n, shift] of config.roster.entries()) known(['roster', n, 'people'], shift.people)
  for (const [n, way] of config.ways.entries()) {
    if (way.kind !== 'notice') continue
    const takers = systems.filter(({ noticeTo }) => noticeTo !== undefined).map((system) => system.id)
    if (!takers.includes(way.system))
      add(['ways', n, 'system'], way.system, `须为发提醒的系统 / a system that sends notices (${takers.join(', ')})`)
  }
  const lists: [(string | number)[], readonly AlarmStep[]][] = [
    [['steps'], config.steps],
    ...config.rules.map((rule, n): [(string | number)[], readonly AlarmStep[]] => [
      ['rules', n, 'steps'],
      rule.steps ?? [],
    ]),
  ]
  for (const [path, steps] of lists)
    for (const [n, step] of steps.entries()) {
      if (step.to !== 'duty') known([...path, n, 'to'], step.to)
      for (const way of step.ways)
        if (!ways.has(way)) add([...path, n, 'ways'], way, `ways 中没有 / not among ways (${[...ways].join(', ')})`)
      if (n > 0 && step.afterMinutes <= (steps[n - 1]?.afterMinutes ?? 0))
        add([...path, n, 'afterMinutes'], String(step.afterMinutes), '须晚于前一级 / later than the level before')
    }
  for (const [n, rule] of config.rules.entries())
    for (const system of 'systems' in rule ? (rule.systems ?? []) : [])
      if (!systems.some((one) => one.id === system)) add(['rules', n, 'systems'], system, '没有此系统 / no such system')
  return faults
}

/** Rules of the file over those that are shipped, by id; without those that are off. */
export function rulesInForce(own: readonly AlarmRule[], shipped: readonly AlarmRule[]): AlarmRule[] {
  const ids = new Set(own.map((rule) => rule.id))
  return [...own, ...shipped.filter((rule) => !ids.has(rule.id))].filter((rule) => rule.off !== true)
}
