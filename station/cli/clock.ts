import type { Command } from 'commander'
import type { ClockState } from '../clock-watch.ts'
import { when } from './text.ts'
import { actor, type CliTools } from './tools.ts'

/** How the station's clock is, and a person's word that it is right. */
export function clockCommands(program: Command, { ask, print }: CliTools): void {
  const clock = program.command('clock').description('站点时钟 / the station’s clock')
  clock
    .command('show', { isDefault: true })
    .description('站点时间，有无待确认的跳变 / its time, and a gap that waits to be confirmed')
    .action(async () => {
      const state = await ask<ClockState>('GET', '/clock')
      print(state, () => linesOf(state))
    })
  clock
    .command('accept')
    .description('确认时钟无误，逾期处理继续 / confirm that the clock is right: expiries go on')
    .action(async () => {
      const state = await ask<ClockState>('POST', '/clock/accept', { actor: actor() })
      print(state, () => ['已确认 / confirmed', ...linesOf(state)])
    })
}

function linesOf({ now, gap }: ClockState): string[] {
  if (gap === undefined) return [`${when(now)}  正常 / as it should be`]
  const hours = `${gap.ms > 0 ? '+' : ''}${(gap.ms / 3600_000).toFixed(1)} h`
  const text =
    gap.since === 'running'
      ? `时钟跳变 ${hours}：站点暂按均匀走时，逾期处理暂停 / the clock jumped by ${hours}: time goes on evenly, nothing expires`
      : `距上次登记 ${hours}：逾期处理暂停 / ${hours} since the last booking: nothing expires`
  return [`${when(now)}  ${text}`, '→ 校正系统时钟；时钟无误的，yizhan clock accept / mend the clock, or confirm it']
}
