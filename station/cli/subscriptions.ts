import type { Command } from 'commander'
import type { SubscriptionView } from '../operations.ts'
import { table } from './text.ts'
import { actor, type CliTools } from './tools.ts'

export function subscriptionCommands(program: Command, { ask, print }: CliTools): void {
  const subscriptions = program.command('subscriptions').description('流程的订阅 / subscriptions of the flows')
  subscriptions
    .command('list')
    .description('列出，有无流程处理，积压几件 / list them: whether a flow serves them, what waits')
    .action(async () => {
      const all = await ask<SubscriptionView[]>('GET', '/subscriptions')
      print(all, () =>
        all.length === 0
          ? ['没有订阅 / none']
          : table(
              ['订阅 subscription', '流程 flow', '积压 open'],
              all.map(({ name, served, open }) => [name, served ? '有 served' : '无 none', open]),
            ),
      )
    })
  subscriptions
    .command('drop')
    .argument('<name>', '订阅 / its name')
    .description('撤销无流程处理的订阅，此后不再收文 / end one that no flow serves: it gets nothing more')
    .action(async (name: string) => {
      await ask('POST', '/subscriptions/drop', { name, actor: actor() })
      print({ name, dropped: true }, () => [`已撤销 / dropped: ${name}`])
    })
}
