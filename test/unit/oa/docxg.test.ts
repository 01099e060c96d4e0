import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dayOf } from '../../../core/directory/bindings.ts'
import { guidOf } from '../../../core/message/ids.ts'
import { FakeCentre } from './lib/centre.ts'
import { PASSWORD, smallCity, TestHouse } from './lib/house.ts'
import { at, basic, file, notice, post, submit } from './lib/soap.ts'

// Each test polls a centre until something has happened; a loaded machine takes its time.
vi.setConfig({ testTimeout: 60_000 })

let centre: FakeCentre
let t: TestHouse

beforeEach(async () => {
  centre = await new FakeCentre().start()
  t = await TestHouse.open(
    smallCity({
      systems: {
        'docxg-centre': {
          url: `${centre.url}/docxg/services/`,
          settings: { fileOrigins: ['http://127.0.0.1:1'] },
          pollMs: 10,
          pace: { maxBackoffMs: 40 },
        },
      },
      station: { limits: { documentBytes: 50_000 } },
    }),
  )
})
afterEach(async () => {
  await t.close()
  await centre.close()
})

const rounds = async (count: number): Promise<void> => {
  const before = centre.called('getUntreadToBeRecevicedList').length
  await expect
    .poll(() => centre.called('getUntreadToBeRecevicedList').length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(before + count)
}
const found = async (text: string) => (await t.house.ledger.journal.find({ text, max: 1 }))[0]

/** A document of the office, pushed to 市卫生局 and taken by the centre under our GUID. */
async function delivered(
  number: string,
): Promise<{ readonly id: string; readonly row: string; readonly guid: string }> {
  const answered = await post(`${t.url}/oa/yizhan`, submit(notice({ number, to: '市卫生局' })), {
    authorization: basic('office', PASSWORD),
  })
  await t.flow()
  const id = at(answered.body, 'messageId')
  const row = await t.delivered(id, 'health')
  return { id, row, guid: guidOf(row) }
}

describe('what waits at the centre', () => {
  it('is fetched with its files, accepted, and only then taken off the list', async () => {
    const body = Buffer.from('正文'.repeat(3000))
    centre.files.set('/f/1', body)
    centre.waiting = [
      {
        queueId: 'Q1',
        docguid: 'G1',
        title: '关于A&B的报告',
        files: [{ name: '正文.doc', href: `${centre.url}/f/1` }],
      },
      { queueId: 'Q2', docguid: 'G2', serial: '8', title: '又一件', files: [{ name: '正文.doc', href: '/f/1' }] },
    ]
    await t.adapter.start()
    await expect.poll(() => centre.waiting.length, { timeout: 20_000 }).toBe(0)
    const message = await found('G1')
    expect(message).toMatchObject({
      kind: 'document',
      number: '周卫〔2011〕7号',
      urgency: 'extra-urgent',
      from: { unit: 'health' },
      recipients: [{ unit: 'office', role: 'to' }],
      origin: { system: 'docxg-centre', account: 'system:docxg-centre', externalId: 'G1' },
      document: { title: '关于A&B的报告', direction: 'report', mainRecipients: '市政府办公室' },
      files: [{ name: '正文.doc', size: body.length }],
    })
    expect(await t.house.content.read(message?.files[0]?.digest ?? '')).toEqual(body)
    const raw = (await t.opened.raw.read(message?.id ?? ''))?.bytes.toString('utf8')
    expect(raw).toMatch(/^<DOCSUMMARY><ID>Q1<.*<\/DOCSUMMARY>$/s)
    expect(centre.called('updateDocForReceive')).toEqual([['Q1'], ['Q2']])
  })

  it('is accepted once, however often it is listed', async () => {
    centre.waiting = [{ queueId: 'Q1', docguid: 'G1', title: '一件' }]
    centre.broken.add('updateDocForReceive')
    await t.adapter.start()
    await expect.poll(() => centre.called('updateDocForReceive').length, { timeout: 20_000 }).toBeGreaterThan(2)
    centre.broken.clear()
    await expect.poll(() => centre.waiting.length, { timeout: 20_000 }).toBe(0)
    expect(await t.flow()).toHaveLength(1)
    expect(t.codes().filter((code) => code === 'poll.failed')).toHaveLength(1)
    await expect.poll(() => t.codes().filter((code) => code === 'poll.recovered').length, { timeout: 20_000 }).toBe(1)
  })

  it.each<[string, string, Partial<FakeCentre['waiting'][number]>]>([
    ['classified', 'CLASSIFIED', { title: '某涉密事项★' }],
    ['for somebody unknown', 'UNKNOWN_RECIPIENT', { to: '市没有局;' }],
    ['without a title', 'PROFILE_FIELD', { title: '' }],
    ['too large', 'TOO_LARGE', { files: [{ name: 'a.doc', href: '/f/large' }] }],
    ['with a program', 'FIELD_INVALID', { files: [{ name: '通知.pdf.exe', href: '/f/small' }] }],
    ['with a file that is not there', 'PROFILE_FIELD', { files: [{ name: 'a.doc', href: '/f/none' }] }],
    ['with a file on another host', 'PROFILE_FIELD', { files: [{ name: 'a.doc', href: 'http://localhost:1/secret' }] }],
    ['with a file at another port', 'PROFILE_FIELD', { files: [{ name: 'a.doc', href: 'http://127.0.0.1:2/secret' }] }],
  ])('is remembered, alarmed, returned and not fetched again when it is refused: %s', async (_what, code, change) => {
    centre.files.set('/f/small', Buffer.from('正文'))
    centre.files.set('/f/large', Buffer.alloc(60_000))
    centre.waiting = [{ queueId: 'Q1', docguid: 'G1', title: '一件', ...change }]
    await t.adapter.start()
    await expect.poll(() => centre.called('toSaveUntreadDoc').length, { timeout: 20_000 }).toBe(1)
    await rounds(3)
    expect(centre.called('toSaveUntreadDoc')).toEqual([
      ['G1', expect.stringMatching(new RegExp(`^${code} `)), 'GATEWAY'],
    ])
    expect(centre.called('updateDocForReceive')).toEqual([])
    expect(t.events.filter((event) => event.error === code)).toHaveLength(1)
    expect(JSON.stringify([t.events, centre.called('toSaveUntreadDoc')])).not.toContain('某涉密')
    expect(centre.downloads.length).toBeLessThanOrEqual(1)
    expect(await found('G1')).toBeUndefined()
  })

  it('does not wait for a document that cannot be fetched now', async () => {
    centre.waiting = [
      { queueId: 'Q1', docguid: 'G1', title: '一件', files: [{ name: 'a.doc', href: `http://127.0.0.1:1/x` }] },
      { queueId: 'Q2', docguid: 'G2', serial: '8', title: '又一件' },
    ]
    await t.adapter.start()
    await expect.poll(() => found('G2'), { timeout: 20_000 }).toBeDefined()
    await expect.poll(() => centre.waiting.map((row) => row.queueId), { timeout: 20_000 }).toEqual(['Q1'])
    await expect.poll(() => t.codes(), { timeout: 20_000 }).toContain('poll.failed')
    expect(centre.called('toSaveUntreadDoc')).toEqual([])
  })
})

describe('what was delivered', () => {
  it('is signed for when the centre’s unit has received it', async () => {
    const { id, row, guid } = await delivered('周政办〔2011〕401号')
    centre.states.set(guid, '未接收')
    await t.adapter.start()
    await rounds(2)
    expect(await t.house.ledger.journal.status(id)).toMatchObject({ recipients: [{ state: 'delivered' }] })
    centre.states.set(guid, '已接收')
    await expect
      .poll(async () => (await t.house.ledger.journal.status(id))?.recipients[0]?.state, { timeout: 20_000 })
      .toBe('signed')
    const asked = centre.called('getDocStatusByDocguid').length
    await rounds(2)
    expect(centre.called('getDocStatusByDocguid').length - asked).toBeLessThanOrEqual(1)
    const [receipt] = (await t.flow()).filter((message) => message.kind === 'receipt')
    expect(receipt).toMatchObject({ about: { id }, from: { unit: 'health' }, recipients: [{ unit: 'office' }] })
    expect(row).toBe(`${id}/health`)
  })

  it('can be returned by the centre’s unit', async () => {
    const { id, guid } = await delivered('周政办〔2011〕402号')
    centre.states.set(guid, '未接收')
    centre.untread = [{ id: 'U1', docguid: guid.toUpperCase(), remark: '附件不全', department: 'D-04' }]
    await t.adapter.start()
    await expect.poll(() => centre.untread.length, { timeout: 20_000 }).toBe(0)
    expect(await t.house.ledger.journal.status(id)).toMatchObject({
      recipients: [{ unit: 'health', state: 'returned', reason: '附件不全' }],
    })
    expect(centre.called('updateUntreadDoc')).toEqual([['U1']])
  })

  it('cannot be returned after signature; the return is refused, booked and not listed for ever', async () => {
    const { guid } = await delivered('周政办〔2011〕403号')
    centre.states.set(guid, '已阅读')
    await t.adapter.start()
    await expect.poll(() => t.codes().filter((code) => code === 'message.accepted').length, { timeout: 20_000 }).toBe(2)
    centre.untread = [
      { id: 'U2', docguid: guid, remark: '太迟', department: 'D-04' },
      { id: 'U3', docguid: 'unknown', remark: '', department: 'D-04' },
    ]
    // What cannot be read is refused at once; what we do not know may be on its way to us.
    await expect.poll(() => centre.untread.map(({ id }) => id), { timeout: 20_000 }).toEqual(['U2'])
    await rounds(2)
    expect(centre.untread.map(({ id }) => id)).toEqual(['U2'])
    t.clock.skew = 11 * 60_000
    await expect.poll(() => centre.untread.length, { timeout: 20_000 }).toBe(0)
    expect(t.refused().map((event) => event.error)).toEqual(['PROFILE_FIELD', 'NOT_FOUND'])
  })

  it('can be returned before we know that it arrived', async () => {
    const answered = await post(
      `${t.url}/oa/yizhan`,
      submit(notice({ number: '周政办〔2011〕404号', to: '市卫生局' })),
      { authorization: basic('office', PASSWORD) },
    )
    await t.flow()
    const id = at(answered.body, 'messageId')
    const guid = guidOf(`${id}/health`)
    centre.states.set(guid, '未接收')
    centre.untread = [{ id: 'U4', docguid: guid, remark: '附件不全', department: 'D-04' }]
    await t.adapter.start()
    await rounds(2)
    expect(centre.untread).toHaveLength(1)
    await t.delivered(id, 'health')
    await expect.poll(() => centre.untread.length, { timeout: 20_000 }).toBe(0)
    expect(await t.house.ledger.journal.status(id)).toMatchObject({
      recipients: [{ unit: 'health', state: 'returned', reason: '附件不全' }],
    })
    expect(t.refused()).toEqual([])
  })
})

describe('what a unit of the centre sent', () => {
  it('is withdrawn by a return that the unit itself filed', async () => {
    centre.waiting = [{ queueId: 'Q1', docguid: 'G1', title: '一件' }]
    await t.adapter.start()
    await expect.poll(() => centre.waiting.length, { timeout: 20_000 }).toBe(0)
    centre.untread = [{ id: 'U1', docguid: 'G1', remark: '内容有误', department: 'D-04' }]
    await expect.poll(() => centre.untread.length, { timeout: 20_000 }).toBe(0)
    expect(await t.house.ledger.journal.status((await found('G1'))?.id ?? '')).toMatchObject({ withdrawn: true })
  })
})

describe('files by address', () => {
  it('are given to whoever has the signed address, until it expires', async () => {
    const bytes = Buffer.from('版式文件'.repeat(2000))
    const answered = await post(
      `${t.url}/oa/yizhan`,
      submit(notice({ to: '市卫生局', files: file('正文（定稿）.ofd', bytes) })),
      { authorization: basic('office', PASSWORD) },
    )
    const message = await t.house.ledger.journal.message(at(answered.body, 'messageId'))
    const [ref] = message?.files ?? []
    if (message === undefined || ref === undefined) throw new Error('no file')
    const { FileLinks } = await import('../../../adapters/kit/files/links.ts')
    const url = new FileLinks(t.house, 'oa').urlOf(ref)
    const response = await fetch(url)
    expect([response.status, response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([
      200,
      'application/ofd',
      String(bytes.length),
    ])
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="______.ofd"; filename*=UTF-8''${encodeURIComponent('正文（定稿）.ofd')}`,
    )
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes)
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      String(bytes.length),
      0,
    ])

    expect((await fetch(url.replace(/s=./, (found) => (found === 's=A' ? 's=B' : 's=A')))).status).toBe(403)
    expect((await fetch(url.replace('.ofd', '.exe'))).status).toBe(403)
    expect((await fetch(url.replace(/e=\d/, 'e=9'))).status).toBe(403)
    expect((await fetch(`${t.url}/oa/files/x`)).status).toBe(403)
    expect((await fetch(`${t.url}/oa/files/${'0'.repeat(64)}/%ff?e=1&s=2`)).status).toBe(403)
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
    const rejected = t.events.filter(({ code }) => code === 'account.rejected')
    expect(rejected).toHaveLength(5)
    for (const event of rejected)
      expect(event).toMatchObject({
        actor: 'files',
        error: 'LINK_INVALID',
        source: expect.stringMatching('127.0.0.1') as string,
      })
    const gone = new FileLinks(t.house, 'oa').urlOf({ ...ref, digest: `sha256:${'0'.repeat(64)}` })
    expect((await fetch(gone)).status).toBe(404)
    t.clock.skew += 40 * 24 * 3600_000
    expect((await fetch(url)).status).toBe(403)
  })
})

describe('what fails time and again at a centre', () => {
  it('is no reason to poll the centre more slowly for everything else', async () => {
    await t.close()
    t = await TestHouse.open(
      smallCity({
        systems: {
          'docxg-centre': { url: `${centre.url}/docxg/services/`, pollMs: 10, pace: { maxBackoffMs: 600_000 } },
        },
      }),
    )
    centre.stubborn.add('G1')
    // refused, and its return is refused by the centre every time
    centre.waiting = [{ queueId: 'Q1', docguid: 'G1', title: '一', to: '市火星局;' }]
    await t.adapter.start()
    await rounds(15)
    centre.waiting = [...centre.waiting, { queueId: 'Q2', docguid: 'G2', serial: '8', title: '又一件' }]
    await expect.poll(() => centre.waiting.map(({ queueId }) => queueId), { timeout: 20_000 }).toEqual(['Q1'])
    expect(centre.called('toSaveUntreadDoc').length).toBeGreaterThan(1)
  })
})

describe('a unit that has left the centre since', () => {
  it('still signs and returns what was delivered to it there', async () => {
    await t.close()
    const city = smallCity({
      systems: { 'docxg-centre': { url: `${centre.url}/docxg/services/`, pollMs: 10, pace: { maxBackoffMs: 40 } } },
    })
    const units = city.units.map((unit) =>
      unit.id === 'health' ? { ...unit, to: dayOf(Date.now() + 86_400_000) } : unit,
    )
    t = await TestHouse.open({ ...city, units })
    const signed = await delivered('周政办〔2011〕421号')
    const returned = await delivered('周政办〔2011〕422号')
    t.clock.skew = 3 * 86_400_000
    centre.states.set(signed.guid, '已接收')
    centre.untread = [{ id: 'U1', docguid: returned.guid, remark: '缺附件', department: 'D-04' }]
    await t.adapter.start()
    const stateOf = async (id: string) => (await t.house.ledger.journal.status(id))?.recipients[0]?.state
    await expect
      .poll(async () => [await stateOf(signed.id), await stateOf(returned.id)], { timeout: 20_000 })
      .toEqual(['signed', 'returned'])
    expect(t.refused()).toEqual([])
  })
})
