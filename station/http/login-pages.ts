import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { certificateOf } from '../../adapters/kit/http/source.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { presentable } from '../../core/events/internal.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import { ROLE_NAMES } from '../../core/people/roles.ts'
import { shanghaiTime } from '../../core/util/shanghai.ts'
import type { PeopleDesk } from '../people/desk.ts'
import type { StaffSession } from '../people/sessions.ts'
import type { Entrance } from './entrance.ts'
import type { Gate } from './gate.ts'
import { escape, page, PAGE_POLICY } from './page.ts'
import { GuardedRoutes } from './routes.ts'

export interface LoginPagesParts {
  readonly gate: Gate
  readonly entrance: Entrance
  readonly desk: PeopleDesk
}

interface Known {
  readonly caller: StaffMember
  readonly session: StaffSession
}

/**
 * The page of logins, without scripts: in, out, one's own password, one's own codes. Whoever must change the password
 * finds nothing else there.
 */
export function loginPages({ gate, entrance, desk }: LoginPagesParts): GuardedRoutes {
  const routes = new GuardedRoutes(gate)
  const knownOf = (request: Request): Known | undefined => {
    const found = gate.sessionOf(request)
    return found?.session === undefined ? undefined : { caller: found.caller, session: found.session }
  }
  const show = (response: Response, body: string, status = 200): void => {
    response
      .status(status)
      .set({ 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-store' })
      .type('html')
      .send(page('驿站登录 Yizhan login', `<h1>驿站 <small>Yizhan</small></h1>\n${body}`))
  }
  const showHome = (request: Request, response: Response, alert?: YizhanError): void => {
    const known = knownOf(request)
    const said = alert === undefined ? '' : alertText(alert)
    const form = known === undefined ? loginForm(certificateOf(request) !== undefined) : homeOf(known, hasCodes(known))
    show(response, said + form, alert?.status)
  }
  const hasCodes = ({ caller }: Known): boolean => desk.list().some(({ id, codes }) => id === caller.id && codes)
  /** Does it and shows the page again; what was refused stands above it. */
  const done =
    (act: (request: Request, response: Response) => Promise<string | undefined>): RequestHandler =>
    async (request, response) => {
      queryIn(request.url)
      const body = await act(request, response)
      if (body === undefined) response.redirect(303, '/login')
      else show(response, body)
    }
  const refused: ErrorRequestHandler = (thrown: unknown, request, response, next) => {
    const error = asYizhanError(thrown)
    if (!(thrown instanceof YizhanError) && (thrown as { readonly status?: number }).status === undefined) next(thrown)
    else showHome(request, response, presentable(error))
  }

  routes.get('/login', 'anyone', (request, response) => {
    queryIn(request.url)
    showHome(request, response)
  })
  routes.form(
    '/login',
    'anyone',
    done(async (request, response) => {
      const name = fieldOf(request, 'name').trim()
      const code = fieldOf(request, 'code').trim()
      const given = { password: fieldOf(request, 'password'), code: code === '' ? undefined : code }
      const byCertificate = fieldOf(request, 'certificate') !== ''
      await entrance.enter(request, response, byCertificate ? {} : { name, ...given }, 'browser')
      return undefined
    }),
  )
  routes.form(
    '/logout',
    'logged-in',
    done((request, response) => {
      entrance.leave(request, response)
      return Promise.resolve(undefined)
    }),
  )
  routes.form(
    '/login/password',
    'logged-in',
    done(async (request) => {
      const next = fieldOf(request, 'next')
      if (next !== fieldOf(request, 'again'))
        throw new YizhanError('PASSWORD_WEAK', { rule: '两次输入不同 / it was typed in two ways' })
      const token = gate.sessionOf(request)?.session?.token
      await desk.changePassword(gate.callerOf(request), { current: fieldOf(request, 'current'), next }, token)
      return undefined
    }),
  )
  routes.form(
    '/login/codes',
    'logged-in',
    done(async (request) => {
      const { secret, uri } = await desk.startCodes(gate.callerOf(request))
      return codesForm(secret, uri, gate.sessionOf(request)?.session?.csrf ?? '')
    }),
  )
  routes.form(
    '/login/codes/confirm',
    'logged-in',
    done(async (request) => {
      const { recovery } = await desk.confirmCodes(gate.callerOf(request), fieldOf(request, 'code').trim())
      return recoveryList(recovery)
    }),
  )
  routes.form(
    '/login/codes/off',
    'logged-in',
    done(async (request) => {
      await desk.endCodes(gate.callerOf(request), fieldOf(request, 'password'))
      return undefined
    }),
  )
  for (const path of ['/login', '/logout']) routes.router.use(path, refused)
  return routes
}

function fieldOf(request: Request, name: string): string {
  const body: unknown = request.body
  const value: unknown = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value.slice(0, 2_000) : ''
}

function alertText({ zh, en }: YizhanError): string {
  return `<p role="alert">${escape(zh)}<br>${escape(en)}</p>\n`
}

function input(name: string, label: string, kind: 'text' | 'password', complete: string): string {
  const more = kind === 'text' ? ' autocapitalize="none" spellcheck="false"' : ''
  return `<label>${label}<input name="${name}" type="${kind}" autocomplete="${complete}"${more}></label>\n`
}

function form(action: string, csrf: string | undefined, fields: string, button: string): string {
  const mark = csrf === undefined ? '' : `<input type="hidden" name="csrf" value="${escape(csrf)}">\n`
  return `<form method="post" action="${action}">\n${mark}${fields}<p><button>${button}</button></p>\n</form>\n`
}

function loginForm(hasCertificate: boolean): string {
  const fields =
    input('name', '登录名 <small>name</small>', 'text', 'username') +
    input('password', '口令 <small>password</small>', 'password', 'current-password') +
    input('code', '动态口令（已启用的） <small>one-time code, where it is on</small>', 'text', 'one-time-code')
  const byCertificate = hasCertificate
    ? form('/login', undefined, '<input type="hidden" name="certificate" value="1">\n', '用证书登录 by certificate')
    : ''
  return form('/login', undefined, fields, '登录 Log in') + byCertificate
}

function homeOf({ caller, session }: Known, hasCodes: boolean): string {
  const roles = caller.roles.map((role) => ROLE_NAMES[role]).join('、')
  const about = `<p><strong>${escape(caller.label)}</strong>　${roles}<br><small>会话至 session until ${shanghaiTime(session.until)}</small></p>\n`
  const leave = form('/logout', session.csrf, '', '退出 Log out')
  if (caller.by !== 'password' && caller.by !== 'certificate') return about + leave
  const must =
    caller.mustChange === true
      ? '<p role="alert">口令是一次性的或已过期，先改口令。<br>The password is a one-time password or too old: change it first.</p>\n'
      : ''
  const fields =
    input('current', '现在的口令 <small>present password</small>', 'password', 'current-password') +
    input('next', '新口令 <small>new password</small>', 'password', 'new-password') +
    input('again', '再输一次 <small>once more</small>', 'password', 'new-password')
  const change = `<h2>改口令 <small>change the password</small></h2>\n${form('/login/password', session.csrf, fields, '改 Change')}`
  if (caller.mustChange === true) return about + must + change + leave
  const codes = hasCodes
    ? form(
        '/login/codes/off',
        session.csrf,
        input('password', '口令 <small>password</small>', 'password', 'current-password'),
        '停用 Turn off',
      )
    : form('/login/codes', session.csrf, '', '启用 Turn on')
  return `${about}${leave}${change}<h2>动态口令 <small>one-time codes</small></h2>\n${codes}`
}

function codesForm(secret: string, uri: string, csrf: string): string {
  const fields = input(
    'code',
    '应用显示的六位数字 <small>the six digits that it shows</small>',
    'text',
    'one-time-code',
  )
  return `<h2>动态口令 <small>one-time codes</small></h2>
<p>把密钥加入手机上的验证器应用 <small>add this key to the app</small>：<br><code>${secret}</code></p>
<p><a href="${escape(uri)}">${escape(uri)}</a></p>
${form('/login/codes/confirm', csrf, fields, '启用 Turn on')}`
}

function recoveryList(codes: readonly string[]): string {
  const items = codes.map((code) => `<li><code>${code}</code></li>`).join('\n')
  return `<h2>恢复码 <small>recovery codes</small></h2>
<p>手机不在时用，每个一次，只显示这一次。<br>For when the phone is away: each is good once, and they are shown now only.</p>
<ol>${items}</ol>
<p><a href="/login">好了 Done</a></p>`
}
