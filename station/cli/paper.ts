import type { Command } from 'commander'
import type { PaperItem } from '../../core/ledger/port.ts'
import { each, most } from './dead-letters.ts'
import { when } from './text.ts'
import { actor, query, type CliTools } from './tools.ts'
import { shownName, shownTitle } from './where-text.ts'

/** What has expired and is to be sent on paper. */
export function paperCommands(program: Command, tools: CliTools): void {
  const { ask, print } = tools
  const paper = program.command('paper').description('纸质补送：逾期未送达的件 / what has expired and goes on paper')
  paper
    .command('list')
    .description('待补送的件：公文、单位、原因、何时起 / document, unit, why, since when')
    .option('--max <n>', '最多列出几条 / at most so many, 1–1000', most, 100)
    .option('--after <id>', '从这一条之后列起 / what stands behind this one')
    .action(async ({ max, after }: { max: number; after?: string }) => {
      const items = await ask<PaperItem[]>('GET', `/paper${query({ max: String(max), after })}`)
      const last = items.length < max ? undefined : items.at(-1)
      print(items, () =>
        items.length === 0
          ? ['没有待纸质补送的件 / nothing waits for paper']
          : [
              ...items.flatMap(paperLines),
              ...(last === undefined ? [] : [`可能还有 / there may be more: --after ${last.id}`]),
            ],
      )
    })
  paper
    .command('sent')
    .argument('<ids...>', '清单中的编号 / their ids in the list')
    .description('已纸质送达：从清单中销去，记下经手人 / sent on paper: off the list, and who did it is booked')
    .option('--by <name>', '经手人 / who sent it', actor())
    .option('--note <text>', '说明，如送达方式 / how, for instance')
    .action(async (ids: string[], { by, note }: { by: string; note?: string }) => {
      await each(tools, ids, 'sent', '已销', (id) =>
        ask('POST', '/paper/sent', { id, actor: by, ...(note === undefined ? {} : { note }) }),
      )
    })
}

function paperLines({ id, message, system, unit, since, expiredAt, attempts, error }: PaperItem): string[] {
  const name = message.recipients.find((recipient) => recipient.unit === unit)?.name
  return [
    id,
    `  ${shownName(message)}  ${shownTitle(message)}`,
    `  ${name === undefined ? (unit ?? '') : `${name} (${unit ?? ''})`}  ${system}  自 since ${when(since)}  逾期 expired ${when(expiredAt)}`,
    error === undefined
      ? '  对方一直没有来取 / its system never fetched it'
      : `  ${attempts} 次 attempts  ${error.code} ${error.message}`,
  ]
}
