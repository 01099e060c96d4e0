import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { portalSchema } from '../../adapters/portal/config.ts'
import { PortalSender, type PortalItem } from '../../adapters/portal/sender.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { CHOICES } from '../../sandbox/portal/choices.ts'
import type { CitizenForm } from '../../sandbox/portal/client.ts'
import { PortalSite } from '../../sandbox/portal/site.ts'
import { PortalTestHouse } from '../unit/portal/lib/house.ts'

/** The sandbox's portal and our adapter, each with its own code, over real HTTP in both directions. */

const never = new AbortController().signal
const SCRIPT = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
const form = (changes: Partial<CitizenForm> = {}): CitizenForm => ({
  purpose: '申诉求决',
  title: '关于供暖',
  text: '室温不足。',
  place: { code: '411681', name: '项城市' },
  category: '010000',
  petitioner: { name: '李四', phone: '13800005678' },
  publish: false,
  files: [],
  ...changes,
})
const publication = (
  revision: number,
  title: string,
  action: 'create' | 'replace' = revision === 1 ? 'create' : 'replace',
): PortalItem => ({
  kind: 'publication',
  action,
  publication: {
    state: 'published',
    id: 'p-1',
    revision,
    title,
    text: '内容',
    unit: '市政府办公室',
    publishedAt: '2026-01-05T00:00:00.000Z',
    updatedAt: '2026-01-05T00:00:00.000Z',
    files: [],
  },
})

let folder: string
let house: PortalTestHouse
let site: PortalSite
let sender: PortalSender
const openSite = (): PortalSite =>
  new PortalSite({
    folder: join(folder, 'portal'),
    memory: join(folder, 'memory'),
    station: () => house.url,
    account: 'portal',
    password: '口令-secret',
    callbackSecret: 'shared',
  })
/** To a portal that answers, a busy machine may take its time. */
const openSender = (timeoutMs = 20_000): PortalSender => {
  const { callback } = portalSchema.parse({ callback: { url: site.callbackUrl, timeoutMs, signature: 'sm3' } })
  return new PortalSender({
    system: 'portal',
    config: callback!,
    filesAs: 'inline',
    files: { link: () => '', read: async (digest) => house.bodies.get(digest) ?? Buffer.alloc(0) },
    secret: () => 'shared',
    clock: { now: () => Date.now() },
  })
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portal-'))
  house = new PortalTestHouse()
  await house.listen()
  site = openSite()
  await site.switchOn(0)
  sender = openSender()
})
afterEach(async () => {
  await sender.close()
  await site.close()
  await house.close()
  rmSync(folder, { recursive: true })
})

async function kind(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof YizhanError)) throw new Error(`expected a failure, not ${String(error)}`)
  return `${error.code} ${error.inDoubt ? 'in doubt' : error.retryable ? 'retry' : 'refused'}`
}

const page = async (
  path: string,
  init: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; text: string }> => {
  const response = await fetch(`${site.url}${path}`, {
    ...init,
    headers: {
      ...(init.method === 'POST' ? { 'content-type': 'application/json', origin: site.url } : {}),
      ...init.headers,
    },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('a citizen', () => {
  it('files a petition with and without files, and gets a query code that answers', async () => {
    const bytes = Buffer.from('照片')
    const outcome = await site.file(
      form({ files: [{ name: '照片（一）.jpg', mediaType: 'image/jpeg', base64: bytes.toString('base64') }] }),
      'w-1',
    )
    expect(outcome).toMatchObject({ status: 'acknowledged', id: 'st-1', externalId: 'w-1' })
    expect(house.submissions[0]?.petition).toMatchObject({
      title: '关于供暖',
      files: [{ name: '照片（一）.jpg', mediaType: 'image/jpeg', bytes }],
    })
    expect(house.submissions[0]?.raw.contentType).toMatch(/^multipart\/form-data/)
    if (outcome.status !== 'acknowledged') throw new Error(outcome.status)
    expect((await site.query(outcome.queryCode.toLowerCase()))?.petition).toMatchObject({ stateText: '已登记' })
    expect(await site.query('AAAA-AAAA-AAAA-AAAA')).toBeUndefined()
  })

  it('who is impatient gets the same answer, and who errs is told what is wrong', async () => {
    const [first, second] = [await site.file(form()), await site.file(form())]
    expect({ ...second, externalId: '' }).toEqual({ ...first, externalId: '' })
    expect(house.submissions).toHaveLength(1)
    const refused = await site.file(form({ petitioner: { name: '', phone: '1' } }))
    expect(refused).toMatchObject({
      status: 'refused',
      code: 'FIELD_INVALID',
      faults: [{ field: 'petitioner.name' }, { field: 'petitioner.phone' }],
    })
    house.failure = new YizhanError('OVERLOADED', { rule: 'x' })
    expect((await site.file(form({ title: '另一件' }))).status).toBe('lost')
    await house.close()
    expect((await site.file(form({ title: '另一件' }))).status).toBe('lost')
    expect(site.store.filed).toHaveLength(2)
    await house.listen()
  })

  it('may write script: it travels as text', async () => {
    await site.file(form({ title: SCRIPT, text: SCRIPT }))
    expect(house.submissions[0]?.petition).toMatchObject({ title: SCRIPT, text: SCRIPT })
    for (const choice of [
      ...CHOICES.purposes.map((purpose) => ({ purpose })),
      ...CHOICES.categories.map(([category]) => ({ category })),
      ...CHOICES.places.map(([code, name]) => ({ place: { code, name } })),
    ])
      expect((await site.file(form({ title: JSON.stringify(choice), ...choice }))).status).toBe('acknowledged')
  })
})

describe('call-backs', () => {
  const about = { id: 'st-1', queryCode: '2222222222222222', externalId: 'w-1' }

  it('are kept once as files, whatever is sent again, also after a restart', async () => {
    const file = house.file('答复.txt', Buffer.from('已整改'))
    await sender.send(
      'd-1',
      { kind: 'state', petition: about, state: 'handling', at: '2026-01-05T00:00:00.000Z' },
      never,
    )
    await sender.send(
      'd-2',
      {
        kind: 'reply',
        petition: about,
        state: 'replied',
        reply: { text: SCRIPT, unit: '市住建局', at: '2026-01-06T00:00:00.000Z', files: [file] },
      },
      never,
    )
    expect(
      await sender.send(
        'd-2',
        {
          kind: 'reply',
          petition: about,
          state: 'replied',
          reply: { text: SCRIPT, unit: '市住建局', at: '2026-01-06T00:00:00.000Z', files: [file] },
        },
        never,
      ),
    ).toEqual({ remoteId: 'portal-d-2' })
    expect([site.store.items('petitions').length, site.store.repeated('petitions')]).toEqual([2, 1])
    const kept = JSON.parse(readFileSync(join(folder, 'portal', 'petitions', '00002.json'), 'utf8')) as object
    expect(kept).toMatchObject({
      system: 'portal',
      kind: 'reply',
      id: 'd-2',
      text: SCRIPT,
      from: '市住建局',
      files: [{ name: '答复.txt', size: 9, digest: file.digest.slice(7) }],
    })
    const [port] = [new URL(site.url).port]
    await site.close()
    site = openSite()
    await site.switchOn(Number(port))
    expect([site.store.items('petitions').length, site.store.repeated('petitions')]).toEqual([2, 1])
    expect(await sender.probe('d-2', never)).toEqual({ taken: true, remoteId: 'portal-d-2' })
    expect(await sender.probe('d-9', never)).toEqual({ taken: false, remoteId: undefined })
    await sender.send(
      'd-1',
      { kind: 'state', petition: about, state: 'handling', at: '2026-01-05T00:00:00.000Z' },
      never,
    )
    expect([site.store.items('petitions').length, site.store.repeated('petitions')]).toEqual([2, 2])
  })

  it('publish, correct and withdraw', async () => {
    await sender.send('d-1', publication(1, '公告'), never)
    // The correction of a correction arrives first.
    await sender.send('d-3', publication(3, '公告（再更正）'), never)
    await sender.send('d-2', publication(2, '公告（更正）'), never)
    expect(site.publications()).toMatchObject([
      {
        current: { title: '公告（再更正）', publication: { revision: 3 } },
        revisions: 3,
        earlier: ['公告（更正）', '公告'],
      },
    ])
    await sender.send(
      'd-4',
      {
        kind: 'publication',
        action: 'withdraw',
        publication: { state: 'withdrawn', id: 'p-1', revision: 4, updatedAt: '2026-01-08T00:00:00.000Z' },
      },
      never,
    )
    expect(JSON.parse((await page('/api/publications')).text)).toMatchObject([
      { current: { publication: { state: 'withdrawn' } } },
    ])
  })

  it('find the portal off, silent, busy, talking garbage, and back; nothing is lost or doubled', async () => {
    const send = (): Promise<unknown> => sender.send('d-1', publication(1, '公告'), never)
    await site.switchOff()
    expect(await kind(send())).toBe('SYSTEM_UNREACHABLE retry')
    await site.switchOn()
    const moods = {
      silent: 'SYSTEM_TIMEOUT in doubt',
      garbage: 'SYSTEM_FAULT in doubt',
      busy: 'SYSTEM_FAULT in doubt',
      refuse: 'SYSTEM_REFUSED refused',
    } as const
    const patient = sender
    const impatient = openSender(1_500)
    for (const [mood, expected] of Object.entries(moods)) {
      site.mood = mood as keyof typeof moods
      sender = mood === 'silent' ? impatient : patient
      expect(await kind(send()), mood).toBe(expected)
    }
    expect(site.store.items('publications')).toHaveLength(0)
    site.mood = 'mute'
    sender = impatient
    expect(await kind(send())).toBe('SYSTEM_TIMEOUT in doubt')
    expect(await kind(sender.probe('d-1', never))).toMatch(/^SYSTEM_TIMEOUT/)
    await impatient.close()
    sender = patient
    site.mood = 'garbage'
    expect(await kind(sender.probe('d-1', never))).toBe('STATUS_UNCLEAR retry')
    site.mood = 'well'
    expect(await sender.probe('d-1', never)).toEqual({ taken: true, remoteId: 'portal-d-1' })
    expect(site.store.items('publications')).toHaveLength(1)
  })

  it('with a wrong signature, an old one or another’s key are not taken', async () => {
    const { callback } = portalSchema.parse({ callback: { url: site.callbackUrl } })
    const shared = {
      system: 'portal',
      config: callback!,
      filesAs: 'link',
      files: { link: () => '', read: () => Promise.resolve(Buffer.alloc(0)) },
    } as const
    for (const [secret, now] of [
      ['wrong', Date.now()],
      ['shared', Date.now() - 3_600_000],
    ] as const) {
      const other = new PortalSender({ ...shared, secret: () => secret, clock: { now: () => now } })
      expect(await kind(other.send('d-1', publication(1, '公告'), never))).toBe('SYSTEM_FAULT retry')
      await other.close()
    }
    expect((await page('/callback', { method: 'POST', body: '{}' })).status).toBe(401)
    expect((await page('/callback/d-1')).status).toBe(401)
    expect(existsSync(join(folder, 'portal', 'publications'))).toBe(false)
  })
})

describe('the page', () => {
  it('is of its own files only, none inline, under a strict policy, with what a test holds on to', async () => {
    const { text: html, headers } = await page('/')
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/)
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
    for (const part of [...parts, 'dom.js', 'petition.js', 'publications.js'])
      expect((await page(`/${part}`)).status, part).toBe(200)
    expect(html).not.toMatch(/<script(?![^>]*src)|\sstyle=|\son\w+=/)
    for (const id of [
      'petition-form',
      'purpose',
      'category',
      'place-code',
      'title',
      'text',
      'accused',
      'name',
      'phone',
      'id-number',
      'email',
      'address',
      'files',
      'publish',
      'submit-petition',
      'petition-result',
      'query-form',
      'query-code',
      'query-submit',
      'query-result',
      'publications',
    ])
      expect(html).toContain(`id="${id}"`)
    const labels = [...html.matchAll(/<label for="([^"]+)"/g)].map((match) => match[1])
    expect(labels).toHaveLength(14)
    for (const file of readdirSync(join(import.meta.dirname, '../../sandbox/portal/public')).filter((name) =>
      name.endsWith('.js'),
    ))
      expect((await page(`/${file}`)).text, file).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/,
      )
  })

  it('files and queries for the citizen, and lets no other site do so', async () => {
    const filed = await page('/api/petitions', { method: 'POST', body: JSON.stringify(form({ title: SCRIPT })) })
    const outcome = JSON.parse(filed.text) as { queryCode: string }
    expect(filed.headers.get('content-type')).toMatch(/^application\/json/)
    expect((await page(`/api/petitions/${outcome.queryCode}`)).status).toBe(200)
    expect((await page('/api/petitions/nothing')).status).toBe(404)
    expect((await page('/api/petitions', { method: 'POST', body: JSON.stringify({ ...form(), vip: 1 }) })).status).toBe(
      422,
    )
    expect((await page('/api/petitions', { method: 'POST', body: '{' })).status).toBe(400)
    expect(
      (await page('/api/petitions', { method: 'POST', body: '{}', headers: { origin: 'http://evil.example' } })).status,
    ).toBe(403)
    expect(JSON.parse((await page('/api/choices')).text)).toEqual(CHOICES)
  })
})
