import { plainNumber } from '../counting/numbers.ts'
import { checkIssuers } from '../oa/item.ts'
import { REPORT_TYPES } from './papers.ts'
import { inParallel, type Stage } from './stage.ts'

/**
 * ② Twenty units of all dialects report upward; each gets its automatic receipt (回执) when the office's OA has taken
 * it, and some a signature.
 */
export async function reports(stage: Stage): Promise<void> {
  const { city, office, mill, random } = stage
  const reporters = random.shuffle([
    ...random.sample(7, stage.speaking('epoint')),
    ...random.sample(7, stage.speaking('docxg')),
    ...random.sample(3, stage.speaking('yizhan')),
    ...random.sample(3, stage.speaking('files')),
  ])
  stage.say(`② 文件上报 Reports: ${reporters.length} 个单位 units → ${stage.name(office)}`)
  // One of each dialect reports together with the next.
  const joint = (['epoint', 'docxg', 'yizhan', 'files'] as const).map((dialect) =>
    reporters.find((unit) => city.oa(unit).dialect === dialect),
  )
  const papers = reporters.map((unit, n) =>
    mill.report(
      unit,
      stage.name(unit),
      stage.name(office),
      REPORT_TYPES[n % REPORT_TYPES.length] ?? '报告',
      joint.includes(unit)
        ? [unit, reporters[(n + 1) % reporters.length] ?? office].map((one) => stage.issuer(one))
        : undefined,
    ),
  )
  await inParallel(reporters, reporters.length, async (unit, n) => {
    const paper = papers[n]
    if (paper === undefined) return
    await stage.issue(unit, paper, { kind: 'report', address: { units: [office] } })
    const item = await stage.arrival(office, paper)
    checkIssuers(paper, item)
    await stage.item(
      unit,
      (one) =>
        one.kind === 'receipt' && one.state === 'taken' && plainNumber(one.about?.number) === plainNumber(paper.number),
      `② 回执 receipt ${paper.number} → ${stage.name(unit)}`,
    )
    // 请示 are signed for at once by the office's clerk.
    if (paper.documentType !== '请示') return
    await stage.sign(office, item)
    await stage.item(
      unit,
      (one) =>
        one.kind === 'receipt' &&
        one.state === 'signed' &&
        plainNumber(one.about?.number) === plainNumber(paper.number),
      `② 签收 signature ${paper.number} → ${stage.name(unit)}`,
    )
  })
  stage.say(`② ${reporters.length} 份上报均有回执 reports, each with its receipt`)
}
