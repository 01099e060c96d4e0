import { PEOPLE_ENDPOINTS as PEOPLE } from '../api/contract/people.ts'
import { SESSION_ENDPOINTS as SESSION, type MeView } from '../api/contract/session.ts'
import { ApiServer } from '../api/serve.ts'
import { mayDo, type Right } from '../../core/people/roles.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import type { PeopleDesk } from '../people/desk.ts'
import type { Entrance, Opened } from './entrance.ts'
import type { Gate } from './gate.ts'
import type { GuardedRoutes } from './routes.ts'

export interface PeopleRoutesParts {
  readonly gate: Gate
  readonly entrance: Entrance
  readonly desk: PeopleDesk
}

const RIGHTS: readonly Right[] = ['look', 'act', 'configure', 'verify', 'see-people']

/** Logins and people in the API. */
export function peopleRoutes({ gate, entrance, desk }: PeopleRoutesParts): GuardedRoutes {
  const api = new ApiServer(gate)
  api.serve(SESSION.logIn, async ({ body, request, response }) => {
    const { kind, name, ...rest } = body
    const given = { ...rest, ...(name === undefined ? {} : { name }) }
    const opened = await entrance.enter(request, response, withoutAbsent(given), kind)
    return { ...sessionView(opened), ...(kind === 'command' ? { token: opened.token } : {}) }
  })
  api.serve(SESSION.session, ({ request }) => {
    const session = gate.sessionOf(request)?.session
    const me = meView(gate.callerOf(request))
    return session === undefined ? { me } : { me, until: session.until, csrf: session.csrf }
  })
  api.serve(SESSION.logOut, ({ request, response }) => {
    entrance.leave(request, response)
    return { ended: true as const }
  })
  api.serve(SESSION.me, ({ request }) => meView(gate.callerOf(request)))
  api.serve(SESSION.changePassword, ({ body, request }) =>
    desk.changePassword(gate.callerOf(request), body, gate.sessionOf(request)?.session?.token),
  )
  api.serve(SESSION.startCodes, ({ request }) => desk.startCodes(gate.callerOf(request)))
  api.serve(SESSION.confirmCodes, ({ body, request }) => desk.confirmCodes(gate.callerOf(request), body.code))
  api.serve(SESSION.endCodes, ({ body, request }) => desk.endCodes(gate.callerOf(request), body.password))

  api.serve(PEOPLE.people, () => desk.list())
  api.serve(PEOPLE.addPerson, ({ body, request }) => desk.add(withoutAbsent(body), gate.callerOf(request)))
  api.serve(PEOPLE.changePerson, ({ parts, body, request }) =>
    desk.change(parts.id, withoutAbsent(body), gate.callerOf(request)),
  )
  api.serve(PEOPLE.resetPerson, ({ parts, request }) => desk.reset(parts.id, gate.callerOf(request)))
  api.serve(PEOPLE.lockPerson, ({ parts, body, request }) => desk.lock(parts.id, body.reason, gate.callerOf(request)))
  api.serve(PEOPLE.unlockPerson, ({ parts, request }) => desk.unlock(parts.id, gate.callerOf(request)))
  api.serve(PEOPLE.removePerson, ({ parts, request }) => desk.remove(parts.id, gate.callerOf(request)))
  return api.routes
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

function sessionView({ caller, until, csrf }: Opened) {
  return { me: meView(caller), until, csrf }
}

type Present<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** What is not given is not there. */
function withoutAbsent<T extends object>(given: T): Present<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Present<T>
}
