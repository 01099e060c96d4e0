import { createServer, type Server } from 'node:http'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { House } from '../../core/adapter/port.ts'
import { EXPOSED } from '../../core/config/listeners.ts'
import { peopleSchema } from '../../core/config/people.ts'
import { createMetrics } from '../../core/events/metrics.ts'
import { systemClock } from '../../core/util/clock.ts'
import type { AdminParts } from '../../station/http/admin-routes.ts'
import { createPages } from '../../station/http/pages.ts'
import { openPeople } from '../../station/people/open.ts'
import { EventList } from '../lib/events.ts'
import { startChromium, type Chromium } from '../lib/servers/chromium.ts'
import { shared } from '../lib/shared.ts'

/** The duty console in a real browser, with the station's own pages, people and sessions behind it. */

const PASSWORD = 'Huang-He 2026 x'
const require = createRequire(import.meta.url)
const AXE = require.resolve('axe-core/axe.min.js')
/** WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const events = new EventList()
let data: string
let server: Server
let url: string
let chromium: Chromium
let page: Page

shared(
  async () => {
    data = await mkdtemp(join(tmpdir(), 'yizhan-console-'))
    const house = {
      city: () => ({ station: { name: 'st', people: peopleSchema.parse(undefined) } }),
      accepted: (name: string) => (name === 'editor.admin' ? ['old'] : []),
      publicUrl: () => 'http://localhost',
      ...{ rejections: events, emit: events, clock: systemClock },
    } as unknown as House
    const people = await openPeople(house, data, { check: () => Promise.resolve(undefined) }, { ln: 4, r: 8, p: 1 })
    const pages = createPages(
      {
        ...people.pages,
        ...({ operations: {}, retention: {} } as Pick<AdminParts, 'operations' | 'retention'>),
        metrics: createMetrics(),
        health: () => ({}),
        ready: () => ({ ready: true, waitingFor: [] }),
        ...{ emit: events, clock: systemClock },
      },
      { serves: EXPOSED, described: [] },
    )
    server = createServer(pages)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    chromium = await startChromium()
    page = await chromium.openPage(`${url}/console`)
  },
  async () => {
    await chromium.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(data, { recursive: true })
  },
  { renewed: false },
)

async function logIn(name: string, password: string): Promise<void> {
  await page.fill('input[name=name]', name)
  await page.fill('input[name=password]', password)
  await page.click('button[type=submit]')
}
/** Adds somebody; gives the one-time password. */
async function add(id: string, name: string, roles: readonly string[]): Promise<string> {
  await page.fill('.add-person input[name=id]', id)
  await page.fill('.add-person input[name=person]', name)
  for (const role of roles) await page.check(`.add-person input[value=${role}]`)
  await page.click('.add-person button[type=submit]')
  const password = await page.locator('.given code').textContent()
  await page.getByRole('button', { name: '记下了' }).click()
  return password ?? ''
}
const person = (id: string) => page.locator(`[data-person=${id}]`)

describe('the duty console', () => {
  it('is served as files of its own, of which only the named ones are kept', async () => {
    const index = await fetch(`${url}/console`)
    const [, asset = ''] = /src="(\/console\/assets\/[^"]+\.js)"/.exec(await index.text()) ?? []
    expect(index.headers.get('cache-control')).toBe('no-store')
    expect(index.headers.get('content-security-policy')).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/)
    const script = await fetch(url + asset)
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await fetch(`${url}/console/assets/..%2findex.html`)).status).toBe(404)
  })

  it('refuses a wrong password in words, and shows nothing', async () => {
    await logIn('admin', 'wrong')
    await page.getByRole('alert').waitFor()
    expect(await page.locator('nav').count()).toBe(0)
  })

  it('offers what the station serves and the roles allow, and lets the first person be made', async () => {
    await logIn('admin', 'old')
    await page.locator('nav a').first().waitFor()
    expect(await page.locator('nav a').allTextContents()).toEqual([expect.stringContaining('人员'), '站点首页', '文档'])
    const password = await add('zhang', '张三', ['configure'])
    // The shared password ended with the first person.
    await logIn('zhang', password)
    await page.getByRole('link', { name: '改口令' }).click()
    await page.fill('input[name=current]', password)
    await page.fill('input[name=next]', PASSWORD)
    await page.fill('input[name=again]', PASSWORD)
    await page.getByRole('button', { name: '改 Change' }).click()
    await page.getByRole('button', { name: '启用' }).waitFor()
    await page.goto(`${url}/console`)
    await person('zhang').waitFor()
  })

  it('says what an act will do, asks why, and audits it under a person’s name', async () => {
    await add('li', '李四', ['audit'])
    await person('li').getByRole('button', { name: '锁定' }).click()
    const dialog = page.getByRole('dialog', { name: '锁定 李四' })
    await dialog.getByText('立即退出').waitFor()
    expect(await dialog.locator('.carry-out').isDisabled()).toBe(true)
    await dialog.locator('input[name=reason]').fill('调离岗位')
    await dialog.locator('.carry-out').click()
    await person('li').getByText('调离岗位').waitFor()
    expect(events.of('person.locked')).toMatchObject([{ actor: '张三 (zhang)', detail: '李四 (li): 调离岗位' }])
    await person('li').getByRole('button', { name: '解锁' }).click()
    await page.getByRole('dialog', { name: '解锁 李四' }).locator('.carry-out').click()
    await person('li').getByRole('button', { name: '锁定' }).waitFor()
  })

  it('is accessible in two languages, two themes and three widths, and never wider than its window', async () => {
    await page.evaluate(await readFile(AXE, 'utf8'))
    const faults: string[] = []
    const shown = async (what: string): Promise<void> => {
      const { violations } = await page.evaluate(
        async (values) =>
          (globalThis as unknown as { axe: { run: (context: string, options: object) => Promise<AxeResult> } }).axe.run(
            'html',
            { runOnly: { type: 'tag', values } },
          ),
        RULES,
      )
      for (const { id, nodes } of violations) faults.push(`${what}: ${id} ${nodes.map(({ html }) => html).join(' ')}`)
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
      if (wide === true) faults.push(`${what}: wider than its window`)
    }
    for (const language of ['zh-CN', 'en']) {
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
        for (const width of [1440, 1280, 390]) {
          await page.setViewportSize({ width, height: 900 })
          await shown(`${language} ${theme} ${width}`)
        }
      }
      await page.setViewportSize({ width: 1280, height: 900 })
      if (language === 'zh-CN') await page.click('.switch-language')
      await page.locator('html[lang=en]').waitFor()
    }
    expect(faults).toEqual([])
    expect(await page.locator('h1').textContent()).toBe('People')
    // As it was left, it comes again.
    await page.reload()
    await page.locator('html[lang=en]').waitFor()
  })

  it('lets nobody go on who has logged out, and asks nobody else for anything', async () => {
    const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.filter((address) => !address.startsWith(url))).toEqual([])
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.locator('input[name=password]').waitFor()
    expect(await page.locator('table').count()).toBe(0)
    expect(chromium.errors).toEqual([])
  })
})

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}
