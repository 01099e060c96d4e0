import { z } from 'zod'
import { endpoint, type ViewOf } from './endpoint.ts'
import { personSchema } from './people.ts'
import { instant } from './shared.ts'

const secret = z.string().min(1).max(2_000)
const empty = z.strictObject({})

export const meSchema = z
  .strictObject({
    id: z.string(),
    label: z.string().describe('审计中的名字 as it stands in the audit'),
    roles: z.array(z.string()),
    rights: z.array(z.string()).describe('可以做什么 what they may do'),
    mustChange: z.boolean().describe('须先改口令 the password is to be changed first'),
  })
  .meta({ id: 'Me', title: '谁在登录 who is logged in' })
export type MeView = ViewOf<typeof meSchema>

const sessionSchema = z
  .strictObject({
    me: meSchema,
    until: instant.optional().describe('到何时 when it ends'),
    csrf: z.string().optional().describe('浏览器每次改动随 x-yizhan-csrf 带上 sent with each change by a browser'),
    token: z.string().optional().describe('命令行的 of a command line: Authorization: Bearer'),
  })
  .meta({ id: 'Session', title: '登录 a session' })

const ended = z.strictObject({ ended: z.literal(true) })

export const SESSION_ENDPOINTS = {
  logIn: endpoint({
    id: 'logIn',
    method: 'POST',
    path: '/api/v1/session',
    right: 'anyone',
    tag: 'session',
    summary: '登录；没有 name 则凭客户端证书 / log in; by the client certificate where no name is given',
    body: z.strictObject({
      name: z.string().min(1).max(200).optional(),
      password: secret.optional(),
      code: z.string().max(100).optional(),
      /** a browser's session is a cookie, a command's a bearer token */
      kind: z.enum(['browser', 'command']).default('command'),
    }),
    answer: sessionSchema,
    secret: true,
  }),
  session: endpoint({
    id: 'session',
    method: 'GET',
    path: '/api/v1/session',
    right: 'logged-in',
    tag: 'session',
    summary: '现在的登录 / the session as it is',
    answer: sessionSchema,
    secret: true,
  }),
  logOut: endpoint({
    id: 'logOut',
    method: 'DELETE',
    path: '/api/v1/session',
    right: 'logged-in',
    tag: 'session',
    summary: '退出 / log out',
    answer: ended,
  }),
  me: endpoint({
    id: 'me',
    method: 'GET',
    path: '/api/v1/me',
    right: 'logged-in',
    tag: 'session',
    summary: '我是谁，可以做什么 / who I am, and what I may do',
    answer: meSchema,
  }),
  changePassword: endpoint({
    id: 'changePassword',
    method: 'POST',
    path: '/api/v1/me/password',
    right: 'logged-in',
    tag: 'session',
    summary: '改口令 / change one’s password',
    body: z.strictObject({ current: secret, next: secret }),
    answer: personSchema,
  }),
  startCodes: endpoint({
    id: 'startCodes',
    method: 'POST',
    path: '/api/v1/me/codes',
    right: 'logged-in',
    tag: 'session',
    summary: '准备验证码（TOTP） / prepare one-time codes (TOTP)',
    body: empty,
    answer: z.strictObject({ secret: z.string(), uri: z.string() }),
    secret: true,
  }),
  confirmCodes: endpoint({
    id: 'confirmCodes',
    method: 'POST',
    path: '/api/v1/me/codes/confirm',
    right: 'logged-in',
    tag: 'session',
    summary: '以第一个验证码启用 / begin with the first code',
    body: z.strictObject({ code: z.string().min(1).max(100) }),
    answer: z.strictObject({ recovery: z.array(z.string()) }),
    secret: true,
  }),
  endCodes: endpoint({
    id: 'endCodes',
    method: 'POST',
    path: '/api/v1/me/codes/off',
    right: 'logged-in',
    tag: 'session',
    summary: '停用验证码 / end one-time codes',
    body: z.strictObject({ password: secret }),
    answer: personSchema,
  }),
} as const
