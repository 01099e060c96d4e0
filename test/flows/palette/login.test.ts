import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { startChromium } from '../../lib/servers/chromium.ts'
import { shared } from '../../lib/shared.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'

/** The editor's door in a real Node-RED: wrong tries are counted by name and source, never for all. */

let station: MiniStation
shared(
  async () => {
    // One of this machine's addresses is a proxy that is believed.
    station = await startMiniStation({ proxies: ['127.0.0.3'] })
  },
  () => station.close(),
)

interface Said {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: { readonly access_token?: string; readonly error?: string; readonly error_description?: string }
}

interface Try {
  readonly from?: string
  readonly name?: string
  readonly password?: string
  readonly path?: string
  readonly form?: string
  readonly headers?: Record<string, string>
}

/** As curl, from one of this machine's loopback addresses. */
function logIn({ from = '127.0.0.1', name = 'admin', path = '/auth/token', ...more }: Try): Promise<Said> {
  const form =
    more.form ??
    new URLSearchParams({
      client_id: 'node-red-editor',
      grant_type: 'password',
      scope: '',
      username: name,
      password: more.password ?? station.password,
    }).toString()
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${station.api.url}${path}`,
      {
        method: 'POST',
        localAddress: from,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...more.headers },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json') === true
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            body: isJson ? (JSON.parse(text) as Said['body']) : {},
          })
        })
      },
    )
    request.once('error', reject)
    request.end(form)
  })
}

const wrong = { password: 'wrong' }

describe('the editor’s login', () => {
  it('makes a stranger wait, says until when, and lets the administrator in from elsewhere', async () => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => logIn({ from: '127.0.0.2', ...wrong })))
    const statuses = tries.map(({ status }) => status)
    expect(statuses.filter((status) => status === 403)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(15)
    const last = tries.find(({ status }) => status === 429)
    expect(Number(last?.retryAfter)).toBeGreaterThan(0)
    expect(last?.body.error_description).toMatch(/“admin”.* \d\d:\d\d:\d\d /)
    // The right password changes nothing there while it waits, and is enough here.
    expect((await logIn({ from: '127.0.0.2' })).status).toBe(429)
    const admin = await logIn({ from: '127.0.0.1' })
    expect([admin.status, typeof admin.body.access_token]).toEqual([200, 'string'])
    const settings = await fetch(`${station.api.url}/settings`, {
      headers: { authorization: `Bearer ${admin.body.access_token ?? ''}` },
    })
    expect(await settings.json()).toMatchObject({ user: { username: 'admin' } })
  })

  it.each(['/auth/token/', '/AUTH/Token', '/auth/token?x=1', '//auth/token', '/auth/./token', '/auth%2ftoken'])(
    'has no other way in: %s',
    async (path) => {
      for (let n = 0; n < 7; n++)
        expect((await logIn({ from: '127.0.0.4', path, ...wrong })).status).toBeGreaterThanOrEqual(400)
      expect((await logIn({})).status).toBe(200)
    },
  )

  it.each([
    ['nothing', ''],
    ['a name twice', 'grant_type=password&username=admin&username=a&password=x'],
    ['another grant', 'grant_type=authorization_code&code=x'],
    ['a code', 'code=x'],
    ['a ticket of its own', 'grant_type=password&client_id=node-red-editor&scope=&username=admin&password=ticket'],
    ['too much', `grant_type=password&username=admin&password=${'x'.repeat(20_000)}`],
    ['a long password', `grant_type=password&username=admin&password=${'x'.repeat(3_000)}`],
  ])('refuses %s', async (_what, form) => {
    const said = await logIn({ from: '127.0.0.5', form })
    expect(said.status).toBeGreaterThanOrEqual(400)
    expect(said.status).toBeLessThan(500)
    expect(said.body.access_token).toBeUndefined()
  })

  it('believes of listed proxies only where a try comes from', async () => {
    const forwarded = (address: string) => ({ 'x-forwarded-for': address })
    for (let n = 0; n < 6; n++) await logIn({ from: '127.0.0.3', headers: forwarded('192.0.2.1'), ...wrong })
    expect((await logIn({ from: '127.0.0.3', headers: forwarded('192.0.2.1') })).status).toBe(429)
    expect((await logIn({ from: '127.0.0.3', headers: forwarded('192.0.2.2') })).status).toBe(200)
    expect((await logIn({ from: '127.0.0.6', headers: forwarded('192.0.2.1') })).status).toBe(200)
  })

  it('leaves an event of each, with its source', () => {
    const refused = station.events.of('login.refused').filter(({ source }) => source === '127.0.0.2')
    expect(refused.filter(({ error }) => error === 'UNAUTHENTICATED')).toHaveLength(5)
    expect(refused.filter(({ error }) => error === 'ACCOUNT_WAITS')).toHaveLength(16)
    expect(station.events.of('login.accepted')[0]).toMatchObject({ actor: 'admin', source: '127.0.0.1' })
    expect(JSON.stringify(station.events.all)).not.toContain(station.password)
  })

  it('shows in the editor’s dialog until when to wait', async () => {
    const chromium = await startChromium()
    try {
      const page = await chromium.openPage(station.api.url)
      const submit = async (password: string): Promise<string> => {
        await page.fill('#node-dialog-login-username', 'somebody')
        await page.fill('#node-dialog-login-password', password)
        const answered = page.waitForResponse((response) => response.url().endsWith('/auth/token'))
        await page.click('#node-dialog-login-submit')
        await answered
        await page.locator('.login-spinner').waitFor({ state: 'hidden' })
        return page.locator('#node-dialog-login-failed').innerText()
      }
      await page.locator('#node-dialog-login-username').waitFor()
      expect(await submit('wrong')).toContain('账号或口令不对')
      for (let n = 0; n < 4; n++) await submit('wrong')
      expect(await submit('wrong')).toMatch(/“somebody”.*之前不再核对/)
    } finally {
      await chromium.close()
    }
  })
})
