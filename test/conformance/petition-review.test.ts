import { afterEach, describe, expect, it } from 'vitest'
import type { ActDraft } from '../../core/door/port.ts'
import type { DocumentMessage, Message, PetitionMessage } from '../../core/message/schema.ts'
import type { CitizenForm } from '../../sandbox/portal/client.ts'
import { PASSWORD } from '../unit/oa/lib/house.ts'
import { at, basic, envelope, faultCode, NS, post } from '../unit/oa/lib/soap.ts'
import { PortalRig } from './lib/portal-rig.ts'

/**
 * 信访工作条例 (2022), Art. 30: whoever is reported on never gets it, and until the office has decided, nobody who may
 * be.
 */

let rig: PortalRig
afterEach(() => rig.close())

const form = (changes: Partial<CitizenForm> = {}): CitizenForm => ({
  purpose: '检举控告',
  title: '关于某件事',
  text: '请查处。',
  place: { code: '411600', name: '市本级' },
  category: '990000',
  publish: false,
  petitioner: { name: '李四光', phone: '13800005678' },
  files: [],
  ...changes,
})

async function filed(changes: Partial<CitizenForm>): Promise<{ readonly id: string; readonly queryCode: string }> {
  const response = await rig.post(form(changes))
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string; queryCode: string }
}

const act = (unit: string, draft: Omit<ActDraft, 'from'>) =>
  rig.t.house.door.accept(
    rig.t.house.door.authenticate('oa-yizhan', unit, () => true),
    draft,
  )
const inboxes = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(
      ['xinfangju', 'science', 'office'].map(async (unit) => [unit, (await rig.inbox(unit)).length] as const),
    ),
  )
const message = async (id: string): Promise<Message | undefined> => rig.t.house.ledger.journal.message(id)
const view = (queryCode: string) => rig.get(`/portal/petitions/${queryCode}`)
const decision = async (text: string, more: Partial<ActDraft> = {}) => {
  const [item] = await rig.inbox('xinfangju')
  return act('xinfangju', { kind: 'reply', about: item?.row ?? '', result: '转送', text, by: '赵主任', ...more })
}

describe('a petition that reports on somebody', () => {
  it('goes to the petition office first, though only its text names a unit, and by a name that stands in no list', async () => {
    rig = await PortalRig.open()
    const { id, queryCode } = await filed({ title: '财政所乱收费', text: '科委的人也有份。' })
    expect(await message(id)).toMatchObject({
      mustNotReach: ['finance', 'science'],
      review: {
        state: 'pending',
        officeFirst: true,
        office: { unit: 'xinfangju', name: '市信访局' },
        proposed: [
          { unit: 'finance', name: '市财政局', as: '财政所', where: ['title'] },
          { unit: 'science', name: '市科技局', as: '科委', where: ['text'] },
        ],
      },
    })
    const item = (await rig.refer('office')) as DocumentMessage
    expect(item.recipients).toEqual([{ unit: 'xinfangju', name: '市信访局', role: 'to' }])
    expect(item.document.annotation).toContain('市财政局（标题“财政所”）、市科技局（内容“科委”）')
    expect(item.document.annotation).toContain('按决策表拟由市政府办公室办理')
    expect(item.document.annotation).not.toMatch(/finance|science|xinfangju/)
    expect(await inboxes()).toEqual({ xinfangju: 1, science: 0, office: 0 })
    const seen = await view(queryCode)
    expect(JSON.stringify(seen)).not.toMatch(/科技局|财政局|科委|财政所/)
    const told = (await rig.t.house.ledger.journal.timeline(id)).find(({ code }) => code === 'petition.held')
    expect(told?.detail).toContain('市科技局（科委）')
    // Whatever a flow does.
    const petition = (await message(id)) as Message
    const other = { ...item, recipients: [{ unit: 'office', name: '市政府办公室', role: 'to' as const }] }
    expect(() => rig.resolve(other, petition, { type: 'units' })).toThrow(
      expect.objectContaining({ code: 'MUST_NOT_REACH' }),
    )
  })

  it('is released by a person of the office, whose word is read as a form, and counts once', async () => {
    rig = await PortalRig.open()
    const { id, queryCode } = await filed({ title: '路灯', text: '市科技局和市教育局都不管。' })
    await rig.refer('office')
    for (const text of ['同意转送', '被反映单位：', '被反映单位：市科技局\n被反映单位：无', '被反映：市科技局'])
      await expect(decision(text), text).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(decision('被反映单位：市某某局')).rejects.toMatchObject({
      code: 'UNKNOWN_RECIPIENT',
      facts: { field: '被反映单位', value: '市某某局' },
    })
    await expect(decision('被反映单位：市科技局\n责任单位：市科技局')).rejects.toMatchObject({ code: 'MUST_NOT_REACH' })
    expect(await inboxes()).toEqual({ xinfangju: 1, science: 0, office: 0 })

    const done = await decision('被反映单位：市科技局\n说明：请核实路灯情况', { externalId: 'd-1' })
    expect(done.repeated).toBe(false)
    expect(await message(done.id)).toMatchObject({
      kind: 'petition',
      trace: id,
      mustNotReach: ['science'],
      review: {
        state: 'decided',
        decision: { by: '赵主任', accused: [{ unit: 'science' }], to: [], note: '请核实路灯情况' },
      },
    })
    expect(await decision('说明：请核实路灯情况\n被反映单位：科技局')).toMatchObject({ id: done.id, repeated: true })
    await expect(decision('被反映单位：无')).rejects.toMatchObject({ code: 'PETITION_DECIDED' })

    // The table's unit is the one that the office cleared.
    const referral = (await rig.refer('office')) as DocumentMessage
    expect(referral).toMatchObject({
      number: id,
      mustNotReach: ['science'],
      recipients: [
        { unit: 'office', role: 'to' },
        { unit: 'xinfangju', role: 'cc' },
      ],
    })
    expect(referral.document.annotation).toContain('请核实路灯情况')
    expect(await inboxes()).toEqual({ xinfangju: 2, science: 0, office: 1 })
    expect(await view(queryCode)).toMatchObject({ state: 'registered', unit: '市政府办公室' })
    const [item] = await rig.inbox('office')
    await act('office', { kind: 'reply', about: item?.row ?? '', text: '已修复。', result: '已办结' })
    await rig.show()
    expect(await view(queryCode)).toMatchObject({
      state: 'closed',
      unit: '市政府办公室',
      reply: { text: '已修复。', unit: '市政府办公室' },
    })
    const codes = (await rig.t.house.ledger.journal.timeline(id)).map(({ code }) => code)
    expect(codes.filter((code) => code.startsWith('petition.'))).toEqual(['petition.held', 'petition.decided'])
  })

  it('is not answered by a decision that was written in another way: that is refused, and the petition waits', async () => {
    rig = await PortalRig.open()
    const { id, queryCode } = await filed({ title: '路灯', text: '市科技局不管。' })
    await rig.refer('office')
    for (const result of ['已转送', '转办', '同意', '轉送', 'forward', ''])
      await expect(decision('被反映单位：市科技局', { result }), result).rejects.toMatchObject({
        code: 'FIELD_INVALID',
        facts: { field: '办理结果 result' },
      })
    for (const result of ['已办结', '已受理'])
      await expect(decision('责任单位：市政府办公室', { result }), result).rejects.toMatchObject({
        code: 'FIELD_INVALID',
      })
    await expect(decision('请科技局处理。', { result: '转市科技局' })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(rig.show(), 'nothing goes to the citizen').rejects.toThrow('nothing came')
    expect(await inboxes()).toEqual({ xinfangju: 1, science: 0, office: 0 })
    expect(await view(queryCode)).toMatchObject({ state: 'registered' })
    expect(await view(queryCode)).not.toHaveProperty('reply')
    const waiting = await rig.t.house.ledger.journal.undecided(10)
    expect(waiting.map((petition) => petition.id)).toEqual([id])
  })

  it('is released by fields of our own dialect, which count, and whose text says no other', async () => {
    rig = await PortalRig.open()
    const { id, queryCode } = await filed({ title: '路灯', text: '市科技局和市教育局都不管。' })
    await rig.refer('office')
    const [item] = await rig.inbox('xinfangju')
    const reply = (inner: string, result = '转送') =>
      post(
        `${rig.t.url}/oa/yizhan`,
        envelope(
          `<Reply xmlns="${NS}"><id>${item?.row ?? ''}</id>${inner.replace('</replyText>', `$&<result>${result}</result><by>赵主任</by>`)}</Reply>`,
        ),
        { authorization: basic('xinfangju', PASSWORD) },
      )
    const fields = '<accused>科委</accused><transferTo>市政府办公室</transferTo>'
    for (const [text, more] of [
      ['被反映单位：无', fields],
      ['被反映单位：市科技局、市教育局', fields],
      ['责任单位：市教育局', fields],
      ['责任单位：市政府办公室', '<accused>科委</accused>'],
      ['被反映单位：市科技局', '<transferTo>市政府办公室</transferTo>'],
    ] as const) {
      const refused = await reply(`<replyText>${text}</replyText>${more}`)
      expect(faultCode(refused), text).toBe('FIELD_INVALID')
      expect(JSON.stringify(refused.body), text).toContain(text.split('：')[0])
    }
    // Under another result it would go to the citizen, or vanish.
    for (const result of ['已办结', '转办'])
      expect(faultCode(await reply(`<replyText>已查处。</replyText>${fields}`, result)), result).toBe('FIELD_INVALID')
    expect(await inboxes()).toEqual({ xinfangju: 1, science: 0, office: 0 })
    expect(await view(queryCode)).toMatchObject({ state: 'registered' })

    const done = await reply(`<replyText>请核实。\n被反映单位：市科技局\n说明：限期答复。</replyText>${fields}`)
    expect(faultCode(done)).toBe('')
    expect(await message(at(done.body, 'messageId'))).toMatchObject({
      trace: id,
      mustNotReach: ['science'],
      review: {
        decision: {
          by: '赵主任',
          accused: [{ unit: 'science' }],
          to: [{ unit: 'office' }],
          note: '请核实。\n限期答复。',
        },
      },
    })
    await rig.refer('edu')
    expect(await inboxes()).toEqual({ xinfangju: 2, science: 0, office: 1 })
    // What is no petition has nobody to report on.
    const [referral] = await rig.inbox('office')
    await expect(
      act('office', { kind: 'reply', about: referral?.row ?? '', text: '好', result: '已办结', accused: ['市教育局'] }),
    ).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it.each<[string, readonly string[], readonly string[] | undefined]>([
    ['from nobody where the field says 无', ['无'], undefined],
    ['from whom it was proposed where the field is blank', ['', ' '], ['science']],
  ])('is kept %s', async (_, accused, hidden) => {
    rig = await PortalRig.open()
    await filed({ title: '路灯', text: '市科技局不管。' })
    await rig.refer('office')
    const done = await decision('请核实。', { accused, transferTo: ['市教育局'] })
    const decided = (await message(done.id)) as PetitionMessage
    expect(decided.mustNotReach).toEqual(hidden)
    expect(decided.review?.decision).toMatchObject({ to: [{ unit: 'edu' }], note: '请核实。' })
  })

  it('may be kept by the office, which answers it itself', async () => {
    rig = await PortalRig.open()
    const { queryCode } = await filed({ text: '市科技局' })
    await rig.refer('science')
    const [item] = await rig.inbox('xinfangju')
    await expect(
      act('xinfangju', { kind: 'reply', about: item?.row ?? '', text: '说明：【机密】某事', result: '转送' }),
    ).rejects.toMatchObject({ code: 'CLASSIFIED' })
    await act('xinfangju', { kind: 'reply', about: item?.row ?? '', text: '已查处。', result: '已办结' })
    await rig.show()
    expect(await view(queryCode)).toMatchObject({ state: 'closed', reply: { text: '已查处。', unit: '市信访局' } })
  })

  it('is decided by nobody but the office', async () => {
    rig = await PortalRig.open()
    const { id } = await filed({ purpose: '咨询', accused: '市教育局', text: '请转市科技局。' })
    await rig.refer('office')
    const [item] = await rig.inbox('office')
    await expect(
      act('office', { kind: 'reply', about: item?.row ?? '', text: '被反映单位：无', result: '转送' }),
    ).rejects.toMatchObject({ code: 'PETITION_NOT_PENDING' })
    await expect(
      act('science', { kind: 'reply', about: id, text: '被反映单位：无', result: '转送' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('is decided at the command line where the office cannot, also where both offices are reported on', async () => {
    rig = await PortalRig.open()
    const { id } = await filed({ text: '市信访局和市政府办公室互相推诿。' })
    expect(((await message(id)) as PetitionMessage).review?.office).toBeUndefined()
    await expect(rig.refer('science')).rejects.toMatchObject({
      message: expect.stringContaining('petition decide') as string,
    })
    const words = { petition: id, by: '值班员', accused: ['信访局'], to: ['市科技局'] }
    for (const marked of [{ note: '【机密】某防空事项' }, { by: '机密★1年' }, { to: ['【绝密】某防空单位'] }])
      await expect(rig.t.house.door.decide({ ...words, ...marked })).rejects.toMatchObject({ code: 'CLASSIFIED' })
    expect(rig.t.codes()).toContain('message.classified')
    expect(JSON.stringify(rig.t.events)).not.toContain('防空')
    const decided = await rig.t.house.door.decide(words)
    expect(await message(decided.id)).toMatchObject({ mustNotReach: ['xinfangju'], review: { state: 'decided' } })
    await expect(rig.t.house.door.decide({ petition: id, by: '值班员', accused: [], to: [] })).rejects.toMatchObject({
      code: 'PETITION_DECIDED',
    })
    await expect(
      rig.t.house.door.decide({ petition: decided.id, by: '值班员', accused: [], to: [] }),
    ).rejects.toMatchObject({ code: 'PETITION_NOT_PENDING' })
    await expect(
      rig.t.house.door.decide({ petition: 'st-none', by: '值班员', accused: [], to: [] }),
    ).rejects.toMatchObject({ code: 'PETITION_UNKNOWN' })
  })

  it('goes to the next office where the first is reported on itself', async () => {
    rig = await PortalRig.open()
    const { id } = await filed({ title: '信访办不办事' })
    expect(await message(id)).toMatchObject({ mustNotReach: ['xinfangju'], review: { office: { unit: 'office' } } })
  })
})

describe('who is accused, by the kind of petition', () => {
  it.each<[string, Partial<CitizenForm>, readonly string[] | undefined, boolean | undefined]>([
    ['a report of the other name', { purpose: '揭发控告', text: '科技局' }, ['science'], true],
    ['a report that names nobody', { text: '某人' }, undefined, true],
    [
      'a report, by the name of a file',
      { files: [{ name: '市科技局照片.jpg', content: 'AAAA' }] as never },
      ['science'],
      true,
    ],
    ['a report, in traditional characters', { text: '市財政局' }, ['finance'], true],
    ['a question with the field filled', { purpose: '咨询', accused: '科技局' }, ['science'], false],
    [
      'the same, and the text names another',
      { purpose: '咨询', accused: '科技局', text: '教育部门' },
      ['science', 'edu'],
      false,
    ],
    ['the same, and nobody is recognised', { purpose: '咨询', accused: '张科长', text: '教育局' }, ['edu'], true],
    ['a question without', { purpose: '咨询', title: '科技局在哪里', text: '市教育局呢' }, undefined, undefined],
    ['an appeal without', { purpose: '申诉求决', text: '住建、科技局不作为' }, undefined, undefined],
  ])('%s', async (_, changes, hidden, officeFirst) => {
    rig = await PortalRig.open()
    const { id } = await filed(changes)
    const petition = (await message(id)) as PetitionMessage
    expect([petition.mustNotReach, petition.review?.officeFirst]).toEqual([hidden, officeFirst])
  })

  it('routing stays automatic where nobody is accused, and for whoever is not', async () => {
    rig = await PortalRig.open()
    await filed({ purpose: '申诉求决', text: '市科技局不作为' })
    expect(await rig.refer('science')).toMatchObject({ recipients: [{ unit: 'science' }, { unit: 'xinfangju' }] })
    await filed({ purpose: '咨询', accused: '市教育局' })
    expect(await rig.refer('science')).toMatchObject({ recipients: [{ unit: 'science' }, { unit: 'xinfangju' }] })
    await filed({ purpose: '咨询', accused: '市科技局', text: '二' })
    const held = (await rig.refer('science')) as DocumentMessage
    expect(held.recipients).toEqual([{ unit: 'xinfangju', name: '市信访局', role: 'to' }])
    expect(held.document.annotation).toContain('转送')
  })
})
