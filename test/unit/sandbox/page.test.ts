import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '../../../sandbox/files/project.ts'
import { City } from '../../../sandbox/oa/city.ts'
import { readCity } from '../../../sandbox/oa/city-files.ts'
import { SandboxPage } from '../../../sandbox/page/server.ts'
import { ensureSecrets } from '../../../sandbox/secrets.ts'

let folder: string
let city: City
let page: SandboxPage
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'page-'))
  const files = readCity(join(projectFolder(), 'config', 'sandbox'))
  const secrets = await ensureSecrets(join(folder, 'secrets.json'), { accounts: files.accounts.map((account) => account.id), systems: files.systems.map((system) => system.id) })
  // Nobody listens on port 1: these OAs have no station.
  city = await City.open({ files, secrets, inboxes: join(folder, 'inboxes'), memory: join(folder, 'memory'), station: () => 'http://127.0.0.1:1' })
  page = new SandboxPage(city, () => ({ station: 'http://127.0.0.1:8630', editor: 'http://127.0.0.1:8631' }))
  await page.listen(0)
})
afterAll(async () => {
  await page.close()
  await city.close()
  rmSync(folder, { recursive: true })
})

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`${page.url}${path}`)).json()) as T
}

async function post(path: string, body: object): Promise<{ status: number; answer: { status?: string; error?: string } }> {
  const response = await fetch(`${page.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: page.url }, body: JSON.stringify(body) })
  return { status: response.status, answer: (await response.json()) as { status?: string; error?: string } }
}

interface CityAnswer {
  readonly units: readonly { readonly id: string; readonly dialect: string; readonly plant: string; readonly inbox: number; readonly open: number }[]
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

  it('knows 65 units, a third of each dialect', async () => {
    const { units, plants } = await get<CityAnswer>('/api/city')
    const of = (dialect: string): number => units.filter((unit) => unit.dialect === dialect).length
    expect([units.length, of('epoint'), of('docxg'), of('yizhan')]).toEqual([65, 22, 22, 21])
    expect(plants).toHaveLength(22 + 1 + 21)
  })

  it('shows what a unit received, and how much of it waits', async () => {
    await city.inboxes.keep({ system: 'docxg-centre', unit: 'caizhengju', kind: 'document', id: 'a', number: '周政办〔2011〕83号', title: '关于开通的通知' })
    await city.inboxes.keep({ system: 'docxg-centre', unit: 'caizhengju', kind: 'document', id: 'b', number: '周政办〔2011〕84号' })
    await city.inboxes.keep({ system: 'docxg-centre', unit: 'caizhengju', kind: 'withdrawal', id: 'c', number: '周政办〔2011〕84号' })
    const { inbox } = await get<{ inbox: { id: string; status: string }[] }>('/api/units/caizhengju')
    expect(inbox.map(({ id, status }) => [id, status])).toEqual([['c', 'new'], ['b', 'withdrawn'], ['a', 'new']])
    expect((await get<CityAnswer>('/api/city')).units.find((unit) => unit.id === 'caizhengju')).toMatchObject({ inbox: 3, open: 1 })
    expect(await post('/api/units/caizhengju/sign', { id: 'a' })).toMatchObject({ status: 200, answer: { status: 'acknowledged' } })
    expect((await get<CityAnswer>('/api/city')).units.find((unit) => unit.id === 'caizhengju')).toMatchObject({ open: 0 })
  })

  it('tells every open page at once', async () => {
    const response = await fetch(`${page.url}/api/events`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const read = async (): Promise<string> => (text += (await reader?.read())?.value ?? '')
    while (!text.includes('caught-up')) await read()
    text = ''
    await city.inboxes.keep({ system: 'docxg-centre', unit: 'jiaoyuju', kind: 'document', id: 'd', number: '周政办〔2011〕85号' })
    while (!text.includes('\n\n')) await read()
    expect(text).toMatch(/"type":"kept","unit":"jiaoyuju".*"counts":\{"inbox":1,"open":1\}/)
    await reader?.cancel()
  })

  it('switches an OA off and on, and writes it down', async () => {
    const isOn = async (): Promise<boolean | undefined> => (await get<CityAnswer>('/api/city')).plants.find((plant) => plant.id === 'xiangcheng')?.on
    await post('/api/plants/xiangcheng/switch', { on: false })
    expect(await isOn()).toBe(false)
    await expect(fetch(city.urls['oa-xiangcheng'] ?? '')).rejects.toThrow()
    await post('/api/plants/xiangcheng/switch', { on: true })
    expect(await isOn()).toBe(true)
    expect(readFileSync(join(folder, 'inboxes', 'attempts.jsonl'), 'utf8')).toMatch(/"t":"switch".*"oa":"xiangcheng","on":false[^]*"oa":"xiangcheng","on":true/)
  })

  it('says what is wrong with a request', async () => {
    expect(await post('/api/units/caizhengju/sign', { id: 'none' })).toMatchObject({ status: 400, answer: { error: expect.stringContaining('none') as string } })
    expect(await post('/api/units/nobody/sign', { id: 'a' })).toMatchObject({ status: 400, answer: { error: expect.stringContaining('nobody') as string } })
    expect(await post('/api/units/caizhengju/send', { title: '' })).toMatchObject({ status: 422 })
  })
})
