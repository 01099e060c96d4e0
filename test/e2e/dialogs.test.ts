import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { startMiniStation, type MiniStation } from '../flows/lib/mini-station.ts'
import type { FlowNode } from '../flows/lib/red.ts'
import { node, tab } from '../flows/palette/lib/flow.ts'
import { until } from '../lib/wait.ts'
import { openEditor, type EditorPage } from './lib/editor-page.ts'

/** One node of each type, as it comes from the palette. */
const NODES: readonly FlowNode[] = [
  node('oa in', 'oa-in', { subscription: 'a', concurrency: 32, kinds: [], directions: [], systems: [] }, 'http'),
  node('outcome in', 'outcome-in', { subscription: 'b', concurrency: 32, states: ['delivered'], messageKinds: ['document'], directions: [], systems: [] }, []),
  node('channel in', 'channel-in', { subscription: 'c', concurrency: 32, mode: 'queue', queue: 'q', channel: '', exchange: '', key: '#', topicQueue: '' }, []),
  node('oa out', 'oa-out', { to: 'recipients', units: [], property: 'units', urgency: '', expireHours: '' }, []),
  node('channel out', 'channel-out', { mode: 'queue', queue: 'q', exchange: '', key: '' }, []),
  node('accept', 'accept', { channel: 'petition', keyProperty: '', numberProperty: '' }, []),
  node('map', 'map', { operation: 'mapping', mapping: 'outcome-to-receipt', expression: '', root: '' }, []),
  node('directory', 'directory', { operation: 'resolve', source: 'payload', target: 'found', role: 'to', unresolved: 'fail', outputs: 1 }, []),
  node('guard', 'guard', { broken: 'fail', outputs: 1, rules: [{ property: 'payload.recipients', test: 'present', value: '', message: '' }] }, []),
  node('settle', 'settle', { operation: 'hold', reasonProperty: '' }, []),
  node('dead letter in', 'dead-letter-in', { subscription: 'd', concurrency: 32, systems: [] }, []),
  node('dead letter', 'dead-letter', { operation: 'replay', idProperty: 'payload.id', repairedProperty: '', reason: '' }, []),
]
const OTHERS: readonly FlowNode[] = [
  node('http request', 'http', { method: 'GET', url: 'http://127.0.0.1:1', ret: 'txt', paytoqs: 'ignore', tls: '', persist: false, proxy: '', authType: '', senderr: false, headers: [] }, []),
  node('http request', 'apart', { method: 'GET', url: 'http://127.0.0.1:1', ret: 'txt', paytoqs: 'ignore', tls: '', persist: false, proxy: '', authType: '', senderr: false, headers: [] }, []),
]

let station: MiniStation
let editor: EditorPage
beforeAll(async () => {
  station = await startMiniStation({ flows: tab(NODES, OTHERS) })
}, 120_000)
afterAll(() => station.close())

describe.each(['zh-CN', 'en-US'] as const)('the dialogs in %s', (locale) => {
  beforeAll(async () => {
    editor = await openEditor(station.api.url, station.password, { locale })
  }, 90_000)
  afterAll(async () => {
    expect(editor.errors).toEqual([])
    await editor.close()
  })

  it.each(NODES.map(({ id }) => id))('%s: every label is translated, every list filled, and nothing is wrong', async (id) => {
    const dialog = await editor.open(id)
    const labels = (await dialog.locator('.yizhan-row > label').allInnerTexts()).map((label) => label.trim())
    expect(labels.length).toBeGreaterThan(1)
    const words = [...labels, ...(await dialog.locator('option, .yizhan-choices label, .yizhan-hint').allTextContents()).map((text) => text.trim())]
    // A text that is missing shows its key, such as oa-in.kindsOptions.document.
    expect(words.filter((text) => text === '' || /^[\w-]+([.:][\w-]+)+$|Options\b|^[a-z]+[A-Z]\w*$/.test(text))).toEqual([])
    if (locale === 'zh-CN') expect(labels.filter((label) => !/\p{Script=Han}/u.test(label))).toEqual([])
    else expect(labels.filter((label) => /\p{Script=Han}/u.test(label))).toEqual([])
    for (const select of await dialog.locator('select').all()) expect(await select.locator('option').count()).toBeGreaterThan(0)
    expect(await dialog.locator('.input-error').count()).toBe(0)
    await editor.cancel()
  })

  it('has help for every node in that language', async () => {
    for (const { id } of NODES) {
      const help = await readFile(join(projectHome(), 'nodes', id, 'locales', locale, `${id}.html`), 'utf8')
      const [, lead = ''] = /<p>([^<]+)/.exec(help) ?? []
      expect(/^\p{Script=Han}/u.test(lead)).toBe(locale === 'zh-CN')
      await editor.showHelp(id, lead)
    }
  })
})

describe('a dialog', () => {
  beforeAll(async () => {
    editor = await openEditor(station.api.url, station.password)
  }, 90_000)
  afterAll(async () => {
    expect(editor.errors).toEqual([])
    await editor.close()
  })
  afterEach(async () => {
    if (await editor.page.locator('#dialog-form').isVisible()) await editor.cancel()
  })
  const fill = (name: string, value: string) => editor.type(name, value)
  const select = (name: string, value: string) => editor.page.selectOption(`#node-input-${name}`, value)

  it('marks bad values as they are typed', async () => {
    await editor.open('oa-in')
    for (const [name, bad, good] of [['subscription', '有 空格', '下发'], ['subscription', '', 'a'], ['concurrency', '0', '8'], ['concurrency', '', '32']] as const) {
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
    await until(async () => (await rule.locator('.rule-value.input-error').count()) === 0, { what: 'an expression to be well' })
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

  it('keeps an expression, and shows only the rows that make sense', async () => {
    await editor.open('map')
    expect(await editor.page.locator('[data-row="expression"]').isVisible()).toBe(false)
    await select('operation', 'expression')
    expect(await editor.page.locator('[data-row="mapping"]').first().isVisible()).toBe(false)
    await editor.page.locator('#yizhan-editor-expression .monaco-editor').click()
    await editor.page.keyboard.type('$merge')
    await editor.done()
    expect(await editor.property('map', 'expression')).toBe('$merge')
    await editor.open('map')
    await until(async () => (await editor.page.locator('#yizhan-editor-expression .view-lines').innerText()).includes('$merge'), { what: 'the expression' })
  })

  it('of a channel takes no wildcard to publish under', async () => {
    await editor.open('channel-out')
    await select('mode', 'topic')
    await fill('key', 'oa.#')
    await until(() => editor.isWrong('key'), { what: 'a wildcard to be red' })
  })
})

describe('the canvas', () => {
  beforeAll(async () => {
    editor = await openEditor(station.api.url, station.password)
  }, 90_000)
  afterAll(async () => {
    expect(editor.errors).toEqual([])
    await editor.close()
  })

  it('marks what acts on the outside world by itself, behind a source of the palette only', async () => {
    const badge = (id: string) => editor.page.locator(`#${id} .yizhan-repeats`)
    await until(() => badge('http').isVisible(), { what: 'the badge' })
    for (const id of ['apart', 'oa-out', 'oa-in']) expect(await badge(id).isVisible()).toBe(false)
    await badge('http').hover()
    const tooltip = editor.page.locator('.red-ui-flow-port-tooltip')
    await tooltip.waitFor()
    expect(await tooltip.textContent()).toContain('msg.yizhan.hop')
  })

  it('shows under a source that it waits', async () => {
    await until(async () => (await editor.page.locator('#oa-in .red-ui-flow-node-status-label').textContent())?.includes('等待'), { what: 'the status' })
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
