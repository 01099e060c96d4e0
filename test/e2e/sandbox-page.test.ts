import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FrameLocator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../sandbox/launch/house.ts'
import { SandboxPage } from '../../sandbox/page/server.ts'
import { startChromium, type Chromium } from '../lib/servers/chromium.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'

/** The sandbox's page in a real browser, with the station and its flows behind it. */

const OFFICE = 'zhengfuban'
let data: string
let house: House
let server: SandboxPage
let chromium: Chromium
let page: Page
let portal: FrameLocator

// The tests build upon what those before them have issued; a second try has a browser of its own.
shared(
  async () => {
    data = await mkdtemp(join(tmpdir(), 'yizhan-page-'))
    house = await openHouse({ data, bus: 'embedded', ports: { http: 0, editor: 0 } })
    server = new SandboxPage(
      house.city,
      house.systems,
      () => ({ station: house.ready().http, editor: house.ready().editor }),
      house.ask,
    )
    await server.listen(0)
    house.city.poll(400)
  },
  async () => {
    await server.close()
    await house.close()
    await rm(data, { recursive: true, force: true })
  },
  { renewed: false },
)
shared(
  async () => {
    chromium = await startChromium()
    page = await chromium.openPage(server.url)
    portal = page.frameLocator('#portal-frame')
  },
  () => chromium.close(),
)

let serial = 0
/** What an earlier try has sent bears another one. */
const next = (): string => `第${++serial}次`

const switchTo = (system: string, mode: string): Promise<unknown> => page.selectOption(`#mode-${system}`, mode)

describe('the sandbox’s page', () => {
  it('has all systems on one screen', async () => {
    const panels = page.locator('.board > .column')
    await portal.locator('#submit-petition').waitFor()
    expect(await panels.count()).toBe(5)
    for (const panel of await panels.all()) {
      const box = await panel.boundingBox()
      expect(box).toMatchObject({ x: expect.any(Number) as number })
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(1440)
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(900)
    }
    expect(await page.locator('.mode .dot.unwired').count()).toBe(0)
  })

  it('lets a citizen write, the unit answer, and the citizen read it', async () => {
    const title = `路灯长期不亮，${next()}`
    await portal.locator('#title').fill(title)
    await portal.locator('#text').fill('已有两个月。<img src=x onerror="document.title=1">')
    await portal.locator('#place-code').selectOption('411681')
    await portal.locator('#name').fill('王甲')
    await portal.locator('#phone').fill('13800009001')
    await portal.locator('#submit-petition').click()
    const code = await portal.locator('#accepted-code').textContent()

    await page.locator('.unit', { hasText: '项城市政府' }).click()
    const item = page.locator('#desk .item', { hasText: title })
    await item.getByRole('button', { name: '签收' }).click()
    await item.locator('.badge.ok').waitFor()
    await item.getByRole('button', { name: '答复' }).click()
    const answer = `已修好，并逐路检查，${next()}。`
    await page.locator('#dialog textarea').fill(answer)
    await page.locator('#dialog .primary').click()

    await page.locator('#panel-portal').getByRole('tab', { name: '来信' }).click()
    await page.locator('#panel-portal .rows', { hasText: answer }).waitFor()
    await page.locator('#panel-portal .rows .link', { hasText: code ?? '?' }).click()
    await portal.locator('#query-result', { hasText: answer }).waitFor()
    expect(await page.title()).toContain('驿站沙箱')
  })

  it('rings the phone of an office director who has not signed, and sends the answer', async () => {
    const subject = `安全生产${next()}工作会议`
    await page.locator('.unit', { hasText: '市政府办公室' }).click()
    await page.getByRole('tab', { name: '发文' }).click()
    await page.locator('#desk input[maxlength="200"]').fill(`关于召开全市${subject}的通知`)
    await page.locator('#desk .row select').first().selectOption('会议通知')
    await page.locator('#desk .choices span', { hasText: '特急' }).click()
    await page.locator('#desk .chip').first().click()
    await page.locator('#desk .chips select').first().selectOption('units/dancheng')
    await page.locator('#desk button.primary').click()

    const bubble = page.locator('.bubble.in', { hasText: subject })
    await bubble.waitFor({ timeout: 60_000 })
    await page.locator('.screen-head', { hasText: '郸城县政府' }).waitFor()
    await page.locator('.answer .quick button', { hasText: '派员参加' }).click()
    await page.locator('.bubble.out', { hasText: '派员参加' }).first().waitFor()
    await until(() => house.systems.sms.unconfirmed === 0, {
      what: 'the station to take report and answer',
      timeoutMs: 20_000,
    })
    const director = house.systems.directory.tree.people.find(({ uid }) => uid === 'dancheng-director')
    expect(house.systems.sms.phones).toEqual([director?.mobile])
  })

  it('puts what was issued on the shelf, and shows its DBF as a table', async () => {
    await page.locator('.spine').first().waitFor({ timeout: 60_000 })
    await page.locator('[data-batch]').last().click()
    const row = page.locator('#dialog tbody tr').first()
    await row.waitFor()
    expect(await row.locator('td').first().textContent()).toMatch(/^0101-WS·\d{4}-D30/)
    expect(await page.locator('#dialog .paths li', { hasText: '文件目录.DBF' }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await page.locator('#panel-archive .foot button').click()
    await page.locator('.toast', { hasText: '下一批将被拒收' }).waitFor()
  })

  it('renames a unit in the directory, and a document finds it under the new name', async () => {
    const tree = page.locator('#panel-directory')
    const name = `市统计和${next()}调查局`
    await tree.locator('.finder input').fill('统计')
    const unit = tree.locator('details[data-unit="tongjiju"]')
    const rename = unit.getByRole('button', { name: '更名' })
    // The tree is drawn anew whenever it changes, maybe just when it was clicked.
    await until(
      async () => {
        if (!(await rename.isVisible())) await unit.locator('summary').click()
        return rename.isVisible()
      },
      { what: 'the unit’s buttons' },
    )
    await rename.click()
    await page.locator('#dialog input').fill(name)
    await page.locator('#dialog .primary').click()
    await tree.locator('.finder input').fill('')
    await tree.locator('summary', { hasText: name }).waitFor()
    const title = `关于${next()}统计工作的通知`
    const paper = (n: number) => ({
      key: `renamed-${n}`,
      number: `周政办〔2026〕9${n}号`,
      title,
      documentType: '通知',
      urgency: '普通' as const,
      to: name,
      date: '2026-01-05',
      files: [{ name: '正文.txt', role: 'main' as const, bytes: Buffer.from(`正文 ${n}`) }],
    })
    await until(
      async () =>
        (await house.city
          .oa(OFFICE)
          .submit(paper(++serial))
          .catch(() => '')) !== '',
      { what: 'the station to know the new name', timeoutMs: 60_000, everyMs: 500 },
    )
    const { system } = house.city.unit('tongjiju')
    await until(() => house.city.inboxes.items(system, 'tongjiju').some((item) => item.title === title), {
      what: 'the document under the new name',
      timeoutMs: 60_000,
    })
  })

  it('switches systems off, lets them hang and talk nonsense, and on again', async () => {
    for (const system of ['directory', 'archive', 'sms', 'portal']) {
      for (const mode of ['off', 'hang', 'garbage', 'on']) {
        await switchTo(system, mode)
        await page
          .locator(
            `.mode[data-system="${system}"] .dot${mode === 'on' ? ':not(.off):not(.hang):not(.garbage)' : `.${mode}`}`,
          )
          .waitFor()
      }
    }
    expect(house.systems.mode('directory')).toBe('on')
    await page.getByRole('tab', { name: '邮件' }).click()
    await switchTo('mail', 'off')
    await page.locator('.mode[data-system="mail"] .dot.off').waitFor()
    expect(house.systems.mail.on).toBe(false)
  })

  it('carries its theme into the portal’s frame, and breaks nothing on a phone', async () => {
    await page.click('#theme')
    await page.locator('html[data-theme="dark"]').waitFor()
    await portal.locator('html[data-theme="dark"]').waitFor()
    await page.setViewportSize({ width: 390, height: 844 })
    const wide = await page.locator('html').evaluate((html: { readonly scrollWidth: number }) => html.scrollWidth)
    expect(wide).toBeLessThanOrEqual(390)
    expect(chromium.errors).toEqual([])
  })
})
