import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { Backlog } from '../../core/ledger/port.ts'
import { table, when } from './text.ts'
import { query, reading, type CliTools } from './tools.ts'
import { timelineLines, type WhereView } from './where-text.ts'

/** Where things are and what waits. */
export function whereCommands(program: Command, { ask, print, no }: CliTools): void {
  program
    .command('where')
    .argument('<text>', '发文字号、收文号或对方标识 / its number, our id or the sender’s')
    .description('公文在哪里 / where a document is')
    .option('--whole', '不掩码，查阅者记入审计链 / nothing masked: who reads it is booked')
    .action(async (text: string, { whole }: { whole?: true }) => {
      const found = await ask<WhereView[]>('GET', `/where${query({ q: text, ...reading(whole) })}`)
      print(found, () => (found.length === 0 ? [`没有找到 / not found: ${text}`] : found.flatMap(timelineLines)))
      if (found.length === 0) no()
    })

  program
    .command('health')
    .description('站点状况：是否就绪，在等什么 / whether the station is ready, and for what it waits')
    .action(async () => {
      const health = await ask<{ readonly ready: boolean; readonly waitingFor: readonly string[] }>('GET', '/health')
      print(health, () => [
        health.ready ? '就绪 / ready' : `未就绪 / not ready: ${health.waitingFor.join('；')}`,
        '',
        ...stringify(health).trimEnd().split('\n'),
      ])
      if (!health.ready) no()
    })

  program
    .command('backlog')
    .description('积压：各订阅、各系统未了的件数 / what is open, by subscription and system')
    .action(async () => {
      const backlog = await ask<Backlog>('GET', '/backlog')
      print(backlog, () => backlogLines(backlog))
    })
}

function backlogLines({ hops, deliveries, pickup, dead, subscriptions }: Backlog): string[] {
  const seen = new Map(subscriptions.map(({ name, lastSeen }) => [name, when(lastSeen)]))
  const rows = [
    ...Object.entries(hops).map(([name, open]) => ['流程 flow', name, open, seen.get(name) ?? ''] as const),
    ...Object.entries(deliveries).map(([name, open]) => ['待推送 to push', name, open, ''] as const),
    ...Object.entries(pickup).map(([name, open]) => ['待取 to be fetched', name, open, ''] as const),
  ]
  return [
    ...(rows.length === 0
      ? ['没有积压 / nothing is open']
      : table(['', '订阅或系统 name', '件 open', '流程最近在线 last served'], rows)),
    dead === 0 ? '没有死信 / no dead letters' : `死信 ${dead} 件：yizhan dead-letters list / ${dead} dead letters`,
  ]
}
