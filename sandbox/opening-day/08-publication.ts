import type { Paper } from '../oa/paper.ts'
import { type Stage } from './stage.ts'

/**
 * ⑧ The office publishes information; it is withdrawn and corrected under the same number, and the correction takes its
 * place on the portal.
 */
export async function publication(stage: Stage): Promise<void> {
  const { city, office, mill, random, systems } = stage
  const recipients = random.sample(2, stage.speaking('epoint'))
  const names = recipients.map((unit) => stage.name(unit)).join('，')
  const notice = (subject: string, number?: string): Paper =>
    mill.notice(office, names, {
      subject,
      releaseLevel: '公开发布',
      annexes: 1,
      ...(number === undefined ? {} : { number }),
    })
  const shown = (revision: number): Promise<void> =>
    stage.eventually(
      () =>
        systems.portal.store
          .items('publications')
          .some(({ publication: at }) => at?.revision === revision && at.id.includes(serial)),
      `⑧ ${first.number} 第 ${revision} 版 revision ${revision}`,
    )
  const first = notice('公布二〇一一年度民生工程')
  const serial = /(\d+)号/u.exec(first.number)?.[1] ?? first.number
  stage.say(`⑧ 信息公开 Publication: ${first.number}`)
  await stage.issue(office, first, { address: { units: recipients }, published: 1 })
  await shown(1)
  const sent = city.desk.sent(first.key)
  if (sent?.status !== 'acknowledged') return
  await city.desk.withdraw(city.oa(office), sent, '数字有误，更正后重新公布', stage.clerk(office), stage.episode, {
    published: 2,
  })
  await shown(2)
  await stage.issue(office, notice('公布二〇一一年度民生工程（更正）', first.number), {
    address: { units: recipients },
    published: 3,
  })
  await shown(3)
  const current = systems.portal.publications().find((one) => one.current.publication?.id.includes(serial) === true)
  await city.desk.clerk.note({
    t: 'check',
    at: new Date().toISOString(),
    check: 'correction-stands',
    zh: '门户上是更正后的版本',
    en: 'the portal shows the correction',
    ok: current?.current.title?.includes('更正') === true,
    detail: current?.current.title ?? '—',
  })
  stage.say('⑧ 门户上已是更正后的版本 the portal shows the correction')
}
