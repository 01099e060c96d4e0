import { inParallel, type Stage } from './stage.ts'

/**
 * ① 市政府办公室 issues 周政办〔2011〕83号 to all counties and departments, with every other unit as copy recipient,
 * and some addressed twice. Each of the 64 gets it once and signs; the office learns who has signed.
 */
export async function issue(stage: Stage): Promise<void> {
  const { city, office, mill, random } = stage
  const others = city.files.units.filter((unit) => unit.id !== office)
  const beside = others.filter((unit) => !unit.groups.includes('county') && !unit.groups.includes('department'))
  // Addressed twice: by the phrase and by name.
  const twice = [...random.sample(2, stage.inGroup('department')), ...random.sample(1, stage.inGroup('county'))]
  const copies = random.shuffle([...beside.map((unit) => unit.id), ...twice])
  const paper = mill.notice(office, '各县(市、区)人民政府，市人民政府各部门', {
    number: '周政办〔2011〕83号',
    subject: '正式开通全市办公自动化系统',
    size: 200 * 1024,
    annexes: 1,
    cc: copies.map((unit) => stage.name(unit)).join('，'),
  })
  stage.say(`① 公文下发 Issue: ${paper.number} → ${others.length} 个单位 units, 200 kB`)
  const sending = stage.issue(office, paper, { address: { groups: ['county', 'department'], units: copies } })
  const arriving = inParallel(others, others.length, async ({ id }) => stage.sign(id, await stage.arrival(id, paper)))
  await Promise.all([sending, arriving])
  stage.say(`① ${others.length} 个单位已收到并签收 units have it and signed`)
  const signed = (): Set<string> =>
    new Set(
      stage
        .items(office)
        .filter(
          (item) => item.kind === 'receipt' && item.state !== 'taken' && item.about?.number?.includes('83') === true,
        )
        .map((item) => item.from ?? ''),
    )
  await stage.until(
    () => signed().size >= others.length,
    () => `① 签收回执 receipts ${signed().size}/${others.length}`,
  )
  stage.say(`① 办公室已得知 the office knows of ${signed().size} 家签收 signatures`)
}
