import { InvalidArgumentError, type Command } from 'commander'
import type { PetitionContent } from '../operations.ts'
import type { PendingPetition } from '../pending-petition.ts'
import { most } from './dead-letters.ts'
import { table, when } from './text.ts'
import { actor, query, type CliTools } from './tools.ts'

/** Petitions that report on somebody: they wait at the petition office until a person has decided. */
export function petitionCommands(program: Command, { ask, print }: CliTools): void {
  const petition = program
    .command('petition')
    .description('检举控告类信访件的核定 / decisions on petitions that report on somebody')
  petition
    .command('list')
    .description('待核定的，先到的在前 / those that wait for a decision, the oldest first')
    .option('--max <n>', '最多列出几件 / at most so many, 1–1000', most, 100)
    .action(async ({ max }: { max: number }) => {
      const waiting = await ask<PendingPetition[]>('GET', `/petitions${query({ max: String(max) })}`)
      print(waiting, () =>
        waiting.length === 0
          ? ['没有待核定的信访件 / none waits']
          : table(
              ['受理编号 id', '受理 accepted', '目的 purpose', '核定 office', '拟列被反映 proposed as accused'],
              waiting.map(({ id, acceptedAt, purpose, office, proposed }) => [
                id,
                when(acceptedAt),
                purpose,
                office?.name ?? '无 none',
                proposedText(proposed),
              ]),
            ),
      )
    })
  petition
    .command('show')
    .argument('<id>', '受理编号 / its id')
    .description('一件的内容与拟列被反映单位，供核定 / its content and who is proposed as accused, for the decision')
    .action(async (id: string) => {
      const found = await ask<PetitionContent>('GET', `/petitions/show${query({ id, actor: actor() })}`)
      print(found, () => contentLines(found))
    })
  petition
    .command('decide')
    .argument('<id>', '受理编号 / its id')
    .description('核定后转送：信访机构的 OA 不能答复时用 / release it where the petition office’s OA cannot')
    .requiredOption(
      '--accused <units>',
      '被反映单位，以顿号或逗号分隔，此件不到这些单位；没有的写“无” / who never gets it; “none” for nobody',
      units,
    )
    .option('--to <units>', '责任单位；不写则按决策表 / who handles it; absent: by the decision table', units, [])
    .option('--note <text>', '给责任单位的说明 / what the units are told')
    .option('--by <name>', '核定人；不写则为当前用户 / who decided; absent: the user')
    .action(async (id: string, options: { accused: string[]; to: string[]; note?: string; by?: string }) => {
      const { accused, to, note, by = actor() } = options
      const done = await ask<{ id: string; repeated: boolean }>('POST', '/petitions/decide', {
        petition: id,
        by,
        accused,
        to,
        ...(note === undefined ? {} : { note }),
      })
      print(done, () => [
        done.repeated
          ? `先前已作相同核定 / decided in the same way before: ${id}`
          : `已核定，按流程转送 / decided and on its way: ${id}`,
      ])
    })
}

function units(text: string): string[] {
  const names = text
    .split(/[、，,;；]/u)
    .map((unit) => unit.trim())
    .filter((unit) => unit !== '')
  if (names.length === 0) throw new InvalidArgumentError('没有的写“无” / “none” for nobody')
  return names.length === 1 && ['无', 'none'].includes(names[0] ?? '') ? [] : names
}

function proposedText(proposed: PendingPetition['proposed']): string {
  return proposed.length === 0
    ? '认不出 nobody is recognised'
    : proposed
        .map(({ name, as, where }) => `${name}（${where.map((place) => PLACES[place]).join('、')}“${as}”）`)
        .join('、')
}

const PLACES: Readonly<Record<PendingPetition['proposed'][number]['where'][number], string>> = {
  accused: '被反映人',
  title: '标题',
  text: '内容',
  files: '附件名',
}

function contentLines(found: PetitionContent): string[] {
  const { id, acceptedAt, purpose, category, place, title, text, accused, files, office, proposed } = found
  return [
    `受理编号 id          ${id}`,
    `受理 accepted        ${when(acceptedAt)}`,
    `目的 purpose         ${purpose}`,
    `内容分类 category    ${category}`,
    `属地 place           ${place}`,
    `核定 office          ${office?.name ?? '无 none'}`,
    `状态 state           ${found.decided === undefined ? '待核定 waits' : `已核定 decided: ${found.decided.by}  ${when(found.decided.at)}`}`,
    `拟列被反映 proposed  ${proposedText(proposed)}`,
    `被反映人 accused     ${accused ?? '未填 not filled in'}`,
    `标题 title           ${title}`,
    ...(files.length === 0 ? [] : [`附件 files           ${files.join('、')}`]),
    '',
    ...text.split('\n'),
    '',
    '→ yizhan petition decide 受理编号 --accused 单位、单位（没有的写“无”） [--to 单位] / who never gets it, and who handles it',
  ]
}
