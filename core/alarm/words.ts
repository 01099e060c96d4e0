import { shanghaiTime } from '../util/shanghai.ts'
import type { Alarm, AlarmTelling } from './engine.ts'

const SEVERITY = { warning: '警告 warning', critical: '严重 critical' } as const
const WHAT = { raised: '告警', escalated: '告警升级', over: '解除' } as const

/** How an SMS or mail says it: what, since when, and how to say that one has it in hand; in Chinese, on one line. */
export function tellingText(alarm: Alarm, { what }: Pick<AlarmTelling, 'what'>, station: string): string {
  const since = shanghaiTime(alarm.openedAt).slice(5, 16)
  const head = `【驿站 ${station}】${WHAT[what]}：${alarmName(alarm)}`
  if (what === 'over') return `${head}，${since} 起，${shanghaiTime(alarm.overAt ?? alarm.lastAt).slice(11, 16)} 恢复。`
  const times = alarm.times > 1 ? `，${alarm.times} 次` : ''
  return `${head}，${chinese(alarm.detail)}${times}，${since} 起。知悉请回复 1。`
}

/** Of a mail. */
export function tellingSubject(alarm: Alarm, { what }: Pick<AlarmTelling, 'what'>): string {
  return `${WHAT[what]} ${SEVERITY[alarm.severity]} ${alarmName(alarm)}`.slice(0, 200)
}

export function alarmName({ rule, object, name }: Pick<Alarm, 'rule' | 'object' | 'name'>): string {
  if (object === '') return rule
  return name === object ? `${rule} ${object}` : `${rule} ${name} (${object})`
}

/** Details are written in Chinese and English: an SMS has room for one. */
function chinese(detail: string): string {
  return detail.split(' / ', 1)[0] ?? detail
}
