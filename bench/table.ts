import { acceptTable, type AcceptResult } from './accept.ts'
import { burstTable, type BurstResult } from './burst.ts'
import type { EndToEndRow } from './end-to-end.ts'
import { growthTable, type GrowthResult } from './growth.ts'
import { killTable, type KillResult } from './kill.ts'
import type { Machine } from './machine.ts'
import { markdownTable } from './markdown.ts'
import { RIVAL_NAMES, RIVALS } from './rivals.ts'
import { significant } from './statistics.ts'

/** What one call of the bench measured, as `--json` writes it. */
export interface BenchResult {
  readonly rounds: number
  readonly accept?: AcceptResult
  readonly endToEnd?: readonly EndToEndRow[]
  readonly kill?: KillResult
  readonly burst?: BurstResult
  readonly growth?: GrowthResult
  readonly machine: Machine
}

/** The figures for people to read, as docs/performance.md shows them. */
export function tables({ rounds, accept, endToEnd, kill, burst, growth, machine }: BenchResult): string {
  const about =
    `${machine.processors} × ${machine.model}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, ` +
    `fdatasync ${machine.fdatasyncMs} ms, load before ${machine.loadBefore}; 各 ${rounds} 轮取中位数 / medians of ${rounds} rounds`
  return [
    [about],
    ...(accept === undefined ? [] : [acceptTable(accept)]),
    ...(endToEnd === undefined ? [] : [rateTable(endToEnd), costTable(endToEnd)]),
    ...(kill === undefined ? [] : [killTable(kill)]),
    ...(burst === undefined ? [] : [burstTable(burst)]),
    ...(growth === undefined ? [] : [growthTable(growth)]),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

const eachRival = (
  rows: readonly EndToEndRow[],
  cells: (row: EndToEndRow, name: (typeof RIVALS)[number]) => readonly (string | number)[],
): (string | number)[][] =>
  rows.flatMap((row) => RIVALS.map((name) => [row.kB, RIVAL_NAMES[name], ...cells(row, name)]))

function rateTable(rows: readonly EndToEndRow[]): string[] {
  const head = [
    'kB',
    '',
    '件/秒 documents a second',
    '× expert',
    '× limit',
    '接收/秒 accepted a second',
    'p50 ms',
    'p99 ms',
  ]
  return [
    '全程 End to end, SOAP → RabbitMQ → SOAP, 32 clients',
    '',
    ...markdownTable(
      head,
      eachRival(rows, ({ figures, ratios }, name) => {
        const { perSecond, acceptPerSecond, p50, p99 } = figures[name]
        return [perSecond, ratios[name].timesExpert, ratios[name].ofLimit, acceptPerSecond, p50, p99]
      }),
    ),
  ]
}

function costTable(rows: readonly EndToEndRow[]): string[] {
  const head = [
    'kB',
    '',
    '站点 station',
    '流程 flows',
    '合计 both',
    '× expert',
    '代理 broker',
    '连代理 with broker',
    '× expert',
    '负载 load',
    '内存峰值 peak MB',
    '结束 end MB',
    '重复 repeated',
  ]
  return [
    '每件处理器毫秒，常驻内存 Processor ms a document, resident memory',
    '',
    ...markdownTable(
      head,
      eachRival(rows, ({ figures, ratios }, name) => {
        const { cpuMain, cpuFlows, cpuBroker, cpuLoad, memoryPeak, memoryEnd, repeated } = figures[name]
        const { cpuOfExpert, cpuWithBrokerOfExpert } = ratios[name]
        const both = cpuMain + cpuFlows
        const withBroker = significant(both + cpuBroker)
        return [
          ...[cpuMain, cpuFlows, significant(both), cpuOfExpert, cpuBroker, withBroker, cpuWithBrokerOfExpert],
          ...[cpuLoad, memoryPeak, memoryEnd, repeated],
        ]
      }),
    ),
  ]
}
