import type { CommanderError } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'

const TEXTS: Readonly<Record<string, string>> = {
  'commander.unknownOption': '没有这个选项',
  'commander.unknownCommand': '没有这个命令',
  'commander.missingArgument': '缺少参数',
  'commander.excessArguments': '参数过多（含空格的须加引号）',
  'commander.optionMissingArgument': '选项缺少值',
  'commander.missingMandatoryOptionValue': '缺少必填的选项',
  'commander.invalidArgument': '值不合规则',
  'commander.help': '请给出子命令',
}

const INVALID = ' is invalid. '

/** What commander finds wrong, in both languages. */
export function usageError({ code, message }: CommanderError, args: readonly string[]): YizhanError {
  // Behind this stands what a check of ours says, in both.
  const [english = '', ours = ''] = message.replace(/^error: /u, '').split(INVALID)
  const [zh = '', en = ''] = ours.split(' / ')
  const named = [...english.matchAll(/'([^']*)'/gu)].map(([, name]) => name)
  return new YizhanError('COMMAND_INVALID', {
    field: ['yizhan', ...args].join(' '),
    rule: [TEXTS[code] ?? '不能理解', ...named, zh].filter((part) => part !== '').join(' '),
    detail:
      code === 'commander.help' ? 'which of its commands?' : [english, en].filter((part) => part !== '').join(INVALID),
  })
}
