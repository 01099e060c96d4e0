import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { PortalDesk } from '../../adapters/portal/desk.ts'
import { createPortalAdapter } from '../../adapters/portal/index.ts'
import { portalManifest } from '../../adapters/portal/manifest.ts'
import { petitionSchema } from '../../adapters/portal/petition.ts'
import { systemSchema } from '../../core/config/schema.ts'
import type { ActDraft, DocumentDraft } from '../../core/door/port.ts'
import { deriveMessage } from '../../core/message/derive.ts'
import type { Message } from '../../core/message/schema.ts'
import type { CitizenForm } from '../../sandbox/portal/client.ts'
import { until } from '../lib/wait.ts'
import { PASSWORD } from '../unit/oa/lib/house.ts'
import { BASIC, PortalRig } from './lib/portal-rig.ts'

/**
 * The portal wired to the house: from the citizen's form to the unit's inbox, and from the unit's reply to the query
 * page.
 */

const SCRIPT = '<script>alert(1)</script>'
const form = (
  changes: Partial<CitizenForm> & { readonly externalId?: string } = {},
): CitizenForm & { readonly externalId?: string } => ({
  purpose: '申诉求决',
  title: '关于供暖',
  text: '室温不足。',
  place: { code: '411681', name: '项城市' },
  category: '010000',
  petitioner: { name: '李四光', phone: '13800005678', address: '项城市某路一号' },
  publish: false,
  files: [],
  ...changes,
})

let rig: PortalRig
afterEach(() => rig.close())

interface Acknowledged {
  readonly id: string
  readonly queryCode: string
  readonly acceptedAt: string
}
const filed = async (changes: Parameters<typeof form>[0] = {}): Promise<Acknowledged> => {
  const response = await rig.post(form(changes))
  expect(response.status).toBe(201)
  return (await response.json()) as Acknowledged
}
const view = (queryCode: string) => rig.get(`/portal/petitions/${queryCode}`)
const act = (unit: string, draft: Omit<ActDraft, 'from'>) =>
  rig.t.house.door.accept(
    rig.t.house.door.authenticate('oa-yizhan', unit, () => true),
    draft,
  )
const issue = (number: string | undefined, document: DocumentDraft['document'], files: DocumentDraft['files'] = []) =>
  rig.t.house.door.accept(
    rig.t.house.door.authenticate('oa-yizhan', 'office', () => true),
    { kind: 'document', number, document, to: ['science'], files },
  )
const publications = async (after?: string) =>
  (await rig.get(`/portal/publications${after === undefined ? '' : `?after=${after}`}`)) as {
    publications: object[]
    next: string
  }
const deadLetters = () => rig.t.opened.ledger.deadLetters.list({ max: 10 })

describe('a petition', () => {
  it('goes to the unit’s inbox, and its states and reply stand under the query code', async () => {
    rig = await PortalRig.open()
    const { id, queryCode, acceptedAt } = await filed({ text: `室温不足。${SCRIPT}`, files: [] })
    expect(queryCode).toMatch(/^(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}$/)
    expect(await view(queryCode)).toEqual({
      queryCode,
      state: 'registered',
      stateText: '已登记',
      acceptedAt,
      updatedAt: acceptedAt,
    })

    await rig.refer('science')
    const [item] = await rig.inbox('science')
    expect((await rig.inbox('xinfangju')).map(({ row }) => row)).toEqual([`${item?.message.id ?? ''}/xinfangju`])
    expect(item?.message).toMatchObject({
      kind: 'document',
      number: id,
      trace: id,
      from: { unit: 'xinfangju' },
      document: { title: '信访事项转送单：关于供暖', mainRecipients: '市科技局' },
      recipients: [
        { unit: 'science', role: 'to' },
        { unit: 'xinfangju', role: 'cc' },
      ],
      files: [{ name: '信访件.txt', role: 'main' }],
    })
    expect(JSON.stringify(item)).not.toContain(queryCode.replaceAll('-', ''))
    const paper = (await rig.t.house.content.read(item?.message.files[0]?.digest ?? '')).toString('utf8')
    expect(paper).toContain('联系电话：13800005678\r\n')
    expect(paper).toContain(SCRIPT)

    await rig.t.house.ledger.pickup.fetched({ row: item?.row ?? '', now: Date.now(), ms: 1 })
    expect(await view(queryCode)).toMatchObject({ state: 'forwarded', unit: '市科技局' })
    await act('science', { kind: 'receipt', about: item?.row ?? '', by: '王五' })
    expect(await view(queryCode)).toMatchObject({
      state: 'handling',
      deadline: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
    })
    await rig.show()
    await act('science', {
      kind: 'reply',
      about: item?.row ?? '',
      text: `已修复。${SCRIPT}`,
      files: [{ name: '照片.jpg', role: 'annex', bytes: Buffer.from('jpg') }],
    })
    expect(await view(queryCode)).toMatchObject({ state: 'handling' })
    await rig.show()
    const seen = (await view(queryCode)) as { reply: { files: { url: string }[] } }
    expect(seen).toMatchObject({
      state: 'replied',
      stateText: '已答复',
      unit: '市科技局',
      reply: {
        text: `已修复。${SCRIPT}`,
        unit: '市科技局',
        files: [{ name: '照片.jpg', url: expect.stringContaining('/portal/files/') as string }],
      },
    })
    expect(JSON.stringify(seen)).not.toMatch(/李四光|13800005678|王五/)
    await until(() => rig.t.codes().filter((code) => code === 'delivery.delivered').length >= 2, {
      what: 'what was shown to be booked',
    })
    expect(JSON.stringify(rig.t.events)).not.toMatch(/李四光|13800005678|某路一号/)
    expect(await deadLetters()).toEqual([])
  })

  it('that is filed twice is one, and gets the same answer byte by byte', async () => {
    rig = await PortalRig.open()
    const answers = [
      await rig.post(form({ externalId: 'w-1' })),
      await rig.post(form({ externalId: 'w-1' })),
      await rig.post(form({ externalId: 'w-2' })),
      await rig.post(form()),
    ]
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()))
    expect(others).toEqual([first, first, first])
    await rig.refer('science')
    expect(await rig.refer('science')).toBeUndefined()
    expect(await rig.inbox('science')).toHaveLength(1)
  })

  it('that is filed again after the secret of the codes has changed keeps the code under which it stands', async () => {
    rig = await PortalRig.open()
    const { queryCode } = await filed()
    const { house } = rig.t
    const desk = new PortalDesk(
      { ...house, secret: (name) => (name === 'portal.query' ? 'another secret' : house.secret(name)) },
      { id: 'portal' },
    )
    const { files: _, ...filledIn } = form()
    const again = await desk.accept({
      caller: { account: 'portal', system: 'portal' },
      petition: { ...petitionSchema.parse(filledIn), files: [] },
      externalId: undefined,
      fingerprint: '',
      raw: { bytes: Buffer.from('{}'), contentType: 'application/json' },
    })
    expect(again.queryCode).toBe(queryCode.replaceAll('-', ''))
    expect(await desk.petition(again.queryCode)).toMatchObject({ state: 'registered' })
  })

  it('that reports on a unit reaches the petition office alone, and nothing of it that unit', async () => {
    rig = await PortalRig.open()
    const { queryCode } = await filed({ purpose: '检举控告', accused: '市科技局某处', title: '关于某处' })
    const referral = await rig.refer('science')
    expect(referral).toMatchObject({ mustNotReach: ['science'], recipients: [{ unit: 'xinfangju', role: 'to' }] })
    expect(await rig.inbox('science')).toEqual([])
    const [item] = await rig.inbox('xinfangju')
    await act('xinfangju', { kind: 'receipt', about: item?.row ?? '' })
    await rig.show()
    await act('xinfangju', { kind: 'reply', about: item?.row ?? '', text: '正在核查。', result: '办理中' })
    const reply = await rig.show()
    expect(reply.mustNotReach).toEqual(['science'])
    const seen = await view(queryCode)
    expect(seen).toMatchObject({ state: 'handling', unit: '市信访局', reply: { text: '正在核查。', unit: '市信访局' } })
    expect(JSON.stringify(seen)).not.toContain('科技局')
    await expect(
      act('science', { kind: 'reply', about: referral?.number ?? '', text: '我们没有' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    // Nor by what a flow may make of it: another unit's copy, or a publication.
    const to = (target: Parameters<PortalRig['resolve']>[2]) => () =>
      rig.resolve(referral as Message, item?.message as Message, target)
    expect(to({ type: 'units', units: ['science'] })).toThrow(expect.objectContaining({ code: 'MUST_NOT_REACH' }))
    expect(to({ type: 'system', adapter: 'portal' })).toThrow(expect.objectContaining({ code: 'MUST_NOT_REACH' }))
  })

  it('keeps its query code from whatever is made of it, and from the log of that', async () => {
    rig = await PortalRig.open()
    const { hops, journal } = rig.t.opened.ledger
    await hops.subscribe([{ name: 'dead', filter: { source: 'dead-letter' } }], Date.now())
    const { id, queryCode } = await filed()
    const code = queryCode.replaceAll('-', '')
    for (let now = Date.now(), status = ''; status !== 'dead'; now += 3_600_000) {
      const [hop] = await hops.claim({
        subscription: 'petition',
        max: 1,
        owner: 'flows',
        now,
        leaseUntil: now + 60_000,
      })
      if (hop === undefined) throw new Error('no hop')
      ;({ status } = await hops.fail({
        id: hop.id,
        attempt: hop.attempt,
        owner: 'flows',
        failure: { code: 'NODE_FAILED', message: 'broken' },
        now,
        countAttempt: true,
      }))
    }
    const now = Date.now()
    const [dead] = await hops.claim({ subscription: 'dead', max: 1, owner: 'flows', now, leaseUntil: now + 60_000 })
    if (dead === undefined) throw new Error('no dead letter')
    expect(dead.message).toMatchObject({ kind: 'dead-letter', about: { id } })
    await hops.commit({ hops: [dead], owner: 'flows', flowsRevision: 't', outputs: [] })
    const petition = (await journal.message(id)) as Message
    // As `sms out` does it, and as a function node may that makes something else of what it got.
    const notice = {
      kind: 'notice',
      about: { id, number: petition.number },
      notice: { to: { phone: '13800000001' }, event: 'new', text: '新信访件' },
    }
    const made = [
      notice,
      { ...petition, petition: undefined, schema: 'channel/1', kind: 'channel', channel: { name: 'c', payload: 1 } },
    ].map((draft) => deriveMessage(draft, petition, 'n'))
    expect(made).toMatchObject([{ kind: 'notice', about: { id } }, { kind: 'channel' }])
    expect(deriveMessage({ ...petition }, petition, 'n').number).toBe(code)
    expect(JSON.stringify([dead.message, made, await journal.timeline(id)])).not.toContain(code)
  })

  it('is nothing to publish', async () => {
    rig = await PortalRig.open()
    const { id } = await filed()
    const referral = await rig.refer('science')
    const petition = await rig.t.house.ledger.journal.message(id)
    expect(() => rig.resolve(referral as Message, petition as Message, { type: 'system', adapter: 'portal' })).toThrow(
      expect.objectContaining({ code: 'FIELD_INVALID' }),
    )
  })

  it('that was returned is with the petition office again, and a reply may name its state', async () => {
    rig = await PortalRig.open()
    const { queryCode } = await filed({ purpose: '咨询' })
    await rig.refer('science')
    const [item] = await rig.inbox('science')
    await act('science', { kind: 'return', about: item?.row ?? '', text: '不属于本机关职权' })
    const returned = (await view(queryCode)) as object
    expect(returned).toMatchObject({ state: 'registered' })
    expect(returned).not.toHaveProperty('unit')
    await expect(rig.show()).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await act('xinfangju', {
      kind: 'reply',
      about: item?.message.id ?? '',
      text: '已通过诉讼解决。',
      result: '不予受理',
    })
    await rig.show()
    expect(await view(queryCode)).toMatchObject({
      state: 'declined',
      stateText: '不予受理',
      reply: { unit: '市信访局' },
    })
  })

  it('is asked for with the account’s token as well, and by nobody else', async () => {
    rig = await PortalRig.open()
    const { queryCode } = await filed()
    const ask = async (authorization: string): Promise<number> =>
      (await fetch(`${rig.url}/portal/petitions/${queryCode}`, { headers: { authorization } })).status
    const basic = (name: string, password: string): string =>
      `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
    expect(
      await Promise.all([
        ask(BASIC),
        ask('Bearer wrong'),
        ask(basic('portal', 'wrong')),
        ask(basic('office', PASSWORD)),
        ask(basic('nobody', PASSWORD)),
      ]),
    ).toEqual([200, 401, 401, 401, 401])
    expect(rig.t.codes().filter((code) => code === 'account.rejected')).toHaveLength(4)
    // The test's password is no ASCII, and so cannot stand in a header as a token.
    const desk = new PortalDesk(rig.t.house, { id: 'portal' })
    expect(desk.authenticate({ scheme: 'bearer', token: PASSWORD })).toEqual({ account: 'portal', system: 'portal' })
    expect(() => desk.authenticate({ scheme: 'bearer', token: '' })).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    )
    expect(await rig.get('/portal/petitions/2222-2222-2222-2222')).toMatchObject({ code: 'QUERY_CODE_UNKNOWN' })
  })
})

describe('a publication', () => {
  it('appears, is withdrawn, and comes back corrected under the same id', async () => {
    rig = await PortalRig.open()
    const number = '周政办〔2026〕1号'
    const first = await issue(number, { title: '关于停水的公告', text: '明日停水。', documentType: '公告' })
    await rig.show()
    const other = await issue(undefined, { title: '其他' }, [
      { name: '正文.txt', role: 'main', bytes: Buffer.from([0xd6, 0xd0, 0xce, 0xc4, 0x0d, 0x0a]) },
    ])
    await rig.show()
    const page = await publications()
    expect(page.publications).toMatchObject([
      {
        state: 'published',
        id: `office:${number}`,
        revision: 1,
        title: '关于停水的公告',
        text: '明日停水。',
        unit: '市政府办公室',
        category: '公告',
        number,
      },
      { id: other.id, revision: 1, text: '中文\n', files: [{ name: '正文.txt' }] },
    ])
    expect(await publications(page.next)).toEqual({ publications: [], next: page.next })

    await act('office', { kind: 'withdrawal', about: first.id, text: '日期有误' })
    await rig.show()
    const gone = await publications(page.next)
    expect(gone.publications).toMatchObject([
      { state: 'withdrawn', id: `office:${number}`, revision: 2, reason: '日期有误' },
    ])
    await issue(number, { title: '关于停水的公告', text: '后日停水。' })
    await rig.show()
    const corrected = await publications(gone.next)
    expect(corrected.publications).toMatchObject([
      { state: 'published', id: `office:${number}`, revision: 3, text: '后日停水。' },
    ])
    expect((await publications()).publications.map((one) => (one as { id: string }).id)).toEqual([
      other.id,
      `office:${number}`,
    ])
    expect(await rig.get(`/portal/publications/${encodeURIComponent(`office:${number}`)}`)).toMatchObject({
      revision: 3,
    })
    expect(await rig.get('/portal/publications/nothing')).toMatchObject({ code: 'PUBLICATION_UNKNOWN' })
    expect(await rig.get('/portal/publications?after=x')).toMatchObject({ code: 'FIELD_INVALID', field: 'after' })
  })

  it('goes page by page, and one that never stood there cannot be withdrawn', async () => {
    rig = await PortalRig.open({ settings: { pageSize: 2 } })
    for (const n of [1, 2, 3]) {
      await issue(`周政办〔2026〕${n}号`, { title: `第${n}号` })
      await rig.show()
    }
    const hidden = await issue('周政办〔2026〕9号', { title: '不公开' })
    await rig.t.flow()
    await act('office', { kind: 'withdrawal', about: hidden.id })
    await rig.show()
    const one = await publications()
    const two = await publications(one.next)
    expect([one, two].map(({ publications }) => publications.map((p) => (p as { title: string }).title))).toEqual([
      ['第1号', '第2号'],
      ['第3号'],
    ])
    expect(await deadLetters()).toEqual([])
  })
})

describe('a portal that wants call-backs', () => {
  const told = () => rig.site.store.items('petitions')

  it('is told once of each state, reply and publication, however it behaves meanwhile', async () => {
    rig = await PortalRig.open({ callback: true })
    const outcome = await rig.site.file(form())
    if (outcome.status !== 'acknowledged') throw new Error(JSON.stringify(outcome))
    await rig.refer('science')
    const [item] = await rig.inbox('science')
    await act('science', { kind: 'receipt', about: item?.row ?? '' })
    await rig.show()
    await until(() => told().length === 1, { what: 'the state' })
    const moods = ['silent', 'garbage', 'busy', 'mute'] as const
    for (const [n, mood] of moods.entries()) {
      rig.site.mood = mood
      await act('science', { kind: 'reply', about: item?.row ?? '', text: `第${n}次答复` })
      await rig.show()
      // What the citizen sees does not wait for it.
      expect(await view(outcome.queryCode)).toMatchObject({ state: 'replied', reply: { text: `第${n}次答复` } })
      await until(
        () => rig.t.codes().filter((code) => code === 'delivery.retry' || code === 'delivery.in-doubt').length > n,
        { what: `a failed call (${mood})` },
      )
      rig.site.mood = 'well'
      await until(() => told().length === n + 2, { what: `the reply after ${mood}` })
    }
    await rig.site.switchOff()
    await issue('周政办〔2026〕5号', { title: '公告', text: '公告' })
    await rig.show()
    await until(
      () => rig.t.events.some(({ code, error }) => code === 'delivery.retry' && error === 'SYSTEM_UNREACHABLE'),
      { what: 'a call to a portal that is gone' },
    )
    expect((await publications()).publications).toHaveLength(1)
    await rig.site.switchOn()
    await until(() => rig.site.store.items('publications').length === 1, { what: 'the publication' })
    expect(told()).toMatchObject([
      { kind: 'state', state: 'handling', from: '市科技局' },
      ...moods.map((_, n) => ({ kind: 'reply', text: `第${n}次答复`, about: { externalId: outcome.externalId } })),
    ])
    expect(rig.site.store.items('publications')).toMatchObject([
      { publication: { revision: 1, action: 'create', state: 'published' } },
    ])
    expect(await deadLetters()).toEqual([])
  })

  it('gets no reply that is about no petition: that is a dead letter', async () => {
    rig = await PortalRig.open({ callback: true })
    const { id } = await issue('周政办〔2026〕6号', { title: '普通公文' })
    await rig.t.flow()
    await act('science', { kind: 'reply', about: id, text: '已办' })
    await rig.show()
    const [dead] = await until(async () => ((await deadLetters()).length > 0 ? deadLetters() : undefined), {
      what: 'the dead letter',
    })
    expect(dead).toMatchObject({ what: 'delivery', system: 'portal', error: { code: 'FIELD_INVALID' } })
  })
})

describe('the portal’s configuration', () => {
  it('counts from the moment when it changes, also when there was none', async () => {
    rig = await PortalRig.open()
    const city = rig.t.house.city()
    let systems = city.systems.filter(({ adapter }) => adapter !== 'portal')
    const adapter = createPortalAdapter({ ...rig.t.house, city: () => ({ ...city, systems }) })
    const server = createServer((request, response) => adapter.mounts[0]?.handle(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const status = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/portal/petitions/2222222222222222`)).status
    const portal = (settings: object) => systemSchema.parse({ id: 'portal', name: '门户', adapter: 'portal', settings })
    expect(await status()).toBe(404)
    systems = [...systems, portal({})]
    expect(await status()).toBe(401)
    systems = [...systems.slice(0, -1), portal({ query: { open: true } })]
    expect(await status()).toBe(404)
    // A second one is refused when the configuration is read.
    expect(portalManifest.check?.({ ...portal({}), id: 'portal-b' }, [portal({})])).toHaveLength(1)
    await new Promise((resolve) => server.close(resolve))
  })
})
