import { InvalidArgumentError, type Command } from 'commander'
import { stringify } from 'yaml'
import { readJsonFile } from '../json-file.ts'
import { CommandRefusal, shownText, type ShownError } from './refusal.ts'
import { actor, query, reading, type CliTools } from './tools.ts'
import { deadLetterLines, type DeadLetterView } from './where-text.ts'

export const MOST = 1000

/** As many as one answer of the station has room for. */
export function most(text: string): number {
  const max = Number(text)
  if (Number.isInteger(max) && max >= 1 && max <= MOST) return max
  throw new InvalidArgumentError(`1–${MOST} 的整数 / an integer from 1 to ${MOST}`)
}

export function deadLetterCommands(program: Command, tools: CliTools): void {
  const { ask, print } = tools
  const dead = program
    .command('dead-letters')
    .description('死信：流程或投递失败、等人处理的件 / what failed and waits for a person')
  dead
    .command('list')
    .description('列出 / list them')
    .option('--system <id>', '只列投往此系统的 / deliveries to this system only')
    .option('--subscription <name>', '只列此订阅的 / of this subscription only')
    .option('--max <n>', `最多列出几条 / at most so many, 1–${MOST}`, most, 100)
    .action(async ({ system, subscription, max }: { system?: string; subscription?: string; max: number }) => {
      const letters = await ask<DeadLetterView[]>(
        'GET',
        `/dead-letters${query({ system, subscription, max: String(max) })}`,
      )
      print(letters, () => listLines(letters, max))
    })
  dead
    .command('show')
    .argument('<id>', '死信编号 / its id')
    .description('一件的原因与内容 / why it failed, and its content')
    .option('--whole', '不掩码，查阅者记入审计链 / nothing masked: who reads it is booked')
    .action(async (id: string, { whole }: { whole?: true }) => {
      const letter = await ask<DeadLetterView>('GET', `/dead-letters/show${query({ id, ...reading(whole) })}`)
      print(letter, () => [...deadLetterLines(letter), '', ...stringify(letter.message).trimEnd().split('\n')])
    })
  dead
    .command('replay')
    .argument('<ids...>', '死信编号 / their ids')
    .description('重放 / try again')
    .option(
      '--message <file>',
      '用修正后的消息（JSON，取自 show --whole --json 的 message） / with a repaired message: the JSON that show --whole --json has as `message`',
    )
    .action(async (ids: string[], options: { message?: string }) => {
      const message = options.message === undefined ? undefined : (readJsonFile('--message', options.message) as object)
      await each(tools, ids, 'replayed', '已重放', (id) =>
        ask('POST', '/dead-letters/replay', { id, actor: actor(), ...(message === undefined ? {} : { message }) }),
      )
    })
  dead
    .command('drop')
    .argument('<ids...>', '死信编号 / their ids')
    .description('丢弃，发送方得知已放弃 / give up: the sender is told')
    .requiredOption('--reason <text>', '原因 / why')
    .action(async (ids: string[], { reason }: { reason: string }) => {
      await each(tools, ids, 'dropped', '已丢弃', (id) =>
        ask('POST', '/dead-letters/drop', { id, actor: actor(), reason }),
      )
    })
}

function listLines(letters: readonly DeadLetterView[], max: number): string[] {
  if (letters.length === 0) return ['没有死信 / no dead letters']
  const more = `只列出 ${letters.length} 条，可能还有：用 --max、--system 或 --subscription / there may be more: --max, --system or --subscription`
  return [...letters.flatMap(deadLetterLines), ...(letters.length < max ? [] : [more])]
}

/** One after the other; what the station refuses of one does not keep it from the next. */
export async function each(
  { print, no }: CliTools,
  ids: readonly string[],
  done: 'replayed' | 'dropped' | 'sent',
  zh: string,
  act: (id: string) => Promise<unknown>,
): Promise<void> {
  const results: { readonly id: string; readonly [done: string]: unknown; readonly error?: ShownError }[] = []
  const show = (): void =>
    print(results, () =>
      results.map(({ id, error }) => (error === undefined ? `${zh} / ${done}: ${id}` : `${id}: ${shownText(error)}`)),
    )
  for (const id of ids) {
    try {
      await act(id)
      results.push({ id, [done]: true })
    } catch (error) {
      if (!(error instanceof CommandRefusal) || !error.isNo) {
        if (results.length > 0) show()
        throw error
      }
      results.push({ id, [done]: false, error: error.shown })
      no()
    }
  }
  show()
}
