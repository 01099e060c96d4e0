import type { Command } from 'commander'
import type { CliTools } from './tools.ts'

export function auditCommand(program: Command, { ask, print, no }: CliTools): void {
  program
    .command('audit')
    .description('核验审计链 / verify the audit chain')
    .action(async () => {
      const result = await ask<{ ok: boolean; links: number; brokenAt?: number; reason?: string }>(
        'POST',
        '/audit/verify',
        undefined,
        { patient: true },
      )
      print(result, () => [
        result.ok
          ? `审计链完整，共 ${result.links} 环 / the chain holds, ${result.links} links`
          : `审计链在第 ${result.brokenAt} 环断裂：${result.reason} / broken at link ${result.brokenAt}`,
      ])
      if (!result.ok) no()
    })
}
