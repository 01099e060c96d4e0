import type { EventCode } from '../../core/events/catalogue.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import { operatorLabel, type Operator } from '../../core/people/operator.ts'
import type { NewOperator, OperatorChange, OperatorRegister } from '../../core/people/register.ts'
import { heldTogether, ROLE_NAMES } from '../../core/people/roles.ts'
import { totpUri } from '../../core/people/totp.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { PersonView } from '../api/contract/people.ts'
import type { Logins } from './logins.ts'
import type { Sessions } from './sessions.ts'

export interface PeopleDeskParts {
  readonly register: OperatorRegister
  readonly sessions: Sessions
  readonly logins: Pick<Logins, 'forget'>
  readonly sink: EventSink
  readonly clock: Clock
  /** of the station, for the apps that show codes */
  readonly station: string
}

/** Changes of people, each an event with the name of who made it. */
export class PeopleDesk {
  readonly #parts: PeopleDeskParts

  constructor(parts: PeopleDeskParts) {
    this.#parts = parts
  }

  list(): readonly PersonView[] {
    return this.#parts.register.operators.map(personView)
  }

  async add(wanted: NewOperator, by: StaffMember): Promise<{ readonly person: PersonView; readonly password: string }> {
    const { operator, password } = await this.#parts.register.add(wanted, by.label)
    this.#tell('person.added', by, operator, rolesText(operator))
    this.#parts.sessions.changed(operator.id)
    this.#tellTogether(operator, by)
    return { person: personView(operator), password }
  }

  async change(id: string, wanted: OperatorChange, by: StaffMember): Promise<PersonView> {
    const operator = await this.#parts.register.change(id, wanted, by.id)
    const what = wanted.roles === undefined ? Object.keys(wanted).join(', ') : rolesText(operator)
    this.#tell('person.changed', by, operator, what)
    if (wanted.roles !== undefined) this.#tellTogether(operator, by)
    this.#parts.sessions.changed(id)
    return personView(operator)
  }

  async reset(id: string, by: StaffMember): Promise<{ readonly person: PersonView; readonly password: string }> {
    const { operator, password } = await this.#parts.register.reset(id, by.id)
    this.#ended(id)
    this.#tell('person.reset', by, operator)
    return { person: personView(operator), password }
  }

  async lock(id: string, reason: string, by: StaffMember): Promise<PersonView> {
    const operator = await this.#parts.register.lock(id, reason, by)
    this.#ended(id)
    this.#tell('person.locked', by, operator, reason)
    return personView(operator)
  }

  async unlock(id: string, by: StaffMember): Promise<PersonView> {
    const operator = await this.#parts.register.unlock(id)
    this.#parts.logins.forget(id)
    this.#tell('person.unlocked', by, operator)
    return personView(operator)
  }

  async remove(id: string, by: StaffMember): Promise<PersonView> {
    const operator = await this.#parts.register.remove(id, by.id)
    this.#ended(id)
    this.#tell('person.removed', by, operator, rolesText(operator))
    return personView(operator)
  }

  /** @param session kept; all others of the person end */
  async changePassword(
    me: StaffMember,
    { current, next }: { readonly current: string; readonly next: string },
    session?: string,
  ): Promise<PersonView> {
    const operator = await this.#parts.register.changePassword(me.id, current, next)
    this.#parts.sessions.endAll(me.id, session)
    this.#parts.logins.forget(me.id)
    this.#tell('person.password-changed', me, operator)
    return personView(operator)
  }

  async startCodes(me: StaffMember): Promise<{ readonly secret: string; readonly uri: string }> {
    const secret = await this.#parts.register.startTotp(me.id)
    return { secret, uri: totpUri(secret, me.id, this.#parts.station) }
  }

  async confirmCodes(me: StaffMember, code: string): Promise<{ readonly recovery: readonly string[] }> {
    const recovery = await this.#parts.register.confirmTotp(me.id, code)
    this.#tell('person.codes-changed', me, this.#parts.register.of(me.id), '启用 on')
    return { recovery }
  }

  async endCodes(me: StaffMember, password: string): Promise<PersonView> {
    const operator = await this.#parts.register.endTotp(me.id, password)
    this.#tell('person.codes-changed', me, operator, '停用 off')
    return personView(operator)
  }

  #ended(id: string): void {
    this.#parts.sessions.endAll(id)
    this.#parts.logins.forget(id)
  }

  #tellTogether(operator: Operator, by: StaffMember): void {
    const together = heldTogether(operator.roles)
    if (together !== undefined) this.#tell('people.together', by, operator, together)
  }

  #tell(code: EventCode, by: StaffMember, operator: Operator, more?: string): void {
    const { sink, clock } = this.#parts
    const whom = operatorLabel(operator)
    sink.emit({ code, at: clock.now(), actor: by.label, detail: more === undefined ? whom : `${whom}: ${more}` })
  }
}

function rolesText({ roles }: Operator): string {
  return roles.map((role) => ROLE_NAMES[role]).join('、')
}

function personView({ id, name, roles, locked, password, totp, certificates, osUsers = [] }: Operator): PersonView {
  return {
    id,
    name,
    roles,
    ...(locked === undefined ? {} : { locked }),
    oneTime: password?.oneTimeUntil !== undefined,
    codes: totp?.confirmed === true,
    certificates: certificates?.length ?? 0,
    osUsers,
    ...(password === undefined ? {} : { passwordSince: password.changedAt }),
  }
}
