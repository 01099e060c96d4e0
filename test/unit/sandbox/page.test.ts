import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '../../../sandbox/files/project.ts'
import { Wrong, type Notice } from '../../../sandbox/launch/notice.ts'
import { City } from '../../../sandbox/oa/city.ts'
import { readCity } from '../../../sandbox/oa/city-files.ts'
import { SandboxPage } from '../../../sandbox/page/server.ts'
import { ensureSecrets } from '../../../sandbox/secrets.ts'
import { SYSTEM_SECRETS } from '../../../sandbox/systems/names.ts'
import { CitySystems } from '../../../sandbox/systems/systems.ts'

let folder: string
let city: City
let systems: CitySystems
let page: SandboxPage
const standing = new Wrong()
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'page-'))
  const files = readCity(join(projectFolder(), 'config', 'sandbox'))
  const secrets = await ensureSecrets(join(folder, 'secrets.json'), {
    accounts: files.accounts.map((account) => account.id),
    systems: files.systems.map((system) => system.id),
    others: SYSTEM_SECRETS,
  })
  // Nobody listens on port 1: these OAs have no station.
  const parts = {
    files,
    secrets,
    inboxes: join(folder, 'inboxes'),
    memory: join(folder, 'memory'),
    station: () => 'http://127.0.0.1:1',
  }
  city = await City.open(parts)
  systems = await CitySystems.open(parts)
  page = new SandboxPage(
    city,
    systems,
    () => ({ station: 'http://127.0.0.1:8630', editor: 'http://127.0.0.1:8631' }),
    (path) => Promise.resolve(new Response(`asked ${path}`, { status: path === '/metrics' ? 200 : 503 })),
    () => standing.texts,
  )
  await page.listen(0)
})
afterAll(async () => {
  await page.close()
  await city.close()
  await systems.close()
  rmSync(folder, { recursive: true })
})

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`${page.url}${path}`)).json()) as T
}

async function post(
  path: string,
  body: object,
): Promise<{ status: number; answer: { status?: string; error?: string } }> {
  const response = await fetch(`${page.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: page.url },
    body: JSON.stringify(body),
  })
  return { status: response.status, answer: (await response.json()) as { status?: string; error?: string } }
}

interface CityAnswer {
  readonly units: readonly {
    readonly id: string
    readonly dialect: string
    readonly plant: string
    readonly inbox: number
    readonly open: number
  }[]
  readonly plants: readonly { readonly id: string; readonly on: boolean }[]
}

describe('the sandbox’s page', () => {
  it('is a page with its parts, all of our own and none inline', async () => {
    const html = await (await fetch(`${page.url}/`)).text()
    expect(html).toContain('驿站沙箱')
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
    for (const part of parts) expect((await fetch(`${page.url}/${part}`)).status, part).toBe(200)
    expect(html).not.toMatch(/<script(?![^>]*src)|\sstyle=|\son\w+=/)
  })

  it('asks the station for health and metrics as its operator, and for nothing else', async () => {
    const asked = async (path: string): Promise<unknown> => {
      const answer = await fetch(`${page.url}${path}`)
      return [answer.status, answer.ok || answer.status === 503 ? await answer.text() : '']
    }
    expect(await asked('/station/metrics')).toEqual([200, 'asked /metrics'])
    expect(await asked('/station/health')).toEqual([503, 'asked /admin/health'])
    expect(await asked('/station/where?q=1')).toEqual([404, ''])
  })

  it('knows 66 units, a third of each dialect', async () => {
    const { units, plants } = await get<CityAnswer>('/api/city')
    const of = (dialect: string): number => units.filter((unit) => unit.dialect === dialect).length
    expect([units.length, of('epoint'), of('docxg'), of('yizhan'), of('files')]).toEqual([66, 22, 22, 17, 5])
    expect(plants).toHaveLength(22 + 1 + 22)
  })

  it('shows what a unit received, and how much of it waits', async () => {
    await city.inboxes.keep({
      system: 'docxg-centre',
      unit: 'caizhengju',
      kind: 'document',
      id: 'a',
      number: '周政办〔2011〕83号',
      title: '关于开通的通知',
    })
    await city.inboxes.keep({
      system: 'docxg-centre',
      unit: 'caizhengju',
      kind: 'document',
      id: 'b',
      number: '周政办〔2011〕84号',
    })
    await city.inboxes.keep({
      system: 'docxg-centre',
      unit: 'caizhengju',
      kind: 'withdrawal',
      id: 'c',
      number: '周政办〔2011〕84号',
    })
    const { inbox } = await get<{ inbox: { id: string; status: string }[] }>('/api/units/caizhengju')
    expect(inbox.map(({ id, status }) => [id, status])).toEqual([
      ['c', 'new'],
      ['b', 'withdrawn'],
      ['a', 'new'],
    ])
    expect((await get<CityAnswer>('/api/city')).units.find((unit) => unit.id === 'caizhengju')).toMatchObject({
      inbox: 3,
      open: 1,
    })
    expect(await post('/api/units/caizhengju/sign', { id: 'a' })).toMatchObject({
      status: 200,
      answer: { status: 'acknowledged' },
    })
    expect((await get<CityAnswer>('/api/city')).units.find((unit) => unit.id === 'caizhengju')).toMatchObject({
      open: 0,
    })
  })

  it('tells every open page at once', async () => {
    const response = await fetch(`${page.url}/api/events`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const read = async (): Promise<string> => (text += (await reader?.read())?.value ?? '')
    while (!text.includes('caught-up')) await read()
    text = ''
    await city.inboxes.keep({
      system: 'docxg-centre',
      unit: 'jiaoyuju',
      kind: 'document',
      id: 'd',
      number: '周政办〔2011〕85号',
    })
    while (!text.includes('\n\n')) await read()
    expect(text).toMatch(/"type":"kept","unit":"jiaoyuju".*"counts":\{"inbox":1,"open":1\}/)
    await reader?.cancel()
  })

  it('switches an OA off and on, and writes it down', async () => {
    const isOn = async (): Promise<boolean | undefined> =>
      (await get<CityAnswer>('/api/city')).plants.find((plant) => plant.id === 'xiangcheng')?.on
    await post('/api/plants/xiangcheng/switch', { on: false })
    expect(await isOn()).toBe(false)
    await expect(fetch(city.urls['oa-xiangcheng'] ?? '')).rejects.toThrow()
    await post('/api/plants/xiangcheng/switch', { on: true })
    expect(await isOn()).toBe(true)
    expect(readFileSync(join(folder, 'inboxes', 'attempts.jsonl'), 'utf8')).toMatch(
      /"t":"switch".*"oa":"xiangcheng","on":false[^]*"oa":"xiangcheng","on":true/,
    )
  })

  it('says what is wrong with a request', async () => {
    expect(await post('/api/units/caizhengju/sign', { id: 'none' })).toMatchObject({
      status: 400,
      answer: { error: expect.stringContaining('none') as string },
    })
    expect(await post('/api/units/nobody/sign', { id: 'a' })).toMatchObject({
      status: 400,
      answer: { error: expect.stringContaining('nobody') as string },
    })
    expect(await post('/api/units/caizhengju/send', { title: '' })).toMatchObject({ status: 422 })
  })
})

describe('the page’s panels of the other systems', () => {
  const modeOf = async (name: string): Promise<string | undefined> =>
    (await get<{ systems: { name: string; mode: string }[] }>('/api/systems')).systems.find((one) => one.name === name)
      ?.mode

  it('switches each of them into each mode and back', async () => {
    for (const name of ['portal', 'sms', 'mail', 'archive', 'directory']) {
      for (const mode of ['off', 'hang', 'garbage', 'on']) {
        expect(await post(`/api/systems/${name}/mode`, { mode })).toMatchObject({ status: 200 })
        expect(await modeOf(name)).toBe(mode)
      }
    }
    expect(await post('/api/systems/fax/mode', { mode: 'off' })).toMatchObject({ status: 400 })
    expect(await post('/api/systems/sms/mode', { mode: 'away' })).toMatchObject({ status: 422 })
    await post('/api/systems/portal/mode', { mode: 'off' })
    await expect(fetch(systems.portal.url)).rejects.toThrow()
    await post('/api/systems/portal/mode', { mode: 'on' })
    expect((await fetch(systems.portal.url)).status).toBe(200)
  })

  it('shows the directory and what happens to it', async () => {
    const tree = () =>
      get<{ units: { id: string; name: string }[]; people: { uid: string; name: string; mobile: string }[] }>(
        '/api/directory',
      )
    expect([(await tree()).units.length, (await tree()).people.length]).toEqual([66, 198])
    await post('/api/directory/rename', { unit: 'tongjiju', name: '市统计和调查局' })
    await post('/api/directory/replace', { uid: 'tongjiju-director', name: '李四', mobile: '13800009999' })
    await post('/api/directory/merge', { unit: 'gongxiaoshe', into: 'shangwuju' })
    const { units, people } = await tree()
    expect(units.find(({ id }) => id === 'tongjiju')?.name).toBe('市统计和调查局')
    expect(units.some(({ id }) => id === 'gongxiaoshe')).toBe(false)
    expect(people.find(({ uid }) => uid === 'tongjiju-director')).toMatchObject({ name: '李四', mobile: '13800009999' })
    expect(
      await post('/api/directory/replace', { uid: 'tongjiju-director', name: '李四', mobile: '13912345678' }),
    ).toMatchObject({ status: 422 })
    expect(await post('/api/directory/merge', { unit: 'nobody', into: 'shangwuju' })).toMatchObject({ status: 400 })
  })

  it('shows a phone with what was written on it, and whose it is', async () => {
    const phone = systems.directory.tree.people.find(({ uid }) => uid === 'caizhengju-director')?.mobile ?? ''
    expect(await post(`/api/sms/${phone}/write`, { text: '参加' })).toMatchObject({ status: 200 })
    expect(await get(`/api/sms/${phone}`)).toMatchObject({
      owner: { unit: '市财政局', title: '办公室主任' },
      texts: [{ way: 'out', text: '参加' }],
    })
    expect(systems.sms.unconfirmed).toBe(1)
    expect(await post('/api/sms/..%2f..%2fetc/write', { text: 'x' })).toMatchObject({ status: 400 })
  })

  it('may be shown the portal in a frame, and nobody may show the page in one', async () => {
    const policy = async (url: string): Promise<string> =>
      (await fetch(url)).headers.get('content-security-policy') ?? ''
    expect(await policy(page.url)).toMatch(new RegExp(`frame-src ${systems.portal.url};.*frame-ancestors 'none'`))
    expect(await policy(systems.portal.url)).toMatch(/frame-src 'none'; frame-ancestors http:\/\/127\.0\.0\.1:\*$/)
  })
})

describe('what the station has not taken', () => {
  it('stays on the page until it is taken back, each matter for itself', async () => {
    const wrong = async (): Promise<unknown> => (await get<{ wrong: unknown }>('/api/city')).wrong
    const say = (notice: Notice): void => {
      standing.take(notice)
      page.notice(notice)
    }
    expect(await wrong()).toEqual([])
    say({ code: 'config.rejected', about: 'config', bad: true, text: 'units.tsv:3' })
    say({ code: 'flows.held-back', about: 'flows', bad: true, text: '页 tab' })
    expect(await wrong()).toEqual(['units.tsv:3', '页 tab'])
    say({ code: 'config.reloaded', about: 'config', bad: false, text: '' })
    expect(await wrong()).toEqual(['页 tab'])
    say({ code: 'flows.deployed', about: 'flows', bad: false, text: '' })
    expect(await wrong()).toEqual([])
  })
})
