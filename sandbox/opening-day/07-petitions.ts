import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Refused, TryAgain } from '../oa/port.ts'
import type { CitizenForm } from '../portal/client.ts'
import { CHOICES } from '../portal/choices.ts'
import { photoOf } from './files.ts'
import { inParallel, type Stage } from './stage.ts'

const CITIZENS = 30
/** How long and how often a citizen asks again, in milliseconds. */
const PATIENCE = { total: 60_000, pause: 300 }
const OFFICE = 'xinfangju'
/** 核定件 of a report that names whom it means in its text only, by a name of former years. */
const RELEASED = { accused: 'zhujianju', spoken: '市建委', to: 'fagaiwei' }
/**
 * Whom the decision table of the flow 信访 gives what to: by place first, then by category; the rest is the petition
 * office's.
 */
const BY_PLACE: Readonly<Record<string, string>> = {
  411681: 'xiangcheng',
  411623: 'shangshui',
  411602: 'chuanhui',
  411621: 'fugou',
  411624: 'shenqiu',
  411625: 'dancheng',
}
const BY_CATEGORY: Readonly<Record<string, string>> = {
  '010000': 'zhujianju',
  '020000': 'rensheju',
  '030000': 'jishengwei',
  '050000': 'jiaotongju',
}
const MATTERS = [
  '路灯长期不亮',
  '自来水时断时续',
  '拖欠农民工工资',
  '小区违章搭建',
  '村道年久失修',
  '入学名额不公',
  '夜间施工扰民',
  '公交站点过远',
  '低保申请无人受理',
  '河道垃圾堆积',
] as const
const NAMES = ['王甲', '李乙', '张丙', '刘丁', '陈戊', '杨己', '赵庚', '黄辛'] as const

interface Petition {
  readonly form: CitizenForm
  readonly id: string
  /** who has to answer */
  readonly responsible: string
  readonly accused?: string
  /** the office releases it to `responsible` */
  readonly released?: boolean
}

/**
 * ⑦ Thirty citizens file petitions at the portal; each reaches the responsible unit and the petition office, and the
 * unit's reply stands under the citizen's code. Two report on a unit, which hears nothing: the office answers the one
 * itself, and releases the other to a unit that does; one contains a script; one is filed twice.
 */
export async function petitions(stage: Stage): Promise<void> {
  stage.say(`⑦ 信访 Petitions: ${CITIZENS} 位公民 citizens`)
  const all = Array.from({ length: CITIZENS }, (_, n) => petition(stage, n))
  await inParallel(all, 6, (one, n) => handled(stage, one, n === 2))
  stage.say(`⑦ ${CITIZENS} 件均可凭查询码查到答复 each has its reply under its code`)
}

function petition({ random, mill, city }: Stage, n: number): Petition {
  const id = `cz-${city.desk.run}-${String(n).padStart(2, '0')}`
  // Of the places and categories that the form offers; one reports on a bureau, in whose field it lies.
  const accused = n === 0
  const released = n === 4
  const [code, name] = accused || released ? (['411600', '市本级'] as const) : random.pick(CHOICES.places)
  const [category] = accused || released ? (['010000'] as const) : random.pick(CHOICES.categories)
  const title = `${random.pick(MATTERS)}（${id}）`
  const byTable = category === '040000' ? OFFICE : (BY_PLACE[code] ?? BY_CATEGORY[category] ?? OFFICE)
  const responsible = accused ? OFFICE : released ? RELEASED.to : byTable
  const files =
    n % 4 === 3
      ? [{ name: '现场照片.png', mediaType: 'image/png', base64: photoOf(54, random).toString('base64') }]
      : []
  const text = `${released ? `${RELEASED.spoken}的人` : name}${title}，请尽快处理。${n === 1 ? '<script>alert("信访")</script><img src=x onerror=alert(1)>' : mill.key('c')}`
  const form: CitizenForm = {
    purpose: accused ? '检举控告' : released ? '揭发控告' : random.pick(['申诉求决', '建议意见', '咨询'] as const),
    title,
    text,
    place: { code, name },
    category,
    publish: false,
    files,
    petitioner: { name: random.pick(NAMES), phone: `1380000${String(9_000 + n)}` },
    ...(accused ? { accused: '市住建局某科长' } : {}),
  }
  return {
    form,
    id,
    responsible,
    ...(accused || released ? { accused: RELEASED.accused } : {}),
    ...(released ? { released } : {}),
  }
}

async function handled(stage: Stage, one: Petition, twice: boolean): Promise<void> {
  const { city, systems } = stage
  const { form, id, responsible, accused, released = false } = one
  let code = ''
  const file = (externalId: string) => async (): Promise<string> => {
    const outcome = await systems.portal.file(form, externalId)
    if (outcome.status === 'refused') throw new Refused(outcome.code, outcome.text)
    if (outcome.status === 'lost') throw new TryAgain(outcome.why)
    code = outcome.queryCode
    return outcome.id
  }
  const note = {
    episode: stage.episode,
    unit: 'citizen',
    system: 'portal',
    title: form.title,
    files: form.files.map(({ base64 }) => hash('sha256', Buffer.from(base64, 'base64'), 'hex')),
  }
  const first = await city.desk.clerk.attempt(
    {
      id,
      kind: 'petition',
      ...note,
      address: { units: released ? [OFFICE] : [...new Set([responsible, OFFICE])] },
      ...(accused === undefined ? {} : { accused }),
    },
    file(id),
  )
  if (first.status !== 'acknowledged') return
  // The impatient citizen's browser gives the second try an id of its own.
  if (twice)
    await city.desk.clerk.attempt({ id: `${id}-again`, kind: 'again', ...note, about: id }, file(`${id}-again`))
  if (released) await release(stage, one, note)
  const item = await stage.item(
    responsible,
    (kept) => kept.kind === 'document' && kept.title?.includes(form.title) === true,
    `⑦ ${form.title} → ${stage.name(responsible)}`,
  )
  const text = `${stage.name(responsible)}已派人处理：${id}`
  await city.desk.reply(city.oa(responsible), item, {
    text,
    result: '已办结',
    by: stage.clerk(responsible),
    episode: stage.episode,
    petition: id,
  })
  const told = (): boolean =>
    systems.portal.store.items('petitions').some((kept) => kept.kind === 'reply' && kept.about?.externalId === id)
  await stage.eventually(told, `⑦ 答复 reply to ${form.title}`)
  if (!JSON.stringify(await queried(stage, code)).includes(text))
    await city.desk.clerk.note({
      t: 'check',
      at: new Date().toISOString(),
      check: `reply-shown-${id}`,
      zh: '答复可凭查询码查到',
      en: 'the reply stands under the code',
      ok: false,
      detail: form.title,
    })
}

/**
 * 核定转送: a person of the office reads whom the petition means, and gives it to a unit that has nothing to do with
 * that.
 */
async function release(
  stage: Stage,
  { form, id, responsible, accused = '' }: Petition,
  { title, files }: { readonly title: string; readonly files: readonly string[] },
): Promise<void> {
  const slip = await stage.item(
    OFFICE,
    (kept) => kept.kind === 'document' && kept.title?.includes(form.title) === true,
    `⑦ 核定件 ${form.title} → ${stage.name(OFFICE)}`,
  )
  stage.say(
    `⑦ 揭发控告 report: “${RELEASED.spoken}” → ${stage.name(OFFICE)}核定，转送 released to ${stage.name(responsible)}`,
  )
  await stage.city.desk.decide(stage.city.oa(OFFICE), slip, {
    text: `被反映单位：${stage.name(accused)}\n责任单位：${stage.name(responsible)}\n说明：请核实${id}`,
    by: stage.clerk(OFFICE),
    episode: stage.episode,
    about: id,
    title,
    files,
    address: { units: [responsible, OFFICE] },
  })
}

/** As a citizen does whose page says "try again": the station may just be dead. */
async function queried({ systems }: Stage, code: string): Promise<unknown> {
  const end = Date.now() + PATIENCE.total
  for (;;) {
    try {
      return (await systems.portal.query(code))?.petition ?? ''
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(PATIENCE.pause)
    }
  }
}
