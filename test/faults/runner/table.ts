import type { Account } from './counting.ts'
import type { RunResult } from './run.ts'

/** So many seeds are summed in a row. */
const SEEDS_A_ROW = 10

const COUNTS = ['lost', 'unexpected', 'duplicated', 'outOfOrder', 'overtaken'] as const

/** What must be nothing in every run. */
export function faultsOf(account: Account): readonly string[] {
  return COUNTS.flatMap((count) => account[count].map((what) => `${count}: ${what}`))
}

/** One table that sums ranges of seeds, and one of the faults. */
export function tablesOf(runs: readonly RunResult[]): string {
  const ranges = [...Map.groupBy(runs, ({ seed }) => Math.floor(seed / SEEDS_A_ROW)).values()]
  const rows = ranges.map((range) => [`${range[0]?.seed ?? ''}–${range.at(-1)?.seed ?? ''}`, ...sums(range)])
  const all = runs.flatMap(({ recoveries }) => recoveries)
  const byFault = [...Map.groupBy(all, ({ fault }) => fault)].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...table(
      [
        ...['种子 seeds', '故障 faults', 'SIGKILL', '已确认 acknowledged', '丢失 lost', '多出 unexpected'],
        ...['重复 duplicated', '再来已识 recognised', '失序 out of order', '越急 overtaken'],
        ...['恢复中位 recovered after, median s', '最长 longest s'],
      ],
      [...rows, ...(rows.length > 1 ? [['合计 all', ...sums(runs)]] : [])],
    ),
    '',
    ...table(
      ['故障 fault', '次 times', '恢复中位 recovered after, median s', '最长 longest s'],
      byFault.map(([fault, recoveries]) => [fault, recoveries.length, ...times(recoveries)]),
    ),
  ].join('\n')
}

function sums(runs: readonly RunResult[]): (string | number)[] {
  const recoveries = runs.flatMap((run) => run.recoveries)
  const count = (of: (account: Account) => number): number => runs.reduce((sum, { account }) => sum + of(account), 0)
  return [
    recoveries.length,
    recoveries.reduce((sum, { kills }) => sum + kills, 0),
    count(({ acknowledged }) => acknowledged),
    ...(['lost', 'unexpected', 'duplicated'] as const).map((what) => count((account) => account[what].length)),
    count(({ recognised }) => recognised),
    ...(['outOfOrder', 'overtaken'] as const).map((what) => count((account) => account[what].length)),
    ...times(recoveries),
  ]
}

function times(recoveries: readonly { readonly seconds: number }[]): readonly string[] {
  const sorted = recoveries.map(({ seconds }) => seconds).sort((a, b) => a - b)
  const [middle, longest] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0]
  return [middle.toFixed(2), longest.toFixed(2)]
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
