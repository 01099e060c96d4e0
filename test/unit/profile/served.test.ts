import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, type ConfigProblem } from '../../../core/config/problems.ts'
import { compileProfile, loadProfiles } from '../../../core/mapping/profile/load.ts'
import { containing } from '../lib/match.ts'
import { EXAMPLE_FOLDER } from '../oa/lib/described.ts'

/** The worked example of a served dialect, and what is said of one that has faults. */

const source = readFileSync(join(EXAMPLE_FOLDER, 'profiles', 'soap-jiaohuan.yaml'), 'utf8')
const ours = ['document-types', 'file-roles', 'urgency'].map((id) => ({
  id,
  text: readFileSync(`config/codes/${id}.yaml`, 'utf8'),
}))
const results = {
  id: 'jiaohuan-results',
  text: readFileSync(join(EXAMPLE_FOLDER, 'codes/jiaohuan-results.yaml'), 'utf8'),
}

function problems(text: string, id = 'soap-jiaohuan'): readonly ConfigProblem[] {
  try {
    compileProfile({ id, text }, [...ours, results])
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
function change(...pairs: readonly (readonly [from: string, to: string])[]): string {
  return pairs.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(from)
    return text.replace(from, to)
  }, source)
}
const lineOf = (text: string): number => source.slice(0, source.indexOf(text)).split('\n').length

describe('a served dialect in a file', () => {
  it('compiles, with the project’s own', async () => {
    expect(problems(source)).toEqual([])
    expect((await loadProfiles(EXAMPLE_FOLDER)).get('soap-jiaohuan')?.soap).toMatchObject({
      service: 'GongWenJiaoHuan',
      namespace: 'http://gwjh.example.gov.cn/service',
      versions: ['1.1', '1.2'],
    })
  })

  it.each<[string, readonly (readonly [string, string])[], object]>([
    ['an action that there is not', [['does: submit', 'does: send']], { field: containing('soap.operations[0].does') }],
    [
      'a form that there is not',
      [['in: FaSong,', 'in: Fasong,']],
      { field: containing('operations[0].in'), value: 'Fasong', rule: containing('kind: document') },
    ],
    [
      'a form of another kind',
      [['in: CheHui,', 'in: HuiFu,']],
      { field: containing('operations[1].in'), value: 'HuiFu', rule: containing('withdrawal') },
    ],
    [
      'two operations of one name',
      [['element: HuiFuGongWen\n', 'element: TuiHuiGongWen\n']],
      { value: 'TuiHuiGongWen', rule: containing('two operations') },
    ],
    [
      'a request that does not say what is wanted',
      [['field: id, required: true, max: 300', 'field: id, max: 300']],
      { field: containing('operations[3].in'), rule: containing('id') },
    ],
    [
      'a field that no row has',
      [['field: headline', 'field: headlines']],
      { field: containing('operations[2].out'), value: 'headlines' },
    ],
    [
      'a refusal that requires what it has not',
      [['field: id, note: 驿站给消息的标识', 'field: id, required: true']],
      { value: 'id', rule: containing('a refusal has no such value') },
    ],
    [
      'a refusal of other elements',
      [
        [
          'element: QuGongWenJieGuo, children: [{ use: jieGuo, required: true }]',
          'element: QuGongWenJieGuo, children: [{ element: cuoWu, field: code }]',
        ],
      ],
      { field: containing('operations[3].refused'), value: 'cuoWu' },
    ],
    [
      'a message as a refusal',
      [[', refused: QuGongWenJuJue', '']],
      { field: containing('operations[3].out'), rule: containing('kind: record') },
    ],
    [
      'who calls as a part of the form',
      [['- { element: danWei, field: unit', '- { element: zhangHao, field: unit']],
      { value: 'zhangHao', rule: containing('who calls') },
    ],
    ['no namespace', [['namespace: http://gwjh.example.gov.cn/service\n', '']], { field: containing('namespace') }],
    [
      'an element of another namespace',
      [['element: danWei,', "element: danWei, namespace: 'urn:other',"]],
      { value: 'danWei {urn:other}' },
    ],
    [
      'a detail that is no record',
      [['refusals: answer', 'refusals: fault\n  fault: FaSong']],
      { field: containing('soap.fault') },
    ],
    ['no service', [['  service: GongWenJiaoHuan\n', '']], { field: containing('soap.service') }],
  ])('%s', (_what, pairs, problem) => {
    expect(problems(change(...pairs))).toEqual(expect.arrayContaining([expect.objectContaining(problem)]))
  })

  it('is named for it, and only then', () => {
    expect(problems(source.replace('profile: soap-jiaohuan', 'profile: jiaohuan'), 'jiaohuan')).toMatchObject([
      { field: 'profiles/jiaohuan.yaml:1 profile', rule: containing('soap-') },
    ])
    const start = source.indexOf('soap:\n')
    const bare = source.slice(0, start) + source.slice(source.indexOf('fragments:'))
    expect(problems(bare)).toMatchObject([{ field: 'profiles/soap-jiaohuan.yaml:1 profile' }])
  })

  it('all faults at once, each with file and line, in both languages', () => {
    const found = problems(
      change(
        ['in: FaSong,', 'in: Fasong,'],
        ['field: headline', 'field: headlines'],
        ['out: HuiFuJieGuo', 'out: HuiFu'],
      ),
    )
    expect(found).toHaveLength(3)
    expect(found[0]?.field).toBe(`profiles/soap-jiaohuan.yaml:${lineOf('does: submit')} soap.operations[0].in`)
    for (const { rule } of found) expect(rule).toMatch(/\p{Script=Han}.* \/ [a-z]/u)
  })
})
