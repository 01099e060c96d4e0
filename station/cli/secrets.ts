import type { Command } from 'commander'
import type { OldPassword, SecretsState } from '../secrets-desk.ts'
import type { CliTools } from './tools.ts'

/** What the station lacks, and who still logs in with a password that was replaced. Names only. */
export function secretsCommands(program: Command, { ask, print }: CliTools): void {
  program
    .command('secrets')
    .description('密钥：缺少的，仍在用旧口令的账号 / secrets: what is missing, who uses an old password')
    .action(async () => {
      const state = await ask<SecretsState>('GET', '/secrets')
      print(state, () => secretsLines(state))
    })
}

function secretsLines({ missing, old, restart }: SecretsState): string[] {
  const lines = [
    ...missing.map(({ name, of }) =>
      'account' in of
        ? `缺少 missing  ${name}：账号 ${of.account} 暂停 / account ${of.account} is off`
        : `缺少 missing  ${name}：系统 ${of.system} 暂停 / system ${of.system} is off`,
    ),
    ...old.map(oldLine),
    ...restart.map((name) => `重启后生效 after a restart  ${name}`),
  ]
  return lines.length > 0 ? lines : ['密钥齐全，没有旧口令 / all are there, none is old']
}

function oldLine({ name, until, ended, usedAt, usedFrom }: OldPassword): string {
  if (ended) return `旧口令已到期 ended  ${name}.old，${until}：可以删去 / may be removed`
  const use =
    usedAt === undefined ? '启动以来未用过 not used since the start' : `最后使用 last used ${usedAt}，${usedFrom ?? ''}`
  return `旧口令 old  ${name}，至 until ${until}：${use}`
}
