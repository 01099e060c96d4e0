import { z } from 'zod'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { certificatesSchema } from '../../core/config/schema.ts'
import { operatorSchema } from '../../core/people/operator.ts'
import { mayDo, type Right } from '../../core/people/roles.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import type { PeopleDesk } from '../people/desk.ts'
import { bodyOf, jsonBody } from './body.ts'
import type { Entrance, Opened } from './entrance.ts'
import type { Gate } from './gate.ts'
import { GuardedRoutes } from './routes.ts'

export interface PeopleRoutesParts {
  readonly gate: Gate
  readonly entrance: Entrance
  readonly desk: PeopleDesk
}

const secret = z.string().min(1).max(2_000)
const loginSchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  password: secret.optional(),
  code: z.string().max(100).optional(),
  /** a browser's session is a cookie, a command's a bearer token */
  kind: z.enum(['browser', 'command']).default('command'),
})
const passwordSchema = z.strictObject({ current: secret, next: secret })
const confirmedSchema = z.strictObject({ password: secret })
const codeSchema = z.strictObject({ code: z.string().min(1).max(100) })
const emptySchema = z.strictObject({})
const { id, name, roles } = operatorSchema.shape
const osUsers = z.array(z.string().min(1).max(64)).max(20)
const newPersonSchema = z.strictObject({
  id,
  name,
  roles,
  osUsers: osUsers.min(1).optional(),
  certificates: certificatesSchema.optional(),
})
const changeSchema = z.strictObject({
  name: name.optional(),
  roles: roles.optional(),
  osUsers: osUsers.optional(),
  certificates: certificatesSchema.optional(),
})
const lockSchema = z.strictObject({ reason: z.string().min(1).max(200) })

const RIGHTS: readonly Right[] = ['look', 'act', 'configure', 'verify', 'see-people']

/** The JSON interface of logins and people, for the command line and whatever else is no page. */
export function peopleRoutes({ gate, entrance, desk }: PeopleRoutesParts): GuardedRoutes {
  const routes = new GuardedRoutes(gate)
  const read = jsonBody('64kb')
  routes.post('/api/v1/session', 'anyone', read, async (request, response) => {
    const { kind, name, ...rest } = bodyOf(loginSchema, request)
    const given = { ...rest, ...(name === undefined ? {} : { name }) }
    const opened = await entrance.enter(request, response, withoutAbsent(given), kind)
    response.set('Cache-Control', 'no-store').json({
      ...sessionView(opened),
      ...(kind === 'command' ? { token: opened.token } : {}),
    })
  })
  routes.get('/api/v1/session', 'logged-in', (request, response) => {
    queryIn(request.url)
    const found = gate.sessionOf(request)
    const me = meView(gate.callerOf(request))
    const session = found?.session
    response
      .set('Cache-Control', 'no-store')
      .json(session === undefined ? { me } : { me, until: session.until, csrf: session.csrf })
  })
  routes.delete('/api/v1/session', 'logged-in', (request, response) => {
    queryIn(request.url)
    entrance.leave(request, response)
    response.json({ ended: true })
  })

  routes.get('/api/v1/me', 'logged-in', (request, response) => {
    queryIn(request.url)
    response.json(meView(gate.callerOf(request)))
  })
  routes.post('/api/v1/me/password', 'logged-in', read, async (request, response) => {
    const token = gate.sessionOf(request)?.session?.token
    response.json(await desk.changePassword(gate.callerOf(request), bodyOf(passwordSchema, request), token))
  })
  routes.post('/api/v1/me/codes', 'logged-in', read, async (request, response) => {
    bodyOf(emptySchema, request)
    response.set('Cache-Control', 'no-store').json(await desk.startCodes(gate.callerOf(request)))
  })
  routes.post('/api/v1/me/codes/confirm', 'logged-in', read, async (request, response) => {
    const { code } = bodyOf(codeSchema, request)
    response.set('Cache-Control', 'no-store').json(await desk.confirmCodes(gate.callerOf(request), code))
  })
  routes.post('/api/v1/me/codes/off', 'logged-in', read, async (request, response) => {
    const { password } = bodyOf(confirmedSchema, request)
    response.json(await desk.endCodes(gate.callerOf(request), password))
  })

  routes.get('/api/v1/people', 'see-people', (request, response) => {
    queryIn(request.url)
    response.json(desk.list())
  })
  routes.post('/api/v1/people', 'configure', read, async (request, response) => {
    const wanted = withoutAbsent(bodyOf(newPersonSchema, request))
    response.set('Cache-Control', 'no-store').json(await desk.add(wanted, gate.callerOf(request)))
  })
  routes.post('/api/v1/people/:id', 'configure', read, async (request, response) => {
    const wanted = withoutAbsent(bodyOf(changeSchema, request))
    response.json(await desk.change(String(request.params['id']), wanted, gate.callerOf(request)))
  })
  routes.post('/api/v1/people/:id/reset', 'configure', read, async (request, response) => {
    bodyOf(emptySchema, request)
    const answer = await desk.reset(String(request.params['id']), gate.callerOf(request))
    response.set('Cache-Control', 'no-store').json(answer)
  })
  routes.post('/api/v1/people/:id/lock', 'configure', read, async (request, response) => {
    const { reason } = bodyOf(lockSchema, request)
    response.json(await desk.lock(String(request.params['id']), reason, gate.callerOf(request)))
  })
  routes.post('/api/v1/people/:id/unlock', 'configure', read, async (request, response) => {
    bodyOf(emptySchema, request)
    response.json(await desk.unlock(String(request.params['id']), gate.callerOf(request)))
  })
  routes.post('/api/v1/people/:id/remove', 'configure', read, async (request, response) => {
    bodyOf(emptySchema, request)
    response.json(await desk.remove(String(request.params['id']), gate.callerOf(request)))
  })
  return routes
}

/** Who is logged in, and what he may do. */
export interface MeView {
  readonly id: string
  readonly label: string
  readonly roles: readonly string[]
  readonly rights: readonly string[]
  readonly mustChange: boolean
}

function meView({ id, label, roles, mustChange }: StaffMember): MeView {
  return {
    id,
    label,
    roles,
    rights: RIGHTS.filter((right) => mayDo(roles, right)),
    mustChange: mustChange === true,
  }
}

function sessionView({ caller, until, csrf }: Opened): object {
  return { me: meView(caller), until, csrf }
}

type Present<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** What is not given is not there. */
function withoutAbsent<T extends object>(given: T): Present<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Present<T>
}
