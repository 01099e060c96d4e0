import type { AcceptFigures, AcceptResult } from './accept.ts'
import type { EndToEndFigures, EndToEndRow } from './end-to-end.ts'
import type { Machine } from './machine.ts'

export interface BenchResult {
  readonly rounds: number
  readonly accept?: AcceptResult
  readonly endToEnd?: readonly EndToEndRow[]
  readonly machine: Machine
}

/** The figures for people to read; each a median over the rounds. */
export function tables({ rounds, accept, endToEnd, machine }: BenchResult): string {
  const about =
    `${machine.processors} × ${machine.model}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, ` +
    `fdatasync ${machine.fdatasyncMs} ms, load before ${machine.loadBefore}; 各 ${rounds} 轮取中位数 / medians of ${rounds} rounds`
  return [
    about,
    ...(accept === undefined ? [] : acceptTable(accept)),
    ...(endToEnd === undefined ? [] : endToEndTable(endToEnd)),
  ].join('\n')
}

function acceptTable({ ours, limit, ratio, detail }: AcceptResult): string[] {
  const row = (name: string, perSecond: number, { p50, p99, cpuMsEach }: AcceptFigures): string =>
    `| ${name} | ${perSecond} | ${p50} | ${p99} | ${cpuMsEach} |`
  return [
    '',
    `接收 Acceptance, 1 kB, 64 clients: ${ratio} of the limit`,
    '| | 每秒 a second | p50 ms | p99 ms | CPU ms each |',
    '|---|---|---|---|---|',
    row('驿站 station', ours, detail.ours),
    row('只写库 insert only', limit, detail.limit),
  ]
}

function endToEndTable(rows: readonly EndToEndRow[]): string[] {
  const line = (kB: number, name: string, figures: EndToEndFigures): string => {
    const { perSecond, acceptPerSecond, p50, p99, cpuMain, cpuFlows, cpuBroker, cpuLoad, repeated } = figures
    return `| ${[kB, name, perSecond, acceptPerSecond, p50, p99, cpuMain, cpuFlows, cpuBroker, cpuLoad, repeated].join(' | ')} |`
  }
  const head = [
    'kB',
    '',
    '件/秒 documents a second',
    '接收/秒 accepted',
    'p50 ms',
    'p99 ms',
    'CPU ms: main',
    'flows',
    'broker',
    'load',
    '重复 repeated',
  ]
  return [
    '',
    '全程 End to end, SOAP → RabbitMQ → SOAP, 32 clients',
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows.flatMap(({ kB, detail }) => [
      line(kB, '驿站 station', detail.ours),
      line(kB, '专家流程 expert', detail.expert),
    ]),
    `倍数 times the expert: ${rows.map(({ kB, ratio }) => `${kB} kB ${ratio}`).join(', ')}`,
  ]
}
