import type { Locator, Page } from 'playwright-core'
import { startChromium, type Chromium, type ChromiumOptions } from '../../lib/servers/chromium.ts'

/** The editor's own objects in the page, as far as tests use them. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: {
      node(id: string): Readonly<Record<string, unknown>> | null
      getType(type: string): unknown
      filterNodes(filter: object): readonly { readonly id: string; readonly type: string }[]
    }
    readonly editor: { edit(node: unknown): void }
    readonly actions: { invoke(name: string): void }
    readonly view: { select(selection: object): void; reveal(id: string): void }
    readonly workspaces: { show(id: string): void }
  }
  /** the palette's own half in the editor */
  readonly yizhan: { list(name: string): readonly unknown[] }
}

/** Node-RED's editor in Chromium, after the login. */
export class EditorPage {
  readonly page: Page
  readonly #chromium: Chromium

  constructor(page: Page, chromium: Chromium) {
    this.page = page
    this.#chromium = chromium
  }

  get errors(): readonly Error[] {
    return this.#chromium.errors
  }

  close(): Promise<void> {
    return this.#chromium.close()
  }

  /** Opens a node's dialog by its id. */
  async open(id: string): Promise<Locator> {
    await this.page.evaluate((node) => {
      const { RED } = globalThis as unknown as EditorWindow
      RED.editor.edit(RED.nodes.node(node))
    }, id)
    const dialog = this.page.locator('#dialog-form')
    await dialog.waitFor()
    // The tray slides in; before it has, its buttons move.
    await this.page.locator('#node-dialog-ok').click({ trial: true })
    return dialog
  }

  async done(): Promise<void> {
    await this.page.click('#node-dialog-ok')
    await this.page.locator('#dialog-form').waitFor({ state: 'detached' })
  }

  async cancel(): Promise<void> {
    await this.page.click('#node-dialog-cancel')
    await this.page.locator('#dialog-form').waitFor({ state: 'detached' })
  }

  /** A property of a node as the editor has it. */
  property(id: string, name: string): Promise<unknown> {
    return this.page.evaluate(
      ([node, key]) => (globalThis as unknown as EditorWindow).RED.nodes.node(node ?? '')?.[key ?? ''],
      [id, name],
    )
  }

  /** Whether an edge of the dialog's input is red. */
  async isWrong(name: string): Promise<boolean> {
    const classes = await this.page.locator(`#node-input-${name}`).getAttribute('class')
    return classes?.split(' ').includes('input-error') === true
  }

  showTab(id: string): Promise<void> {
    return this.page.evaluate((tab) => (globalThis as unknown as EditorWindow).RED.workspaces.show(tab), id)
  }

  invoke(action: string): Promise<void> {
    return this.page.evaluate((name) => (globalThis as unknown as EditorWindow).RED.actions.invoke(name), action)
  }

  /** Types over what an input holds. */
  async type(name: string, value: string): Promise<void> {
    const input = this.page.locator(`#node-input-${name}`)
    await input.fill(value)
    // The editor looks at a value when a key goes up.
    await input.press('End')
  }

  /** Selects a node, and shows the sidebar's help on it: resolves when the words are there. */
  async showHelp(id: string, words: string): Promise<void> {
    await this.page.evaluate((node) => {
      const { RED } = globalThis as unknown as EditorWindow
      RED.view.reveal(node)
      RED.view.select({ nodes: [RED.nodes.node(node)] })
      RED.actions.invoke('core:show-help-tab')
    }, id)
    await this.page.locator('.red-ui-help p', { hasText: words }).first().waitFor()
  }
}

/** Logs in and waits until the palette is there, and what its dialogs let one choose from. */
export async function openEditor(url: string, password: string, options: ChromiumOptions = {}): Promise<EditorPage> {
  const chromium = await startChromium(options)
  try {
    const page = await chromium.openPage(url)
    await page.fill('#node-dialog-login-username', 'admin')
    await page.fill('#node-dialog-login-password', password)
    await page.click('#node-dialog-login-submit')
    await page.waitForSelector('.red-ui-palette-node', { timeout: 60_000 })
    await page.waitForFunction(() => Boolean((globalThis as unknown as EditorWindow).RED.nodes.getType('dead letter')))
    await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' })
    await page.waitForFunction(() => (globalThis as unknown as EditorWindow).yizhan.list('units').length > 0)
    return new EditorPage(page, chromium)
  } catch (error) {
    await chromium.close()
    throw error
  }
}
