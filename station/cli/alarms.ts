import type { Command } from 'commander'
import type { Alarm } from '../../core/alarm/engine.ts'
import { alarmName } from '../../core/alarm/words.ts'
import { table, when } from './text.ts'
import { actor, query, type CliTools } from './tools.ts'

/** What is on, and saying that one has it in hand. */
export function alarmCommands(program: Command, { ask, print }: CliTools): void {
  const alarms = program.command('alarms').description('告警 / alarms')
  alarms
    .command('show', { isDefault: true })
    .option('--all', '也列出已解除的 / those that are over too')
    .description('现有的告警 / those that are on')
    .action(async ({ all }: { all?: true }) => {
      const answer = await ask<{ alarms: readonly Alarm[] }>(
        'GET',
        `/api/v1/alarms${all ? query({ all: 'true' }) : ''}`,
      )
      print(answer, () => (answer.alarms.length === 0 ? ['没有告警 / no alarms'] : linesOf(answer.alarms)))
    })
  alarms
    .command('acknowledge')
    .argument('<id>', '告警标识 / the alarm’s id')
    .option('--note <text>', '说明 / a note')
    .description('确认：有人在处理，不再升级 / somebody has it in hand: it goes on to nobody else')
    .action(async (id: string, { note }: { note?: string }) => {
      const alarm = await ask<Alarm>('POST', '/api/v1/alarms/acknowledge', { id, actor: actor(), note })
      print(alarm, () => [`已确认 / acknowledged: ${alarmName(alarm)}`, ...linesOf([alarm])])
    })
}

function linesOf(alarms: readonly Alarm[]): string[] {
  return table(
    ['起 since', '轻重 severity', '告警 alarm', '次 times', '说明 detail', '现状 state', '标识 id'],
    alarms.map((alarm) => [
      when(alarm.openedAt),
      alarm.severity === 'critical' ? '严重 critical' : '警告 warning',
      alarmName(alarm),
      alarm.times,
      alarm.detail,
      stateOf(alarm),
      alarm.id,
    ]),
  )
}

function stateOf({ overAt, acknowledged, tellings }: Alarm): string {
  if (overAt !== undefined) return `${when(overAt)} 解除 over`
  if (acknowledged !== undefined) return `${acknowledged.by} 已确认 acknowledged`
  return tellings.length === 0 ? '未告知 told nobody' : `已告知 ${tellings.length} 次 told`
}
