import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { systemSchema } from '../../core/config/schema.ts'
import { MANIFESTS } from '../../station/adapters.ts'
import { startMiniStation, type MiniStation } from '../flows/lib/mini-station.ts'
import { tab } from '../flows/palette/lib/flow.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { openEditor, type EditorPage } from './lib/editor-page.ts'
import { NODES, OTHERS } from './lib/palette-nodes.ts'

let station: MiniStation
let editor: EditorPage
shared(
  async () => {
    // Lists of systems of one kind are not to be empty.
    const settings = { directory: { url: 'ldap://127.0.0.1:1', base: 'dc=example' } } as const
    const systems = MANIFESTS.filter(({ id }) => id !== 'oa').map(({ id: adapter }) =>
      systemSchema.parse({
        id: adapter,
        name: `${adapter} 系统`,
        adapter,
        settings: adapter === 'directory' ? settings.directory : {},
      }),
    )
    station = await startMiniStation({ flows: tab(NODES, OTHERS), systems })
  },
  () => station.close(),
)

async function closeEditor(): Promise<void> {
  const { errors } = editor
  await editor.close()
  expect(errors).toEqual([])
}

/** One that a failed test left open would stand before all that follow. */
async function closeDialog(): Promise<void> {
  if (await editor.page.locator('#dialog-form').isVisible()) await editor.cancel()
}

describe.each(['zh-CN', 'en-US'] as const)('the dialogs in %s', (locale) => {
  shared(async () => {
    editor = await openEditor(station.api.url, station.password, { locale })
  }, closeEditor)
  afterEach(closeDialog)

  it.each(NODES.map(({ id }) => id))(
    '%s: every label is translated, every list filled, and nothing is wrong',
    async (id) => {
      const dialog = await editor.open(id)
      const labels = (await dialog.locator('.yizhan-row > label').allInnerTexts()).map((label) => label.trim())
      expect(labels.length).toBeGreaterThan(1)
      const words = [
        ...labels,
        ...(await dialog.locator('option, .yizhan-choices label, .yizhan-hint').allTextContents()).map((text) =>
          text.trim(),
        ),
      ]
      // A text that is missing shows its key, such as oa-in.kindsOptions.document.
      expect(
        words.filter((text) => text === '' || /^[\w-]+([.:][\w-]+)+$|Options\b|^[a-z]+[A-Z]\w*$/.test(text)),
      ).toEqual([])
      if (locale === 'zh-CN') expect(labels.filter((label) => !/\p{Script=Han}/u.test(label))).toEqual([])
      else expect(labels.filter((label) => /\p{Script=Han}/u.test(label))).toEqual([])
      for (const select of await dialog.locator('select').all())
        await until(async () => (await select.locator('option').count()) > 0, { what: 'a list to be filled' })
      expect(await dialog.locator('.input-error').count()).toBe(0)
    },
  )

  it('has help for every node in that language', async () => {
    for (const { id } of NODES) {
      const help = await readFile(join(projectHome(), 'nodes', id, 'locales', locale, `${id}.html`), 'utf8')
      const lead = (/<p>([^<]+)/.exec(help)?.[1] ?? '').trim()
      expect(/^\p{Script=Han}/u.test(lead)).toBe(locale === 'zh-CN')
      await editor.showHelp(id, lead)
    }
  })
})

describe('a dialog', () => {
  shared(async () => {
    editor = await openEditor(station.api.url, station.password)
  }, closeEditor)
  afterEach(closeDialog)
  const fill = (name: string, value: string) => editor.type(name, value)
  const select = (name: string, value: string) => editor.page.selectOption(`#node-input-${name}`, value)

  it('marks bad values as they are typed', async () => {
    await editor.open('oa-in')
    for (const [name, bad, good] of [
      ['subscription', '有 空格', '下发'],
      ['subscription', '', 'a'],
      ['concurrency', '0', '8'],
      ['concurrency', '', '32'],
    ] as const) {
      await fill(name, bad)
      await until(() => editor.isWrong(name), { what: `${name} “${bad}” to be red` })
      await fill(name, good)
      await until(async () => !(await editor.isWrong(name)), { what: `${name} “${good}” to be well` })
    }
    // Another source of that name asks for something else.
    await fill('subscription', 'b')
    await until(() => editor.isWrong('subscription'), { what: 'the name of another source to be red' })
    await editor.cancel()

    await editor.open('oa-out')
    await select('to', 'units')
    await until(() => editor.isWrong('units'), { what: 'no units to be red' })
    await editor.page.locator('#yizhan-choices-units label', { hasText: '市财政局' }).click()
    await until(async () => !(await editor.isWrong('units')), { what: 'a unit to be well' })
    await editor.cancel()

    await editor.open('timer')
    await fill('amount', '0')
    await until(() => editor.isWrong('amount'), { what: 'no time at all to be red' })
    await select('mode', 'clock')
    await fill('clock', '24:00')
    await until(() => editor.isWrong('clock'), { what: 'no time of day to be red' })
    await fill('clock', '23:59')
    await until(async () => !(await editor.isWrong('clock')), { what: 'a time of day to be well' })
    await editor.cancel()

    await editor.open('sms-out')
    for (const [bad, good] of [
      ['', '请签收'],
      ['《{document title}》', '《{document.title}》'],
      ['{}', '共 {n}'],
    ] as const) {
      await fill('text', bad)
      await until(() => editor.isWrong('text'), { what: `the text “${bad}” to be red` })
      await fill('text', good)
      await until(async () => !(await editor.isWrong('text')), { what: `the text “${good}” to be well` })
    }
    await editor.cancel()

    await editor.open('map')
    await select('operation', 'expression')
    await until(() => editor.isWrong('expression'), { what: 'no expression to be red' })
    await editor.page.locator('#yizhan-editor-expression .monaco-editor').click()
    await editor.page.keyboard.type('kind')
    await until(async () => !(await editor.isWrong('expression')), { what: 'an expression to be well' })
    await editor.page.keyboard.type(' {{')
    await until(() => editor.isWrong('expression'), { what: 'half an expression to be red' })
  })

  it('keeps what is chosen: lists stay lists, numbers numbers, and it is the same when opened again', async () => {
    await editor.open('oa-in')
    await editor.page.locator('#yizhan-choices-kinds label', { hasText: '退文' }).click()
    await editor.page.locator('#yizhan-choices-kinds label', { hasText: '公文' }).click()
    await fill('concurrency', '5')
    await editor.done()
    expect(await editor.property('oa-in', 'kinds')).toEqual(['document', 'return'])
    expect(await editor.property('oa-in', 'systems')).toEqual([])
    expect(await editor.property('oa-in', 'concurrency')).toBe(5)
    const dialog = await editor.open('oa-in')
    const ticked = dialog.locator('#yizhan-choices-kinds label', { has: editor.page.locator('input:checked') })
    expect((await ticked.allInnerTexts()).map((text) => text.trim())).toEqual(['公文', '退文'])
    // Closing it unchanged changes nothing.
    await editor.done()
    expect(await editor.property('oa-in', 'kinds')).toEqual(['document', 'return'])
    expect(await editor.property('oa-in', 'concurrency')).toBe(5)
  })

  it('that is cancelled changes nothing', async () => {
    await editor.open('outcome-in')
    await editor.page.locator('#yizhan-choices-states label', { hasText: '逾期' }).click()
    await fill('concurrency', '3')
    await editor.cancel()
    expect(await editor.property('outcome-in', 'states')).toEqual(['delivered'])
    expect(await editor.property('outcome-in', 'concurrency')).toBe(32)
  })

  it('of a guard keeps its rules, and gives it a second output only where one is wanted', async () => {
    await editor.open('guard')
    await select('broken', 'output')
    await editor.page.locator('.red-ui-editableList-addButton').click()
    const rule = editor.page.locator('#yizhan-guard-rules > li').nth(1)
    await rule.locator('.rule-test').selectOption('matches')
    await rule.locator('.rule-value').fill('(')
    await until(() => rule.locator('.rule-value.input-error').count(), { what: 'half an expression to be red' })
    await rule.locator('.rule-value').fill('号$')
    await until(async () => (await rule.locator('.rule-value.input-error').count()) === 0, {
      what: 'an expression to be well',
    })
    await rule.locator('input.red-ui-typedInput-input').fill('payload.number')
    await editor.done()
    expect(await editor.property('guard', 'outputs')).toBe(2)
    expect(await editor.property('guard', 'rules')).toEqual([
      { property: 'payload.recipients', test: 'present', value: '', message: '' },
      { property: 'payload.number', test: 'matches', value: '号$', message: '' },
    ])
    await editor.open('guard')
    await select('broken', 'fail')
    await editor.done()
    expect(await editor.property('guard', 'outputs')).toBe(1)
  })

  it('of a route is a table: rows are added, moved and deleted, wrong cells are red, and wires follow their row', async () => {
    const row = (at: number) => editor.page.locator('#yizhan-route tbody tr').nth(at)
    const cell = (at: number, column: number) => row(at).locator('.row-cell').nth(column)
    const isRed = (input: Locator) => async () =>
      ((await input.getAttribute('class')) ?? '').split(' ').includes('input-error')
    await editor.open('route')
    await cell(1, 0).press('Enter')
    await cell(2, 0).fill('>甲')
    await until(isRed(cell(2, 0)), { what: 'a comparison with no number to be red' })
    await cell(2, 0).fill('意见')
    await until(async () => !(await isRed(cell(2, 0))()), { what: 'a value to be well' })
    await row(2).locator('.row-result').fill('市不存在局')
    await until(isRed(row(2).locator('.row-result')), { what: 'an unknown unit to be red' })
    await row(2).locator('.row-result').fill('市教育')
    await row(2).locator('.row-result').press('End')
    await editor.page.locator('.red-ui-autoComplete-container').getByText('市教育局').click()
    await until(async () => !(await isRed(row(2).locator('.row-result'))()), { what: 'a unit to be well' })
    await row(2).locator('.row-label').fill('意见')
    await row(2).getByTitle('上移').click()
    await row(1).getByTitle('上移').click()
    await row(2).getByTitle('删除此行').click()
    await editor.done()
    expect(await editor.property('route', 'rows')).toEqual([
      { cells: ['意见', ''], result: '市教育局', label: '意见' },
      { cells: ['通知', '*会议*'], result: '市财政局、教育局', label: '会议' },
    ])
    expect(await editor.property('route', 'outputs')).toBe(3)
    // It stood at the first output, and its row is the second now.
    expect(
      await editor.page.evaluate(() =>
        (
          globalThis as unknown as {
            RED: { nodes: { filterLinks(filter: object): { sourcePort: number | string; source: { id: string } }[] } }
          }
        ).RED.nodes
          .filterLinks({})
          .filter(({ source }) => source.id === 'route')
          .map(({ sourcePort }) => Number(sourcePort)),
      ),
    ).toEqual([1])

    await editor.open('route')
    await editor.page.getByText('加一列').click()
    const heads = editor.page.locator('#yizhan-route .column-property')
    await until(isRed(heads.nth(2)), { what: 'a column without a property to be red' })
    await heads.nth(2).fill('payload.urgency')
    await cell(0, 2).fill('urgent、extra-urgent')
    await select('ports', 'one')
    await editor.done()
    expect(await editor.property('route', 'columns')).toEqual([
      { property: 'payload.document.documentType', label: '文种' },
      { property: 'payload.document.title', label: '标题' },
      { property: 'payload.urgency', label: '' },
    ])
    expect(await editor.property('route', 'rows')).toMatchObject([
      { cells: ['意见', '', 'urgent、extra-urgent'] },
      { cells: ['通知', '*会议*', ''] },
    ])
    expect(await editor.property('route', 'outputs')).toBe(1)
  })

  it('keeps an expression, and shows only the rows that make sense', async () => {
    await editor.open('map')
    expect(await editor.page.locator('[data-row="expression"]').isVisible()).toBe(false)
    await select('operation', 'expression')
    expect(await editor.page.locator('[data-row="mapping"]').first().isVisible()).toBe(false)
    await editor.page.locator('#yizhan-editor-expression .monaco-editor').click()
    await editor.page.keyboard.type('$merge')
    await until(
      async () => (await editor.page.locator('#yizhan-editor-expression .view-lines').innerText()).includes('$merge'),
      { what: 'what was typed' },
    )
    await editor.done()
    expect(await editor.property('map', 'expression')).toBe('$merge')
    await editor.open('map')
    await until(
      async () => (await editor.page.locator('#yizhan-editor-expression .view-lines').innerText()).includes('$merge'),
      { what: 'the expression' },
    )
  })

  it('of a channel takes no wildcard to publish under', async () => {
    await editor.open('channel-out')
    await select('mode', 'topic')
    await fill('key', 'oa.#')
    await until(() => editor.isWrong('key'), { what: 'a wildcard to be red' })
  })
})

describe('the canvas', () => {
  shared(async () => {
    editor = await openEditor(station.api.url, station.password)
  }, closeEditor)

  it('marks what acts on the outside world by itself, behind a source of the palette only', async () => {
    const badge = (id: string) => editor.page.locator(`#${id} .yizhan-repeats`)
    await until(() => badge('http').isVisible(), { what: 'the badge' })
    for (const id of ['apart', 'oa-out', 'oa-in']) expect(await badge(id).isVisible()).toBe(false)
    // Entering it shows the tooltip; a mouse that is there already does not enter.
    await editor.page.mouse.move(0, 0)
    await badge('http').hover()
    const tooltip = editor.page.locator('.red-ui-flow-port-tooltip')
    await tooltip.waitFor()
    expect(await tooltip.textContent()).toContain('msg.yizhan.hop')
  })

  it('shows under a source that it waits', async () => {
    await until(
      async () => (await editor.page.locator('#oa-in .red-ui-flow-node-status-label').textContent())?.includes('等待'),
      { what: 'the status' },
    )
  })

  it('imports an example of each node from the import dialog', async () => {
    const folder = join(projectHome(), 'examples')
    const names = (await readdir(folder)).map((file) => file.replace('.json', '')).sort()
    expect(names).toEqual(NODES.map(({ id }) => id).sort())
    await editor.invoke('core:show-examples-import-dialog')
    const list = editor.page.locator('#red-ui-clipboard-dialog-import-tab-examples')
    await list.getByText('yizhan', { exact: true }).first().click()
    for (const name of names) await list.getByText(name, { exact: true }).first().waitFor()
    await list.getByText('guard', { exact: true }).first().click()
    await editor.page.click('#red-ui-clipboard-dialog-ok')
    const [first] = JSON.parse(await readFile(join(folder, 'guard.json'), 'utf8')) as { label: string }[]
    await editor.page.locator('#red-ui-workspace-tabs .red-ui-tab-label', { hasText: first?.label ?? '' }).waitFor()
  })
})
