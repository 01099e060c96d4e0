import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { readFlows } from '../../station/flow-store/flow-files.ts'
import { startMiniStation, type MiniStation } from '../flows/lib/mini-station.ts'
import type { FlowNode } from '../flows/lib/red.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { openEditor, type EditorPage } from './lib/editor-page.ts'

const shipped = (await readFlows(join(projectHome(), 'flows'))) as unknown as FlowNode[]

let station: MiniStation
let editor: EditorPage
shared(
  async () => {
    const { flows } = parse(await readFile(join(projectHome(), 'config', 'defaults', 'station.yaml'), 'utf8')) as {
      flows: { environment: Record<string, number> }
    }
    const environment = Object.fromEntries(
      Object.entries(flows.environment).map(([name, value]) => [name, String(value)]),
    )
    station = await startMiniStation({ flows: shipped, environment })
  },
  () => station.close(),
)
shared(
  async () => {
    editor = await openEditor(station.api.url, station.password)
  },
  () => editor.close(),
)

const files = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(station.flowsFolder))
        .sort()
        .map(async (name) => [name, await readFile(join(station.flowsFolder, name), 'utf8')] as const),
    ),
  )

/** In the order of package.json, as the Chinese catalogues name them. */
async function paletteLabels(): Promise<string[]> {
  const {
    'node-red': { nodes },
  } = JSON.parse(await readFile(join(projectHome(), 'package.json'), 'utf8')) as {
    'node-red': { nodes: Record<string, string> }
  }
  return Promise.all(
    Object.keys(nodes).map(async (name) => {
      const catalogue = JSON.parse(
        await readFile(join(projectHome(), 'nodes', name, 'locales', 'zh-CN', `${name}.json`), 'utf8'),
      ) as Record<string, { palette: string }>
      return catalogue[name]?.palette ?? ''
    }),
  )
}

async function deploy(): Promise<void> {
  const before = station.events.of('flows.deployed').length
  await editor.page.click('#red-ui-header-button-deploy')
  // The small city has none of the partners' systems and units that the shipped flows name: the editor asks.
  await editor.page.click('#red-ui-deploy-dialog-confirm-deploy-deploy')
  await until(() => station.events.of('flows.deployed').length > before, { what: 'the deploy', timeoutMs: 30_000 })
}

describe('the editor', () => {
  it('shows the palette first, with icons and labels, and the flows, each on its tab', async () => {
    const first = editor.page.locator('.red-ui-palette-category').first()
    expect(await first.locator('.red-ui-palette-header').innerText()).toContain('驿站 Yizhan')
    const labels = (await first.locator('.red-ui-palette-label').allInnerTexts()).map((label) =>
      label.replaceAll('\u00a0', ' ').trim(),
    )
    expect(labels).toEqual(await paletteLabels())
    expect(labels).toContain('OA 来文')
    const icons = await Promise.all(
      (await first.locator('.red-ui-palette-icon').all()).map((icon) => icon.getAttribute('style')),
    )
    expect(new Set(icons.map((style) => /icons\/yizhan\/([a-z-]+\.svg)/.exec(style ?? '')?.[1])).size).toBe(
      labels.length,
    )
    const tabs = await editor.page.locator('#red-ui-workspace-tabs .red-ui-tab-label').allInnerTexts()
    expect(tabs.map((tab) => tab.trim())).toEqual([
      '公文下发',
      '文件上报',
      '签收与回执',
      '死信',
      '信访',
      '信息公开',
      '归档',
      '会议通知',
      '目录同步',
    ])
  })

  it('refuses a wrong password', async () => {
    const wrong = await fetch(`${station.api.url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: 'node-red-editor',
        grant_type: 'password',
        scope: '',
        username: 'admin',
        password: 'wrong',
      }),
    })
    expect(wrong.status).toBe(403)
  })

  it('changes a flow and deploys it under load: nothing is lost, and one file differs, by that change', async () => {
    const before = await files()
    const ids: string[] = []
    const stop = new AbortController()
    const load = (async () => {
      while (!stop.signal.aborted) {
        ids.push(await station.accept())
        // What waits for flows that are paused counts too, or a slow deploy would pile up thousands.
        await until(async () => ((await station.ledger.journal.backlog()).hops['issue'] ?? 0) < 40, {
          what: 'room',
          everyMs: 5,
          timeoutMs: 60_000,
        })
      }
    })()
    // What fails in it is told where it is awaited, and until then it is no unhandled rejection.
    load.catch(() => undefined)
    try {
      await editor.open('issue-in')
      await editor.page.fill('#node-input-concurrency', '16')
      await editor.page.locator('#yizhan-choices-directions label', { hasText: '平行' }).click()
      await editor.done()
      await deploy()
      const after = ids.length
      await until(() => ids.length > after + 20, { what: 'more load', timeoutMs: 60_000 })
    } finally {
      stop.abort()
    }
    await load
    await station.idle('issue')

    const seen = new Set<string>()
    for (let items = await station.inbox('finance'); items.length > 0; items = await station.inbox('finance')) {
      for (const { row, message } of items) {
        expect(seen.has(message.id)).toBe(false)
        seen.add(message.id)
        await station.ledger.pickup.confirm({ row, now: Date.now() })
      }
    }
    expect([...seen].sort()).toEqual([...ids].sort())
    expect(await station.ledger.deadLetters.list({ max: 10 })).toEqual([])

    const now = await files()
    const changed = Object.keys(now).filter((name) => now[name] !== before[name])
    expect(changed).toEqual(['公文下发.json'])
    const lines = (text: string | undefined) => new Set(text?.split('\n').map((line) => line.trim().replace(/,$/, '')))
    const [old, made] = [lines(before['公文下发.json']), lines(now['公文下发.json'])]
    expect([...made].filter((line) => !old.has(line))).toEqual(['"concurrency": 16'])
    const node = (JSON.parse(now['公文下发.json'] ?? '[]') as FlowNode[]).find((one) => one.id === 'issue-in')
    expect(node).toMatchObject({ concurrency: 16, directions: ['issue'], kinds: ['document'], systems: [] })
  })

  it('keeps each release in the ledger, with who made it', async () => {
    const releases = await until(
      async () => {
        const list = await station.ledger.journal.releases(10)
        return list.length > 0 && list
      },
      { what: 'a release' },
    )
    expect(releases[0]).toMatchObject({ who: 'admin' })
    expect(station.events.of('flows.deployed').at(-1)?.actor).toBe('admin')
  })

  it('writes code in its text editor, which works in a thread of its own', async () => {
    await editor.page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: { editor: { editJavaScript(options: object): void } } }
      RED.editor.editJavaScript({ value: 'const written = 1', complete: () => undefined })
    })
    await editor.page.locator('.monaco-editor .view-line', { hasText: 'written' }).waitFor()
    await editor.page.click('#node-dialog-cancel')
  })

  it('threw nothing, and its page goes nowhere else', async () => {
    expect(editor.errors).toEqual([])
    await editor.page.evaluate(() => fetch('http://stranger.example/').catch(() => undefined))
    await until(() => editor.errors.length > 0, { what: 'the refusal' })
    expect(editor.errors.map(({ message }) => message)).toEqual([
      'refused by the page’s policy: connect-src http://stranger.example/',
    ])
  })
})
