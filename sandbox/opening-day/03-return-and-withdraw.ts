import { plainNumber } from '../counting/numbers.ts'
import type { Kept } from '../oa/item.ts'
import type { Dialect } from '../oa/port.ts'
import { inParallel, type Stage } from './stage.ts'

const REASONS = [
  '附件不全，请补齐任务分解表后重发',
  '未加盖印章',
  '联系人电话有误，请更正',
  '主送机关应增加相关责任单位',
]

/**
 * ③ A unit returns a document with a reason; the office corrects it and issues it again under the same number. And the
 * office withdraws others before they are signed: one at once, while it is still on its way, one when everybody has it.
 */
export async function returnAndWithdraw(stage: Stage): Promise<void> {
  stage.say('③ 退文与撤回 Returns and withdrawals')
  const dialects: Dialect[] = ['epoint', 'docxg', 'yizhan', 'files']
  await Promise.all([
    ...dialects.map((dialect) => returned(stage, dialect)),
    withdrawn(stage, 'at once'),
    withdrawn(stage, 'later'),
  ])
  stage.say('③ 退文已改正重发，撤回均在原文之后 corrected and issued again; no withdrawal overtook its document')
}

async function returned(stage: Stage, dialect: Dialect): Promise<void> {
  const { city, office, mill, random } = stage
  const [returner = '', ...others] = [
    ...random.sample(1, stage.speaking(dialect)),
    ...random.sample(
      2,
      stage.inGroup('county').filter((unit) => city.hosted(unit) === undefined),
    ),
  ]
  const recipients = [...new Set([returner, ...others])]
  const names = recipients.map((unit) => stage.name(unit)).join('，')
  const paper = mill.notice(office, names)
  await stage.issue(office, paper, { address: { units: recipients } })
  const item = await stage.arrival(returner, paper)
  const reason = random.pick(REASONS)
  await city.desk.return(city.oa(returner), item, reason, stage.clerk(returner), stage.episode)
  await stage.item(
    office,
    (one) => one.kind === 'return' && isAbout(one, paper),
    `③ 退文 return ${paper.number} → ${stage.name(office)}`,
  )
  const corrected = mill.notice(office, names, { number: paper.number, subject: '有关工作（更正）', annexes: 1 })
  await stage.issue(office, corrected, { address: { units: recipients } })
  await inParallel(recipients, recipients.length, async (unit) =>
    stage.sign(unit, await stage.arrival(unit, corrected)),
  )
}

async function withdrawn(stage: Stage, when: 'at once' | 'later'): Promise<void> {
  const { city, office, mill, random } = stage
  const recipients = [
    ...random.sample(2, stage.speaking('epoint')),
    ...random.sample(2, stage.speaking('docxg')),
    ...random.sample(2, stage.speaking('yizhan')),
    ...random.sample(2, stage.speaking('files')),
  ]
  const paper = mill.notice(office, recipients.map((unit) => stage.name(unit)).join('，'))
  await stage.issue(office, paper, { address: { units: recipients } })
  if (when === 'later') await inParallel(recipients, recipients.length, (unit) => stage.arrival(unit, paper))
  const sent = city.desk.sent(paper.key)
  if (sent?.status !== 'acknowledged') return
  await city.desk.withdraw(city.oa(office), sent, '内容有误，收回重印', stage.clerk(office), stage.episode)
  await inParallel(recipients, recipients.length, (unit) =>
    stage.item(
      unit,
      (one) => one.kind === 'withdrawal' && isAbout(one, paper),
      `③ 撤回 withdrawal ${paper.number} → ${stage.name(unit)}`,
    ),
  )
}

function isAbout(item: Kept, paper: { readonly number: string }): boolean {
  return plainNumber(item.about?.number ?? item.number) === plainNumber(paper.number)
}
