import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { House } from '../../core/adapter/port.ts'
import { EXPOSED } from '../../core/config/listeners.ts'
import { peopleSchema } from '../../core/config/people.ts'
import { createMetrics } from '../../core/events/metrics.ts'
import { stepAt, totpCode } from '../../core/people/totp.ts'
import { createPages } from '../../station/http/pages.ts'
import type { RetentionQuestions } from '../../station/http/retention-pages.ts'
import type { Operations } from '../../station/operations.ts'
import { openPeople, type StationPeople } from '../../station/people/open.ts'
import { EventList } from '../lib/events.ts'
import { startChromium, type Chromium } from '../lib/servers/chromium.ts'

/** A person in Chromium at the page of logins, in its dark theme: from the one-time password to the lock-out. */

const PASSWORD = 'Huang-He 2026 x'
const clock = { at: Date.parse('2026-03-02T08:00:00Z'), now: () => clock.at }
const events = new EventList()
let data: string
let people: StationPeople
let server: Server
let chromium: Chromium
let page: Page
let oneTime: string

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'yizhan-login-page-'))
  const house = {
    city: () => ({ station: { name: 'st', people: peopleSchema.parse(undefined) } }),
    accepted: (name: string) => (name === 'admin.token' ? ['shared'] : []),
    publicUrl: () => 'http://localhost',
    rejections: events,
    emit: events,
    clock,
  } as unknown as House
  people = await openPeople(house, data, { check: () => Promise.resolve(undefined) }, { ln: 4, r: 8, p: 1 })
  const operations = {} as unknown as Operations
  const pages = createPages(
    {
      ...people.pages,
      metrics: createMetrics(),
      operations,
      retention: operations as unknown as RetentionQuestions,
      health: () => ({}),
      ready: () => ({ ready: true, waitingFor: [] }),
      emit: events,
      clock,
    },
    { serves: EXPOSED, described: [] },
  )
  server = createServer(pages)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const added = await fetch(`${url}/api/v1/people`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer shared' },
    body: JSON.stringify({ id: 'zhangsan', name: '张三', roles: ['configure'] }),
  })
  oneTime = ((await added.json()) as { readonly password: string }).password
  chromium = await startChromium({ colorScheme: 'dark' })
  page = await chromium.openPage(`${url}/login`)
  page.setDefaultTimeout(10_000)
})
afterAll(async () => {
  await chromium.close()
  server.closeAllConnections()
  server.close()
  await rm(data, { recursive: true })
})

const alert = (): Promise<string> => page.locator('[role=alert]').first().innerText()
const shown = (): Promise<string> => page.locator('body').innerText()
/** As the browser asks, with its cookie; the page itself may fetch nothing. */
const statusOf = async (path: string): Promise<number> =>
  (await chromium.context.request.get(new URL(path, page.url()).href)).status()
const code = (secret: string): string => totpCode(secret, stepAt(clock.at))

async function logIn(password: string, given = ''): Promise<void> {
  await page.fill('[name=name]', 'zhangsan')
  await page.fill('[name=password]', password)
  await page.fill('[name=code]', given)
  await page.click('form[action="/login"] button')
}

async function change(current: string, next: string, again = next): Promise<void> {
  const form = page.locator('form[action="/login/password"]')
  await form.locator('[name=current]').fill(current)
  await form.locator('[name=next]').fill(next)
  await form.locator('[name=again]').fill(again)
  await form.locator('button').click()
}

const logOut = (): Promise<void> => page.click('form[action="/logout"] button')

it('changes the one-time password first, and is told what a weak one lacks', async () => {
  await logIn(oneTime)
  expect(await shown()).toContain('张三 (zhangsan)')
  expect(await alert()).toMatch(/先改口令。\n.*change it first/)
  // Nothing else is to be found before that.
  expect(await page.locator('form').count()).toBe(2)
  expect(await statusOf('/api/v1/people')).toBe(403)
  await change(oneTime, 'zhangsan')
  expect(await alert()).toMatch(/[\u4e00-\u9fff].*\n.*[a-z]{4}/)
  await change(oneTime, PASSWORD, `${PASSWORD}y`)
  expect(await alert()).toContain('两次输入不同')
  await change('not-it', PASSWORD)
  expect(await alert()).not.toContain('两次输入不同')
  await change(oneTime, PASSWORD)
  expect(await page.locator('[role=alert]').count()).toBe(0)
  expect(await page.locator('form[action="/login/codes"]').count()).toBe(1)
  expect(events.of('person.password-changed')).toMatchObject([{ actor: '张三 (zhangsan)' }])
})

it('turns codes on, and needs one from then on', async () => {
  await page.click('form[action="/login/codes"] button')
  const secret = (await page.locator('code').first().innerText()).trim()
  await page.fill('[name=code]', '000000')
  await page.click('form[action="/login/codes/confirm"] button')
  expect(await alert()).toMatch(/[\u4e00-\u9fff]/)
  await page.click('form[action="/login/codes"] button')
  const again = (await page.locator('code').first().innerText()).trim()
  await page.fill('[name=code]', code(again))
  await page.click('form[action="/login/codes/confirm"] button')
  expect(await page.locator('ol li').count()).toBe(10)
  const [recovery = ''] = await page.locator('ol code').allInnerTexts()
  expect(again).not.toBe(secret)
  await page.click('a[href="/login"]')
  await logOut()
  await logIn(PASSWORD)
  expect(await alert()).toMatch(/动态口令/)
  clock.at += 60_000
  await logIn(PASSWORD, code(again))
  expect(await shown()).toContain('张三 (zhangsan)')
  await logOut()
  await logIn(PASSWORD, recovery)
  expect(await shown()).toContain('张三 (zhangsan)')
})

it('is asked again after half an hour in which nothing was done', async () => {
  clock.at += 29 * 60_000
  await page.reload()
  expect(await shown()).toContain('张三 (zhangsan)')
  clock.at += 31 * 60_000
  await page.reload()
  expect(await page.locator('[name=name]').count()).toBe(1)
  expect(await shown()).not.toContain('张三')
  expect(await statusOf('/api/v1/me')).toBe(401)
})

it('waits after wrong tries, is told until when, and no script has thrown', async () => {
  const said: string[] = []
  for (let n = 0; n < 12; n++) {
    await logIn(`wrong ${n}`)
    said.push(await alert())
  }
  expect(said[0]).not.toBe(said.at(-1))
  expect(said.at(-1)).toMatch(/之前|before/)
  // The right one, from the same source, waits as well: nobody learns which it was.
  await logIn(PASSWORD)
  expect(await alert()).toBe(said.at(-1))
  expect(events.of('login.refused').length).toBeGreaterThan(0)
  expect(chromium.errors).toEqual([])
})
