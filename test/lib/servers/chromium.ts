import { type BrowserContext, type Page, chromium } from 'playwright-core'

export interface ChromiumOptions {
  /** Which theme the pages are asked for. */
  colorScheme?: 'light' | 'dark'
  /** Language of the pages, of dates and of numbers. */
  locale?: 'zh-CN' | 'en-US'
  /** CSS pixels. */
  viewport?: { width: number; height: number }
}

export interface Chromium {
  readonly context: BrowserContext
  /** A new page that fails loudly: what its scripts throw, and what its policy refuses, is in `errors`. */
  openPage(url: string): Promise<Page>
  /** Uncaught errors of all pages so far, for a test to expect empty. */
  readonly errors: readonly Error[]
  close(): Promise<void>
}

/** Milliseconds for a page, a click or a look; playwright's own thirty seconds are few on a busy machine. */
const PATIENCE = 60_000

// Without these, Chromium calls its maker's servers at every start, and in a closed network waits for them.
const quietly = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Debian's Chromium, headless, with a new profile; it ends with the test process. */
export async function startChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const { colorScheme = 'light', locale = 'zh-CN', viewport = { width: 1440, height: 900 } } = options
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    // Root, as in CI, may not use Chromium's sandbox; the pages are our own.
    chromiumSandbox: false,
    args: ['--disable-gpu', ...quietly],
    timeout: PATIENCE,
  })
  const context = await browser.newContext({ colorScheme, locale, viewport, timezoneId: 'Asia/Shanghai' })
  context.setDefaultTimeout(PATIENCE)
  const errors: Error[] = []
  await context.addInitScript({
    content: `addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      throw new Error('refused by the page’s policy: ' + effectiveDirective + ' ' + blockedURI)
    })`,
  })
  context.on('weberror', (event) => errors.push(event.error()))
  return {
    context,
    errors,
    async openPage(url) {
      const page = await context.newPage()
      await page.goto(url)
      return page
    },
    close: () => browser.close(),
  }
}
