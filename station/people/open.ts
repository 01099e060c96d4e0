import { randomBytes } from 'node:crypto'
import type { PeopleConfig } from '../../core/config/people.ts'
import type { House } from '../../core/adapter/port.ts'
import type { Login } from '../../core/directory/people.ts'
import type { HashCost } from '../../core/people/password-hash.ts'
import { OperatorRegister } from '../../core/people/register.ts'
import { heldTogether } from '../../core/people/roles.ts'
import { operatorLabel } from '../../core/people/operator.ts'
import { EditorLogins } from '../editor-logins.ts'
import { Entrance } from '../http/entrance.ts'
import { Gate } from '../http/gate.ts'
import { loginPages } from '../http/login-pages.ts'
import { peopleRoutes } from '../http/people-routes.ts'
import type { GuardedRoutes } from '../http/routes.ts'
import { passwordCheck } from './check.ts'
import { PeopleDesk } from './desk.ts'
import { Logins } from './logins.ts'
import { readPeople, writePeople } from './people-file.ts'
import { Sessions } from './sessions.ts'

export interface StationPeople {
  /** for the station's listeners */
  readonly pages: { readonly gate: Gate; readonly people: readonly GuardedRoutes[] }
  readonly editor: EditorLogins
  /** as the audit calls a login name */
  readonly labelOf: (id: string) => string
  /**
   * Once everything stands: says in the audit how people's roles are, and now and whenever somebody may not any more
   * what he might, by which token the command line is its user's own person (undefined: there are no people yet).
   */
  readonly begin: (changed: (localToken: string | undefined) => void) => void
}

/**
 * The people of a station and all their ways in.
 *
 * @param data the data folder
 * @param directory the LDAP directory's logins
 * @param cost of hashing passwords; of tests that are to be quick
 * @throws YizhanError PEOPLE_UNREADABLE
 */
export async function openPeople(
  house: House,
  data: string,
  directory: Login,
  cost?: HashCost,
): Promise<StationPeople> {
  const { accepted, rejections, emit: sink, clock } = house
  const rules = (): PeopleConfig => house.city().station.people
  const station = house.city().station.name
  const register = new OperatorRegister({
    operators: await readPeople(data),
    save: (operators) => writePeople(data, operators),
    rules,
    clock,
    cost,
  })
  const sessions = new Sessions({ rules, clock, stillIn: (caller) => register.stillIn(caller) })
  const check = passwordCheck({
    register,
    directory,
    shared: () => accepted('editor.admin'),
    rolesTogether: () => rules().rolesTogether,
  })
  const logins = new Logins({ check, sink, rejections, clock })
  const localToken = randomBytes(24).toString('base64url')
  const gate = new Gate({
    register,
    sessions,
    tokens: accepted,
    localToken,
    isSecure: () => house.publicUrl('operators').startsWith('https:'),
    rejections,
    sink,
    clock,
  })
  const desk = new PeopleDesk({ register, sessions, logins, sink, clock, station })
  const entrance = new Entrance({ gate, logins, sessions, register, clock, sink })
  const find = (id: string) => register.operators.find((one) => one.id === id)
  const tell = (): void => {
    if (register.isEmpty) sink.emit({ code: 'people.none', at: clock.now(), actor: 'station' })
    for (const operator of register.operators) {
      const together = heldTogether(operator.roles)
      const detail = `${operatorLabel(operator)}: ${together}`
      if (together !== undefined) sink.emit({ code: 'people.together', at: clock.now(), actor: 'station', detail })
    }
  }
  return {
    pages: { gate, people: [peopleRoutes({ gate, entrance, desk }), loginPages({ gate, entrance, desk })] },
    editor: new EditorLogins({ logins, sessions, asksCode: (name) => find(name)?.totp?.confirmed === true }),
    labelOf(id) {
      const operator = find(id)
      return operator === undefined ? id : operatorLabel(operator)
    },
    begin(changed) {
      const say = (): void => changed(register.isEmpty ? undefined : localToken)
      sessions.onChange(say)
      say()
      tell()
    },
  }
}
