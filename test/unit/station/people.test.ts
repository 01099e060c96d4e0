import { createServer, type Server } from 'node:http'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { House } from '../../../core/adapter/port.ts'
import { EXPOSED } from '../../../core/config/listeners.ts'
import { peopleSchema } from '../../../core/config/people.ts'
import { createMetrics } from '../../../core/events/metrics.ts'
import { mayDo, OPERATOR_ROLES, type OperatorRole } from '../../../core/people/roles.ts'
import { stepAt, totpCode } from '../../../core/people/totp.ts'
import { createPages } from '../../../station/http/pages.ts'
import type { RetentionQuestions } from '../../../station/http/retention-pages.ts'
import type { RouteEntry } from '../../../station/http/routes.ts'
import type { Operations } from '../../../station/operations.ts'
import { openPeople, type StationPeople } from '../../../station/people/open.ts'
import { EventList } from '../../lib/events.ts'

/** People at the station's HTTP interface, as curl asks it: who gets in, and who may do what. */

const PASSWORD = 'Huang-He 2026 x'
const clock = { at: Date.parse('2026-03-02T08:00:00Z'), now: () => clock.at }
const events = new EventList()
/** whatever an operation is asked, it is done */
const operations = new Proxy({}, { get: () => () => Promise.resolve([]) }) as unknown as Operations
let publicUrl = 'http://localhost'
let rules = peopleSchema.parse(undefined)
let data: string
let people: StationPeople
let server: Server
let url: string
let table: readonly RouteEntry[]
let local: string | undefined

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'yizhan-people-'))
  await start()
})
afterAll(async () => {
  await stop()
  await rm(data, { recursive: true })
})

async function start(): Promise<void> {
  const house = {
    city: () => ({ station: { name: 'st', people: rules } }),
    accepted: (name: string) =>
      ({ 'admin.token': ['shared'], 'metrics.token': ['scrape'], 'editor.admin': ['old'] })[name] ?? [],
    publicUrl: () => publicUrl,
    rejections: events,
    emit: events,
    clock,
  } as unknown as House
  const directory = {
    check: (name: string, password: string) =>
      Promise.resolve(
        password !== 'ldap'
          ? undefined
          : { name: '李四', roles: name === 'both' ? (['configure', 'audit'] as const) : (['read'] as const) },
      ),
  }
  people = await openPeople(house, data, directory, { ln: 4, r: 8, p: 1 })
  people.begin((token) => (local = token))
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
  table = pages.table
  server = createServer(pages)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
function stop(): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}

interface Said {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  /** of an error: what `/admin` says, or problem details */
  readonly code: string | undefined
  readonly text: string
}

async function ask(
  method: string,
  path: string,
  { body, ...headers }: { readonly body?: object | undefined; readonly [header: string]: unknown } = {},
): Promise<Said> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(headers as Record<string, string>),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const said = isJson
    ? (JSON.parse(text) as Said['body'] & { readonly error?: { readonly code: string }; readonly code?: string })
    : {}
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: said,
    code: said.error?.code ?? said.code,
  }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const logIn = (name: string, password: string, more: object = {}) =>
  ask('POST', '/api/v1/session', { body: { name, password, ...more } })

/** Somebody who has changed the password; the token of a session. */
async function person(
  id: string,
  roles: readonly OperatorRole[],
  by: Readonly<Record<string, string>>,
): Promise<string> {
  const added = await ask('POST', '/api/v1/people', { body: { id, name: `${id} 同志`, roles }, ...by })
  expect([added.status, added.text]).toMatchObject([200, expect.any(String)])
  const oneTime = String(added.body['password'])
  const token = String((await logIn(id, oneTime)).body['token'])
  const changed = await ask('POST', '/api/v1/me/password', {
    body: { current: oneTime, next: PASSWORD },
    ...bearer(token),
  })
  expect(changed.status).toBe(200)
  return token
}

const tokens = new Map<OperatorRole, string>()
const of = (role: OperatorRole) => bearer(tokens.get(role) ?? '')

describe('a station of the first release', { timeout: 60_000 }, () => {
  it('warns that there are no people, and lets the shared token and password make the first', async () => {
    expect(events.of('people.none')).toHaveLength(1)
    expect((await ask('GET', '/admin/health', bearer('shared'))).status).toBe(200)
    const web = await logIn('admin', 'old')
    expect(web.body['me']).toMatchObject({ roles: ['read', 'operate', 'configure'] })
    tokens.set('configure', await person('guan', ['configure'], bearer(String(web.body['token']))))
    // The shared ones end with the first person.
    expect((await ask('GET', '/api/v1/me', bearer(String(web.body['token'])))).status).toBe(401)
    expect((await logIn('admin', 'old')).status).toBe(401)
    expect((await ask('GET', '/admin/health', bearer('shared'))).code).toBe('SHARED_TOKEN_REFUSED')
    for (const role of ['read', 'operate', 'audit'] as const)
      tokens.set(role, await person(role, [role], of('configure')))
  })
})

describe('every route', { timeout: 60_000 }, () => {
  it('has one of these rights', () => {
    const rights: Record<string, string[]> = {}
    for (const { method, path, right } of table) (rights[right] ??= []).push(`${method} ${path}`)
    expect(rights).toEqual({
      anyone: [
        'GET /healthz',
        'GET /readyz',
        'GET /',
        'POST /api/v1/session',
        'GET /login',
        'POST /login',
        'GET /console',
        'GET /console/assets/:name',
        'GET /docs',
        'GET /docs/*name',
      ],
      metrics: ['GET /metrics'],
      look: [
        ...['health', 'where', 'clock', 'secrets', 'backlog', 'dead-letters', 'dead-letters/show', 'petitions'],
        ...['paper', 'held', 'unread', 'subscriptions', 'retention', 'retention/find'],
      ]
        .map((path) => `GET /admin/${path}`)
        .concat('POST /admin/retention/verify'),
      act: [
        ...['POST /admin/clock/accept', 'POST /admin/dead-letters/replay', 'GET /admin/petitions/show'],
        ...['POST /admin/petitions/decide', 'POST /admin/dead-letters/drop', 'POST /admin/paper/sent'],
        ...['GET /admin/held/show', 'POST /admin/held/release', 'POST /admin/held/refuse'],
      ],
      configure: [
        'POST /admin/subscriptions/drop',
        'POST /admin/retention/run',
        ...['', '/:id', '/:id/reset', '/:id/lock', '/:id/unlock', '/:id/remove'].map(
          (end) => `POST /api/v1/people${end}`,
        ),
      ],
      verify: ['POST /admin/audit/verify'],
      'see-people': ['GET /api/v1/people'],
      'logged-in': [
        ...['GET /api/v1/session', 'DELETE /api/v1/session', 'GET /api/v1/me', 'POST /api/v1/me/password'],
        ...['POST /api/v1/me/codes', 'POST /api/v1/me/codes/confirm', 'POST /api/v1/me/codes/off'],
        ...['POST /logout', 'POST /login/password', 'POST /login/codes'],
        ...['POST /login/codes/confirm', 'POST /login/codes/off'],
      ],
    })
  })

  it('lets each role do what is its own, and nobody else', async () => {
    const wrong: string[] = []
    for (const { method, path, right } of table) {
      if (right === 'anyone' || right === 'logged-in') continue
      const where = path.replace(':id', 'nobody')
      const stranger = await ask(method, where)
      if (stranger.status !== 401) wrong.push(`${method} ${path}: a stranger gets ${stranger.status}`)
      for (const role of OPERATOR_ROLES) {
        const { status, code } = await ask(method, where, of(role))
        const isDenied = status === 401 || (status === 403 && code === 'ROLE_MISSING')
        if (isDenied === mayDo([role], right)) wrong.push(`${method} ${path}: ${role} gets ${status}`)
      }
    }
    expect(wrong).toEqual([])
    expect(events.of('person.denied').map(({ actor }) => actor)).toContain('read 同志 (read)')
  })

  it('shows whole content to who may act only, and books it under the person’s own name', async () => {
    const path = '/admin/where?q=x&actor=somebody&whole=true'
    expect((await ask('GET', path, of('read'))).status).toBe(403)
    expect((await ask('GET', path, of('operate'))).status).toBe(200)
  })
})

describe('who gets in', { timeout: 60_000 }, () => {
  it('keeps roles apart, and somebody who administers', async () => {
    const post = async (path: string, body: object) =>
      (await ask('POST', `/api/v1/people${path}`, { body, ...of('configure') })).code
    expect(await post('', { id: 'both', name: '双', roles: ['audit', 'operate'] })).toBe('ROLES_TOGETHER')
    expect(await post('/read', { roles: ['configure', 'audit'] })).toBe('ROLES_TOGETHER')
    expect(await post('/guan', { roles: ['read'] })).toBe('PERSON_SELF')
    expect(await post('', { id: 'guan', name: '管', roles: ['read'] })).toBe('PERSON_EXISTS')
    expect(await post('/read/lock', {})).toBe('FIELD_INVALID')
    await person('second', ['configure'], of('configure'))
    expect(await post('/second/lock', { reason: '调离' })).toBeUndefined()
    const shared = {
      authorization: 'BreakGlass shared',
      'x-yizhan-user': 'root',
      'x-yizhan-reason': encodeURIComponent('演练'),
    }
    expect((await ask('POST', '/api/v1/people/guan/lock', { body: { reason: 'x' }, ...shared })).code).toBe(
      'LAST_ADMINISTRATOR',
    )
    expect(events.of('people.break-glass')[0]).toMatchObject({ actor: 'break-glass (root)', detail: '演练' })
    rules = { ...rules, rolesTogether: true }
    expect(await post('', { id: 'both', name: '双', roles: ['audit', 'operate'] })).toBeUndefined()
    expect(events.of('people.together').at(-1)).toMatchObject({ actor: 'guan 同志 (guan)' })
    rules = peopleSchema.parse(undefined)
  })

  it('changes a one-time password first, into one that is strong and new', async () => {
    const { body } = await ask('POST', '/api/v1/people', {
      body: { id: 'neu', name: '新人', roles: ['operate'] },
      ...of('configure'),
    })
    const oneTime = String(body['password'])
    const token = String((await logIn('neu', oneTime)).body['token'])
    expect((await ask('GET', '/admin/health', bearer(token))).code).toBe('PASSWORD_CHANGE_FIRST')
    const change = async (current: string, next: string) =>
      (await ask('POST', '/api/v1/me/password', { body: { current, next }, ...bearer(token) })).code
    expect(await change(oneTime, 'neu')).toBe('PASSWORD_WEAK')
    expect(await change(oneTime, oneTime)).toBe('PASSWORD_WEAK')
    expect(await change('wrong', PASSWORD)).toBe('UNAUTHENTICATED')
    expect(await change(oneTime, PASSWORD)).toBeUndefined()
    expect(await change(PASSWORD, PASSWORD)).toBe('PASSWORD_WEAK')
    expect((await ask('GET', '/admin/health', bearer(token))).status).toBe(200)
    clock.at += 91 * 24 * 3600_000
    const later = String((await logIn('neu', PASSWORD)).body['token'])
    expect((await ask('GET', '/admin/health', bearer(later))).code).toBe('PASSWORD_CHANGE_FIRST')
    clock.at -= 91 * 24 * 3600_000
  })

  it('ends a one-time password that nobody has used', async () => {
    const { body } = await ask('POST', '/api/v1/people/neu/reset', { body: {}, ...of('configure') })
    clock.at += 73 * 3600_000
    expect((await logIn('neu', String(body['password']))).status).toBe(401)
    expect(events.of('login.refused').at(-1)).toMatchObject({
      actor: '新人 (neu)',
      detail: expect.stringContaining('过期') as string,
    })
    clock.at -= 73 * 3600_000
  })

  it('asks for the code, takes it once, and a recovery code once', async () => {
    const token = await person('totp', ['read'], of('configure'))
    const started = await ask('POST', '/api/v1/me/codes', { body: {}, ...bearer(token) })
    const secret = String(started.body['secret'])
    const code = () => totpCode(secret, stepAt(clock.at))
    const confirm = (given: string) =>
      ask('POST', '/api/v1/me/codes/confirm', { body: { code: given }, ...bearer(token) })
    expect((await confirm('000000')).code).toBe('TOTP_WRONG')
    const [recovery = ''] = (await confirm(code())).body['recovery'] as string[]
    expect((await logIn('totp', PASSWORD)).code).toBe('TOTP_REQUIRED')
    expect((await logIn('totp', PASSWORD, { code: code() })).status).toBe(401)
    clock.at += 30_000
    expect((await logIn('totp', PASSWORD, { code: code() })).status).toBe(200)
    expect((await logIn('totp', PASSWORD, { code: recovery })).status).toBe(200)
    expect((await logIn('totp', PASSWORD, { code: recovery })).status).toBe(401)
    expect(events.of('person.recovery-used')[0]).toMatchObject({ actor: 'totp 同志 (totp)', detail: '剩余 left: 9' })
    clock.at += 30_000
    expect(await people.editor.check('totp', `${PASSWORD}${code()}`, { source: '192.0.2.9' })).toEqual({ role: 'read' })
    expect(await people.editor.check('totp', PASSWORD, { source: '192.0.2.9' })).toEqual({ wants: 'code' })
  })

  it('is out at once when locked, reset or of another role, in the editor too', async () => {
    const token = await person('gone', ['configure'], of('configure'))
    expect(await people.editor.check('gone', PASSWORD, { source: '192.0.2.9' })).toEqual({ role: 'admin' })
    const post = (path: string, body: object) => ask('POST', `/api/v1/people/gone${path}`, { body, ...of('configure') })
    await post('', { roles: ['read'] })
    expect(people.editor.still('gone')).toEqual({ role: 'read' })
    await post('', { roles: ['operate'] })
    expect(people.editor.still('gone')).toEqual({})
    await post('/lock', { reason: '调离' })
    expect((await ask('GET', '/api/v1/me', bearer(token))).status).toBe(401)
    expect((await logIn('gone', PASSWORD)).status).toBe(401)
    await post('/unlock', {})
    expect((await logIn('gone', PASSWORD)).status).toBe(200)
    expect((await ask('GET', '/api/v1/me', bearer(token))).status).toBe(401)
  })

  it('ends a session that nobody uses, and every one in time', async () => {
    const first = String((await logIn('read', PASSWORD)).body['token'])
    const me = async () => (await ask('GET', '/api/v1/me', bearer(first))).status
    clock.at += 29 * 60_000
    expect(await me()).toBe(200)
    clock.at += 31 * 60_000
    expect(await me()).toBe(401)
    const second = String((await logIn('read', PASSWORD)).body['token'])
    for (let n = 0; n < 24; n++) {
      clock.at += 29 * 60_000
      expect((await ask('GET', '/api/v1/me', bearer(second))).status).toBe(200)
    }
    clock.at += 29 * 60_000
    expect((await ask('GET', '/api/v1/me', bearer(second))).status).toBe(401)
    for (const role of OPERATOR_ROLES)
      tokens.set(role, String((await logIn(role === 'configure' ? 'guan' : role, PASSWORD)).body['token']))
  })

  it('knows the directory’s people by their groups, and keeps their roles apart', async () => {
    const token = String((await logIn('lisi', 'ldap')).body['token'])
    expect((await ask('GET', '/api/v1/me', bearer(token))).body).toMatchObject({
      label: '李四 (lisi)',
      rights: ['look'],
    })
    expect((await logIn('both', 'ldap')).status).toBe(401)
  })

  it('is the user of the operating system, for whoever may read the data folder', async () => {
    const as = (user: string) => ask('GET', '/api/v1/me', { authorization: `Local ${local}`, 'x-yizhan-user': user })
    expect((await as('wang')).status).toBe(401)
    await ask('POST', '/api/v1/people/operate', { body: { osUsers: ['wang'] }, ...of('configure') })
    expect((await as('wang')).body).toMatchObject({ id: 'operate', rights: ['look', 'act'] })
    const twice = await ask('POST', '/api/v1/people/read', { body: { osUsers: ['wang'] }, ...of('configure') })
    expect(twice.code).toBe('FIELD_INVALID')
  })

  it('gives a scraper metrics, and nothing else', async () => {
    expect((await ask('GET', '/metrics', bearer('scrape'))).status).toBe(200)
    expect((await ask('GET', '/admin/health', bearer('scrape'))).status).toBe(403)
    expect((await ask('GET', '/metrics', bearer('shared'))).status).toBe(401)
  })

  it('waits after wrong tries at one source, by a word that tells nothing', async () => {
    const wrong = await logIn('guan', 'wrong')
    const nobody = await logIn('nobody', 'wrong')
    expect([wrong.status, { ...wrong.body, field: '', zh: '', en: '', detail: '' }]).toEqual([
      nobody.status,
      { ...nobody.body, field: '', zh: '', en: '', detail: '' },
    ])
    for (let n = 0; n < 4; n++) await logIn('guan', 'wrong')
    const waits = await logIn('guan', PASSWORD)
    expect([waits.status, waits.code]).toEqual([429, 'ACCOUNT_WAITS'])
    expect(Number(waits.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await people.editor.check('guan', PASSWORD, { source: '192.0.2.77' })).toEqual({ role: 'admin' })
    expect(events.of('login.locked-out').at(-1)).toMatchObject({ actor: 'guan 同志 (guan)' })
  })
})

describe('a browser', { timeout: 60_000 }, () => {
  const form = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(fields),
      headers,
    })
    return { status: response.status, cookie: response.headers.get('set-cookie') ?? '', text: await response.text() }
  }

  it('gets a cookie that no script reads and no other site sends, another at each login', async () => {
    const first = await form('/login', { name: 'operate', password: PASSWORD, code: '' })
    expect([first.status, first.cookie]).toEqual([
      303,
      expect.stringMatching(/^yizhan=yz_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ])
    publicUrl = 'https://localhost'
    const secure = await form('/login', { name: 'operate', password: PASSWORD })
    expect(secure.cookie).toMatch(/^__Host-yizhan=yz_[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    publicUrl = 'http://localhost'
    const [cookie = ''] = first.cookie.split(';')
    const again = await form('/login', { name: 'operate', password: PASSWORD }, { cookie })
    expect(again.cookie.split(';')[0]).not.toBe(cookie)
    expect((await ask('GET', '/api/v1/me', { cookie })).status).toBe(401)
  })

  it('changes nothing without its mark, nor for another site', async () => {
    const { cookie: set } = await form('/login', { name: 'operate', password: PASSWORD })
    const [cookie = ''] = set.split(';')
    const { csrf } = (await ask('GET', '/api/v1/session', { cookie })).body as { csrf: string }
    const accept = (headers: object) => ask('POST', '/admin/clock/accept', { body: {}, cookie, ...headers })
    expect((await accept({})).code).toBe('REQUEST_FORGED')
    expect((await accept({ 'x-yizhan-csrf': csrf, 'sec-fetch-site': 'cross-site' })).code).toBe('REQUEST_FORGED')
    expect((await accept({ 'x-yizhan-csrf': csrf, origin: 'http://evil.example' })).code).toBe('REQUEST_FORGED')
    expect((await accept({ 'x-yizhan-csrf': csrf })).status).toBe(200)
    expect((await form('/logout', {}, { cookie })).status).toBe(403)
    expect(
      (await form('/login', { name: 'operate', password: PASSWORD }, { 'sec-fetch-site': 'cross-site' })).status,
    ).toBe(403)
    expect((await form('/logout', { csrf }, { cookie })).status).toBe(303)
    expect((await ask('GET', '/api/v1/me', { cookie })).status).toBe(401)
    expect(events.of('login.ended').at(-1)).toMatchObject({ actor: 'operate 同志 (operate)', place: 'browser' })
  })

  it('is shown a page that runs nothing and is framed by nobody', async () => {
    const { headers, text } = await ask('GET', '/login')
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*form-action 'self'; frame-ancestors 'none'/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(text).toContain('登录 Log in')
    expect((await form('/login', { name: '<b>x', password: 'x' })).text).toContain('&lt;b&gt;x')
  })
})

describe('what is kept', () => {
  it('is a file for its owner, with no password in it, and nothing of it in events', async () => {
    const file = join(data, 'people.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const text = await readFile(file, 'utf8')
    expect(text).toContain('"$scrypt$ln=4,r=8,p=1$')
    const told = JSON.stringify(events.all)
    for (const secret of [PASSWORD, ...(text.match(/\$scrypt\$[^"]+/g) ?? [])]) {
      expect(told).not.toContain(secret)
      if (secret === PASSWORD) expect(text).not.toContain(secret)
    }
  })

  it('outlives a restart, and logs everybody out', async () => {
    const old = of('read')
    await stop()
    await start()
    expect((await ask('GET', '/api/v1/me', old)).status).toBe(401)
    expect((await logIn('read', PASSWORD)).status).toBe(200)
  })
})
