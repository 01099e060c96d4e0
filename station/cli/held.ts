import type { Command } from 'commander'
import { stringify } from 'yaml'
import { most } from './dead-letters.ts'
import { table, when } from './text.ts'
import { actor, query, type CliTools } from './tools.ts'

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
  held
    .command('list')
    .description('列出，先到的在前 / list it, the oldest first')
    .action(async () => {
      const items = await ask<HeldView[]>('GET', '/held')
      print(items, () =>
        items.length === 0
          ? ['没有待核定的件 / nothing is held']
          : table(
              ['编号 id', '收到 received', '系统/账号 system/account', '种类 kind', '缘由 why'],
              items.map(({ id, at, system, account, kind, why }) => [id, when(at), `${system}/${account}`, kind, why]),
            ),
      )
    })
  held
    .command('show')
    .argument('<id>', '编号 / its id')
    .description('内容，供核定 / its content, for the judgement')
    .action(async (id: string) => {
      const item = await ask<HeldView>('GET', `/held/show${query({ id, actor: actor() })}`)
      print(item, () => stringify(item).trimEnd().split('\n'))
    })
  held
    .command('release')
    .argument('<id>', '编号 / its id')
    .description('核定为不涉密，放行 / not classified: let it pass')
    .requiredOption('--reason <text>', '理由 / why')
    .action(async (id: string, { reason }: { reason: string }) => {
      const answer = await ask<{ id: string }>('POST', '/held/release', { id, actor: actor(), reason })
      print(answer, () => [`已放行 / released: ${id} → ${answer.id}`])
    })
  held
    .command('refuse')
    .argument('<id>', '编号 / its id')
    .description('不收并清除 / refuse and wipe it')
    .requiredOption('--reason <text>', '理由 / why')
    .action(async (id: string, { reason }: { reason: string }) => {
      await ask('POST', '/held/refuse', { id, actor: actor(), reason })
      print({ id, refused: true }, () => [`已清除 / refused and wiped: ${id}`])
    })

  program
    .command('unread')
    .description('收下而无法检查是否涉密的文件 / files taken that could not be examined for marks of secrecy')
    .option('--max <n>', '最多列出几条 / at most so many, 1–1000', most, 100)
    .action(async ({ max }: { max: number }) => {
      const events = await ask<UnreadView[]>('GET', `/unread${query({ max: String(max) })}`)
      print(events, () =>
        events.length === 0
          ? ['没有 / none']
          : table(
              ['收到 received', '收文号 id', '文号 number', '系统 system', '文件 file'],
              events.map(({ at, message = '', number = '', system = '', detail = '' }) => [
                when(at),
                message,
                number,
                system,
                detail,
              ]),
            ),
      )
    })
}
