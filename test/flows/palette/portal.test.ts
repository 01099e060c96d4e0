import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import type { DocumentMessage, Message, PetitionMessage, ReplyMessage } from '../../../core/message/schema.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { node, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

/** The nodes `portal in` and `portal out`, and the shipped flows 信访 and 信息公开, in a real Node-RED. */

const portal = (id: string) => systemSchema.parse({ id, name: `${id} 门户`, adapter: 'portal' })
const shipped = async (file: string): Promise<FlowNode[]> =>
  JSON.parse(await readFile(join(projectHome(), 'flows', file), 'utf8')) as FlowNode[]

/** The shipped tab with a decision table for the units of the test's city. */
const petitionTab = async (
  rows: readonly (readonly [category: string, place: string, result: string])[],
): Promise<FlowNode[]> =>
  (await shipped('petition.json')).map((one) =>
    one.type === 'route'
      ? {
          ...one,
          rows: rows.map(([category, place, result]) => ({ cells: [category, place], result, label: '' })),
          otherwiseResult: '市信访局',
        }
      : one,
  )

let station: MiniStation
let probe: Probe
let serial = 0
shared(
  async () => {
    station = await startMiniStation({
      maxAttempts: 1,
      systems: [portal('portal')],
      units: [['xinfangju', '市信访局']],
    })
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

async function file(
  petition: Partial<PetitionMessage['petition']> = {},
  parts: Partial<PetitionMessage> = {},
): Promise<string> {
  const id = `st-p${++serial}`
  const message: PetitionMessage = {
    schema: 'petition/1',
    kind: 'petition',
    id,
    trace: id,
    number: `CODE${serial}`,
    from: { name: '信访人' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: new Date().toISOString(),
    origin: { system: 'portal', externalId: id },
    files: [],
    petition: {
      purpose: '咨询',
      title: '路灯不亮',
      text: '<b>路灯</b>不亮',
      place: { code: '411602' },
      category: '010000',
      petitioner: { name: '李四光', phone: '13800005678' },
      publish: false,
      ...petition,
    },
    ...parts,
  }
  return (await station.take(message, {})).id
}
const shown = async (): Promise<Message[]> =>
  (
    await station.ledger.shown.since({
      system: 'portal',
      kinds: ['reply', 'receipt', 'document', 'withdrawal'],
      after: 0,
      max: 1000,
    })
  ).map(({ message }) => message)
const referralOf = async (petition: string): Promise<DocumentMessage> => {
  await station.idle('petition')
  const [made] = await station.ledger.shown.derived({ from: petition, kinds: ['document'] })
  if (made?.kind !== 'document') throw new Error(`no referral of ${petition}`)
  return made
}
const has = async (unit: string, id: string): Promise<boolean> =>
  (await station.inbox(unit)).some(({ message }) => message.id === id)
/** As the door makes an act. */
const about = (document: DocumentMessage) => ({
  trace: document.trace,
  parent: document.id,
  number: document.number,
  recipients: [],
  urgency: 'ordinary' as const,
  acceptedAt: new Date().toISOString(),
  files: [],
  about: {
    id: document.id,
    number: document.number,
    title: document.document.title,
    from: document.from,
    releaseLevel: document.document.releaseLevel,
    direction: document.document.direction,
  },
})
const reply = (document: DocumentMessage): ReplyMessage => ({
  ...about(document),
  schema: 'reply/1',
  kind: 'reply',
  id: `st-r${++serial}`,
  from: { unit: 'finance', name: '市财政局' },
  origin: { system: 'oa' },
  reply: { text: '已修复', at: new Date().toISOString() },
})

describe('portal in and portal out', () => {
  it('bring petitions into the flow, of the chosen systems only', async () => {
    await station.deploy(
      tab(
        node('portal in', 'in', { subscription: 'in', concurrency: 32, systems: ['portal'] }, 'tell'),
        tell('tell', '[msg.payload.kind, msg.payload.petition.place.code]'),
      ),
    )
    await file({}, { origin: { system: 'portal-b' } })
    await file()
    expect(await probe.take(1)).toEqual([['petition', '411602']])
  })

  it('refuse what a portal does not show, and a portal that does not exist', async () => {
    const answer = '{ "kind": "reply", "about": { "id": id }, "reply": { "text": "已修复", "at": acceptedAt } }'
    for (const [system, expression, code] of [
      ['', '$', 'FIELD_INVALID'],
      ['nowhere', answer, 'UNKNOWN_RECIPIENT'],
    ] as const) {
      const map = node('map', 'map', { operation: 'expression', expression, mapping: '', root: '' }, 'out')
      await station.deploy(
        tab(
          node('portal in', 'in', { subscription: `in-${code}`, concurrency: 32, systems: [] }, 'map'),
          map,
          node('portal out', 'out', { system }, []),
        ),
      )
      const id = await file()
      const dead = await until(() => station.ledger.deadLetters.show(`${id}@in-${code}`), {
        what: code,
        timeoutMs: 20_000,
      })
      expect(dead.error).toMatchObject({ code, nodeType: 'portal out' })
    }
  })
})

describe('the flow 信访', () => {
  shared(
    async () => {
      await station.deploy(
        await petitionTab([
          ['01*', '', '市财政局'],
          ['', '411603*', '淮阳区'],
          ['03*', '', '市教育局'],
        ]),
      )
    },
    () => Promise.resolve(),
  )

  it('sends a petition by content and place to the responsible unit, and a copy to the petition office', async () => {
    for (const [category, place, unit] of [
      ['010100', '411603', 'finance'],
      ['020000', '411603', 'huaiyang'],
      ['030000', '411602', 'education'],
      ['990000', '411602', 'xinfangju'],
    ] as const) {
      const referral = await referralOf(await file({ category, place: { code: place } }))
      expect([await has(unit, referral.id), await has('xinfangju', referral.id)]).toEqual([true, true])
      expect(referral).toMatchObject({
        from: { unit: 'xinfangju' },
        document: { title: '信访事项转送单：路灯不亮' },
        number: referral.trace,
      })
    }
  })

  it('spares whoever is reported on, and whoever reads dead letters', async () => {
    const id = await file({ accused: '市财政局', purpose: '检举控告' }, { mustNotReach: ['finance'] })
    const referral = await referralOf(id)
    expect([await has('finance', referral.id), await has('xinfangju', referral.id)]).toEqual([false, true])
    expect(referral.recipients).toEqual([{ unit: 'xinfangju', name: '市信访局', role: 'to' }])
    expect(referral.mustNotReach).toEqual(['finance'])
    expect(await station.ledger.deadLetters.list({ max: 100, subscription: 'petition' })).toEqual([])
  })

  it('puts the unit’s reply on the portal, and no other reply', async () => {
    const referral = await referralOf(await file())
    const answer = reply(referral)
    await station.take(answer, {})
    const document = await station.ledger.journal.message(
      await station.accept({ document: { direction: 'issue', title: '普通公文' } }),
    )
    await station.take(reply(document as DocumentMessage), {})
    await station.idle('petition-reply')
    expect((await shown()).map(({ id }) => id)).toEqual([answer.id])
  })

  it('knows a reply by where its story began, whatever the referral is called', async () => {
    const before = (await shown()).length
    const referral = await referralOf(await file())
    const called = (title: string): ReplyMessage => {
      const answer = reply(referral)
      return { ...answer, about: { ...answer.about, title } }
    }
    const answers = ['转办单：路灯不亮', '', '关于路灯的函'].map(called)
    for (const answer of answers) await station.take(answer, {})
    // And a title that looks like one makes none.
    const document = await station.ledger.journal.message(
      await station.accept({ document: { direction: 'issue', title: '信访事项转送单：路灯不亮' } }),
    )
    await station.take(reply(document as DocumentMessage), {})
    await station.idle('petition-reply')
    expect((await shown()).slice(before).map(({ id }) => id)).toEqual(answers.map(({ id }) => id))
    expect(await station.ledger.deadLetters.list({ max: 100, subscription: 'petition-reply' })).toEqual([])
  })

  it('sends a report to the petition office first, whatever its table says', async () => {
    const referral = await referralOf(await file({ purpose: '揭发控告', category: '010100' }))
    expect(referral.recipients.map(({ unit }) => unit)).toEqual(['xinfangju'])
    expect(await has('finance', referral.id)).toBe(false)
  })

  it('follows a changed table from the deploy on', async () => {
    await station.deploy(await petitionTab([['01*', '', '川汇区']]))
    const referral = await referralOf(await file())
    expect([await has('chuanhui', referral.id), await has('finance', referral.id)]).toEqual([true, false])
  })
})

describe('the flow 信息公开', () => {
  it('publishes what says that it is public, takes it down, and leaves the rest alone', async () => {
    await station.deploy(await shipped('publication.json'))
    const before = (await shown()).length
    const issue = async (releaseLevel: string | undefined): Promise<DocumentMessage> =>
      (await station.ledger.journal.message(
        await station.accept({ document: { direction: 'issue', title: '公告', releaseLevel } }),
      )) as DocumentMessage
    const open = await issue('公开')
    const levels = ['不公开', '公开属性：不公开', '公开范围：内部', '公开（依申请）', '公开否', undefined]
    const others = await Promise.all(levels.map(issue))
    for (const document of [open, ...others]) {
      const withdrawal: Message = {
        ...about(document),
        schema: 'withdrawal/1',
        kind: 'withdrawal',
        id: `st-w${++serial}`,
        from: document.from,
        origin: { system: 'oa' },
        withdrawal: { at: new Date().toISOString() },
      }
      await station.take(withdrawal, {})
    }
    await station.idle('publication')
    expect(
      (await shown())
        .slice(before)
        .map((message) => [message.kind, 'about' in message ? message.about.id : message.id]),
    ).toEqual(
      expect.arrayContaining([
        ['document', open.id],
        ['withdrawal', open.id],
      ]),
    )
    expect(await shown()).toHaveLength(before + 2)
  })
})
