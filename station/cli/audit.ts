import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { asError, YizhanError } from '../../core/errors/error.ts'
import { anchorsIn, MOST_ANCHORS, type Anchor } from '../../core/ledger/anchor.ts'
import type { Verification } from '../../core/ledger/port.ts'
import type { CliTools } from './tools.ts'

export function auditCommand(program: Command, { ask, print, no }: CliTools): void {
  program
    .command('audit')
    .description('核验审计链 / verify the audit chain')
    .option(
      '--anchor <file>',
      '与另存的锚点核对：锚点文件，或日志、采集服务器的文件 / hold it against anchors that were put outside: their file, a log, or a collector’s file',
    )
    .action(async ({ anchor }: { readonly anchor?: string }) => {
      const anchors = anchor === undefined ? [] : read(anchor)
      const result = await ask<Verification>('POST', '/audit/verify', { anchors }, { patient: true })
      print(result, () => lines(result))
      if (!result.ok) no()
    })
}

function lines({ ok, links, unkeyed = 0, anchors = 0, brokenAt, reason }: Verification): string[] {
  if (!ok) return [`审计链在第 ${brokenAt} 环断裂：${reason} / broken at link ${brokenAt}`]
  return [
    `审计链完整，共 ${links} 环 / the chain holds, ${links} links`,
    ...(anchors === 0 ? [] : [`与 ${anchors} 个锚点相符 / and agrees with ${anchors} anchors`]),
    ...(unkeyed === 0
      ? []
      : [
          `其中 ${unkeyed} 环没有密钥，只有锚点能证明未被整条重写 / ${unkeyed} of them have no key: only anchors prove that they were not all made anew`,
        ]),
  ]
}

/** The last ones of a file: what a chain is at an anchor it was before it. */
function read(path: string): readonly Anchor[] {
  const refuse = (zh: string, en: string, cause?: unknown): YizhanError =>
    new YizhanError('FIELD_INVALID', { field: '--anchor', value: path, rule: `${zh} / ${en}` }, { cause })
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw refuse('无法读取', `cannot be read: ${asError(error).message}`, error)
  }
  const anchors = anchorsIn(text)
  if (anchors.length === 0) throw refuse('其中没有锚点', 'there is no anchor in it')
  return anchors.slice(-MOST_ANCHORS)
}
