import { plainNumber } from '../counting/numbers.ts'
import { checkIssuers } from '../oa/item.ts'
import { inParallel, type Stage } from './stage.ts'

const CHOICES = ['参加', '派员参加', '请假'] as const

/**
 * ⑥ A meeting notice (会议通知, 特急) of two issuers goes to all units with a choice of receipt. Some do not sign:
 * after a while their office directors get an SMS and a mail, one of them answers by SMS; in the end the office is
 * told who comes.
 */
export async function meeting(stage: Stage): Promise<void> {
  const { city, office, mill, random, systems } = stage
  const others = city.files.units.map((unit) => unit.id).filter((unit) => unit !== office)
  const beside = city.files.units.filter(
    (unit) => unit.id !== office && !unit.groups.includes('county') && !unit.groups.includes('department'),
  )
  const absent = [
    ...random.sample(2, stage.speaking('epoint')),
    ...random.sample(2, stage.speaking('docxg')),
    ...random.sample(1, stage.speaking('yizhan')),
    ...random.sample(1, stage.speaking('files')),
  ]
  const paper = mill.notice(office, '各县(市、区)人民政府，市人民政府各部门', {
    urgency: '特急',
    subject: '召开全市电子政务工作会议',
    documentType: '会议通知',
    issuers: [office, random.pick(stage.inGroup('department'))].map((unit) => stage.issuer(unit)),
    cc: beside.map((unit) => unit.name).join('，'),
  })
  const remind = Object.fromEntries(
    others.map((unit) => [unit, { ...stage.director(unit), absent: absent.includes(unit) }]),
  )
  stage.say(
    `⑥ 会议通知 Meeting notice: ${paper.number} → ${others.length} 个单位 units；${absent.length} 家迟迟不签收 do not sign`,
  )
  await stage.issue(office, paper, {
    address: { groups: ['county', 'department'], units: beside.map((unit) => unit.id) },
    remind,
  })

  const attend = async (unit: string): Promise<void> => {
    const item = await stage.arrival(unit, paper)
    checkIssuers(paper, item)
    await stage.sign(unit, item)
    if (!city.oa(unit).can.reply) return
    const result = random.pick(CHOICES)
    await city.desk.reply(city.oa(unit), item, {
      text: `${stage.name(unit)}：${result}`,
      result,
      by: stage.clerk(unit),
      episode: stage.episode,
    })
  }
  const prompt = others.filter((unit) => !absent.includes(unit))
  const signing = inParallel(prompt, prompt.length, attend)
  const reminded = (unit: string): boolean => {
    const { phone, mail } = stage.director(unit)
    // whoever signed after the one would not get the other
    return [systems.sms.received(phone), systems.boxes.mails(mail)].every((texts) =>
      texts.some(({ text }) => text.includes(paper.title)),
    )
  }
  await stage.eventually(
    () => absent.every(reminded),
    () => `⑥ 提醒 reminders ${absent.filter(reminded).length}/${absent.length}`,
  )
  stage.say(`⑥ ${absent.length} 位办公室主任收到短信和邮件 office directors got SMS and mail`)

  const [answering = ''] = random.shuffle(absent)
  const { phone } = stage.director(answering)
  const text = '收到，我单位张局长参加会议'
  await city.desk.clerk.attempt(
    {
      id: `sms-${answering}-${city.desk.run}`,
      kind: 'text',
      episode: stage.episode,
      unit: answering,
      system: 'sms',
      number: paper.number,
      about: paper.key,
      text,
    },
    async () => {
      await systems.write(phone, text)
      return 'sent'
    },
  )
  await Promise.all([signing, inParallel(absent, absent.length, attend)])
  await stage.item(
    office,
    (item) =>
      item.kind === 'reply' && item.text?.startsWith('短信答复') === true && isFrom(stage, item.from, answering),
    '⑥ 短信回复 the SMS reply',
  )
  const summary = await stage.item(
    office,
    (item) =>
      item.kind === 'reply' &&
      item.from?.startsWith('驿站') === true &&
      plainNumber(item.about?.number) === plainNumber(paper.number),
    '⑥ 汇总 the summary',
  )
  stage.say(`⑥ 办公室已得知谁来 the office knows who comes: ${(summary.text ?? '').split('\n', 1)[0] ?? ''}`)
}

function isFrom(stage: Stage, from: string | undefined, unit: string): boolean {
  return from === stage.name(unit) || from === unit
}
