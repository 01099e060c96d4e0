import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { CliTools } from './cli-archive.ts'

interface HeldView {
  readonly id: string
  readonly at: number
  readonly system: string
  readonly account: string
  readonly kind: string
  readonly why: string
}

interface UnreadView {
  readonly at: number
  readonly message?: string
  readonly number?: string
  readonly system?: string
  readonly detail?: string
}

/** What waits for a person to say whether it is classified, and the files that could not be examined. */
export function heldCommands(program: Command, { ask, print }: CliTools): void {
  const held = program.command('held').description('待人工核定是否涉密的件 / what is held for a person to judge')
  held.command('list').action(async () => {
    const items = await ask<HeldView[]>('GET', '/held')
    print(items, () =>
      items.length === 0
        ? ['没有待核定的件 / nothing is held']
        : items.map(
            ({ id, at, system, account, kind, why }) => `${when(at)}  ${id}  ${system}/${account}  ${kind}  ${why}`,
          ),
    )
  })
  held
    .command('show <id>')
    .description('内容，供核定 / its content, for the judgement')
    .action(async (id: string) => {
      const item = await ask<HeldView>('GET', `/held/show?${new URLSearchParams({ id }).toString()}`)
      print(item, () => [JSON.stringify(item, undefined, 2)])
    })
  held
    .command('release <id>')
    .description('核定为不涉密，放行 / not classified: let it pass')
    .requiredOption('--reason <text>', '理由 / why')
    .action(async (id: string, { reason }: { reason: string }) => {
      const answer = await ask<{ id: string }>('POST', '/held/release', { id, actor: userInfo().username, reason })
      print(answer, () => [`已放行 / released: ${id} → ${answer.id}`])
    })
  held
    .command('refuse <id>')
    .description('不收并清除 / refuse and wipe it')
    .requiredOption('--reason <text>', '理由 / why')
    .action(async (id: string, { reason }: { reason: string }) => {
      await ask('POST', '/held/refuse', { id, actor: userInfo().username, reason })
      print({ id, refused: true }, () => [`已清除 / refused and wiped: ${id}`])
    })

  program
    .command('unread')
    .description('收下而无法检查是否涉密的文件 / files taken that could not be examined for marks of secrecy')
    .option('--max <n>', '最多列出几条 / at most so many', '100')
    .action(async ({ max }: { max: string }) => {
      const events = await ask<UnreadView[]>('GET', `/unread?${new URLSearchParams({ max }).toString()}`)
      print(events, () =>
        events.length === 0
          ? ['没有 / none']
          : events.map(
              ({ at, message = '', number = '', system = '', detail = '' }) =>
                `${when(at)}  ${message}  ${number}  ${system}  ${detail}`,
            ),
      )
    })
}

/** In the city's time, as all that people read. */
function when(at: number): string {
  return new Date(at).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', hour12: false })
}
