import { certificateKey } from '../config/certificate-key.ts'
import type { PeopleConfig } from '../config/people.ts'
import { YizhanError } from '../errors/error.ts'
import type { ClientCertificate } from '../http/client-certificate.ts'
import type { Clock } from '../util/clock.ts'
import type { StaffMember, KnownBy, LoginVerdict } from './staff-member.ts'
import { oneTimePassword } from './one-time.ts'
import { operatorLabel, type Operator } from './operator.ts'
import { hashPassword, isCheaper, verifyPassword, type HashCost } from './password-hash.ts'
import { heldTogether, ROLE_NAMES, type OperatorRole } from './roles.ts'
import { weaknesses } from './strength.ts'
import { newRecoveryCodes, newTotpSecret, recoveryDigest, totpStep } from './totp.ts'

const DAY_MS = 24 * 3600_000
const HOUR_MS = 3600_000

export interface RegisterParts {
  readonly operators: readonly Operator[]
  /** durable when it resolves; what it rejects with, nothing has changed */
  readonly save: (operators: readonly Operator[]) => Promise<void>
  readonly rules: () => PeopleConfig
  readonly clock: Clock
  /** of tests that are to be quick */
  readonly cost?: HashCost | undefined
}

export type NewOperator = Pick<Operator, 'id' | 'name' | 'roles'> & Partial<Pick<Operator, 'osUsers' | 'certificates'>>
/** What may be changed of somebody; what is absent stays. */
export type OperatorChange = Partial<Pick<Operator, 'name' | 'roles' | 'osUsers' | 'certificates'>>

/**
 * The people of a station and how they log in. One change at a time, durable before it counts. Who may ask for which
 * change is the caller's to decide; that nobody changes himself, that the roles are apart, and that somebody is left
 * who administers, is held here.
 */
export class OperatorRegister {
  readonly #parts: RegisterParts
  #operators: readonly Operator[]
  #turn: Promise<unknown> = Promise.resolve()
  /** of nobody's password, so that a name that nobody has costs as much */
  #decoy: Promise<string> | undefined

  constructor(parts: RegisterParts) {
    this.#parts = parts
    this.#operators = parts.operators
  }

  get operators(): readonly Operator[] {
    return this.#operators
  }

  /** None yet: a station of the first release, or one that was never set up. */
  get isEmpty(): boolean {
    return this.#operators.length === 0
  }

  /** @throws YizhanError PERSON_UNKNOWN */
  of(id: string): Operator {
    const operator = this.#operators.find((one) => one.id === id)
    if (operator === undefined) throw new YizhanError('PERSON_UNKNOWN', { value: id })
    return operator
  }

  /** Somebody who came in a while ago, as he may be now; undefined: not any more. */
  stillIn(caller: StaffMember): StaffMember | undefined {
    const operator = this.#operators.find(({ id }) => id === caller.id)
    // Whom the directory has let in has no record here; a shared password ends with the first person.
    if (caller.by === 'directory') return operator === undefined ? caller : undefined
    if (caller.by === 'shared') return this.isEmpty ? caller : undefined
    return operator === undefined || operator.locked !== undefined ? undefined : this.#callerOf(operator, caller.by)
  }

  byOsUser(name: string): StaffMember | undefined {
    const operator = this.#operators.find(({ osUsers, locked }) => locked === undefined && osUsers?.includes(name))
    return operator === undefined ? undefined : this.#callerOf(operator, 'os-user')
  }

  /** The person for whom a client certificate is written; undefined for one that does not hold, or is nobody's. */
  byCertificate({ fingerprint, subject, authorities, fault }: ClientCertificate): StaffMember | undefined {
    if (fault !== undefined) return undefined
    const keys = new Set([certificateKey({ fingerprint }), ...authorities.map((ca) => certificateKey({ subject, ca }))])
    const operator = this.#operators.find(
      ({ certificates, locked }) =>
        locked === undefined && certificates?.some((one) => keys.has(certificateKey(one))) === true,
    )
    return operator === undefined ? undefined : this.#callerOf(operator, 'certificate')
  }

  /** Takes as long for a name that nobody has. A code that was taken counts, and is not taken again. */
  async check(name: string, password: string, code: string | undefined): Promise<LoginVerdict> {
    const operator = this.#operators.find(({ id }) => id === name)
    const known = operator?.password
    const isRight = await verifyPassword(password, known?.hash ?? (await this.#decoyHash()))
    if (operator === undefined) return { is: 'wrong' }
    const label = operatorLabel(operator)
    if (!isRight || known === undefined) return { is: 'wrong', label }
    const now = this.#parts.clock.now()
    if (operator.locked !== undefined) return { is: 'wrong', label, why: '已锁定 / locked' }
    if (known.oneTimeUntil !== undefined && now > known.oneTimeUntil)
      return { is: 'wrong', label, why: '一次性口令已过期 / the one-time password has ended' }
    if (operator.totp?.confirmed === true && (code ?? '') === '') return { is: 'code-wanted' }
    return this.#turnOf(() => this.#admit(operator.id, password, code))
  }

  /** One-time password for somebody new. @throws YizhanError PERSON_EXISTS, ROLES_TOGETHER, FIELD_INVALID */
  async add(wanted: NewOperator, by: string): Promise<{ readonly operator: Operator; readonly password: string }> {
    const password = oneTimePassword()
    const hash = await this.#hash(password)
    return this.#turnOf(async () => {
      if (this.#operators.some(({ id }) => id === wanted.id))
        throw new YizhanError('PERSON_EXISTS', { value: wanted.id })
      this.#checkRoles(wanted.roles)
      this.#checkUnique(wanted.id, wanted)
      const now = this.#parts.clock.now()
      const operator: Operator = { ...wanted, password: this.#oneTime(hash, [], now), addedAt: now, addedBy: by }
      await this.#keep([...this.#operators, operator])
      return { operator, password }
    })
  }

  /** @param by id of who asks; undefined: nobody who is in the register */
  change(id: string, wanted: OperatorChange, by: string | undefined): Promise<Operator> {
    return this.#edit(id, (operator) => {
      if (wanted.roles !== undefined) {
        refuseSelf(id, by)
        this.#checkRoles(wanted.roles)
        if (!wanted.roles.includes('configure')) this.#refuseLast(id)
      }
      this.#checkUnique(id, wanted)
      return { ...operator, ...wanted }
    })
  }

  /** A new one-time password, and no code asked for: whoever has lost phone or password begins anew. */
  async reset(id: string, by: string | undefined): Promise<{ readonly operator: Operator; readonly password: string }> {
    const password = oneTimePassword()
    const hash = await this.#hash(password)
    const operator = await this.#edit(id, ({ totp: _, ...kept }) => {
      refuseSelf(id, by)
      return { ...kept, password: this.#oneTime(hash, formerOf(kept, this.#parts.rules()), this.#parts.clock.now()) }
    })
    return { operator, password }
  }

  lock(
    id: string,
    reason: string,
    by: { readonly id?: string | undefined; readonly label: string },
  ): Promise<Operator> {
    return this.#edit(id, (operator) => {
      refuseSelf(id, by.id)
      this.#refuseLast(id)
      return { ...operator, locked: { at: this.#parts.clock.now(), by: by.label, reason } }
    })
  }

  unlock(id: string): Promise<Operator> {
    return this.#edit(id, ({ locked: _, ...operator }) => operator)
  }

  remove(id: string, by: string | undefined): Promise<Operator> {
    return this.#turnOf(async () => {
      const operator = this.of(id)
      refuseSelf(id, by)
      this.#refuseLast(id)
      await this.#keep(this.#operators.filter((one) => one !== operator))
      return operator
    })
  }

  /** @throws YizhanError PASSWORD_WEAK; UNAUTHENTICATED where the one in force is another */
  async changePassword(id: string, current: string, next: string): Promise<Operator> {
    const operator = this.of(id)
    const rules = this.#parts.rules()
    if (operator.password === undefined || !(await verifyPassword(current, operator.password.hash)))
      throw new YizhanError('UNAUTHENTICATED', { field: id })
    const found = [...weaknesses(next, operator, rules)]
    for (const former of [operator.password.hash, ...operator.password.former].slice(0, Math.max(1, rules.history)))
      if (await verifyPassword(next, former)) {
        found.push(`不得是最近 ${rules.history} 次用过的 / must be none of the last ${rules.history}`)
        break
      }
    if (found.length > 0) throw new YizhanError('PASSWORD_WEAK', { rule: found.join('；') })
    const hash = await this.#hash(next)
    return this.#edit(id, (now) => ({
      ...now,
      password: { hash, changedAt: this.#parts.clock.now(), former: [...formerOf(now, rules)] },
    }))
  }

  /** A secret for an app; asked for at logins once `confirmTotp` has seen a code. */
  async startTotp(id: string): Promise<string> {
    const secret = newTotpSecret()
    await this.#edit(id, (operator) => {
      if (operator.totp?.confirmed === true) throw new YizhanError('TOTP_ON', { value: id })
      return { ...operator, totp: { secret, confirmed: false, lastStep: -1, recovery: [] } }
    })
    return secret
  }

  /** @throws YizhanError TOTP_WRONG */
  async confirmTotp(id: string, code: string): Promise<readonly string[]> {
    const recovery = newRecoveryCodes()
    await this.#edit(id, (operator) => {
      const { totp } = operator
      const step = totp === undefined ? undefined : totpStep(totp.secret, code, this.#parts.clock.now(), totp.lastStep)
      if (totp === undefined || step === undefined) throw new YizhanError('TOTP_WRONG', { value: id })
      return {
        ...operator,
        totp: { secret: totp.secret, confirmed: true, lastStep: step, recovery: recovery.map(recoveryDigest) },
      }
    })
    return recovery
  }

  /** @throws YizhanError UNAUTHENTICATED where the password is another */
  async endTotp(id: string, password: string): Promise<Operator> {
    if (!(await verifyPassword(password, this.of(id).password?.hash ?? '')))
      throw new YizhanError('UNAUTHENTICATED', { field: id })
    return this.#edit(id, ({ totp: _, ...operator }) => operator)
  }

  /** The password was right a moment ago: the code, once, and a hash of today's cost. */
  async #admit(id: string, password: string, code: string | undefined): Promise<LoginVerdict> {
    const operator = this.#operators.find((one) => one.id === id)
    if (operator === undefined) return { is: 'wrong' }
    const label = operatorLabel(operator)
    let next = operator
    let used: { readonly note: 'recovery-code'; readonly codesLeft: number } | undefined
    if (operator.totp?.confirmed === true) {
      const { totp } = operator
      const step = totpStep(totp.secret, code ?? '', this.#parts.clock.now(), totp.lastStep)
      const digest = recoveryDigest(code ?? '')
      const recovery = totp.recovery.filter((one) => one !== digest)
      if (step !== undefined) next = { ...operator, totp: { ...totp, lastStep: step } }
      else if (recovery.length < totp.recovery.length) {
        next = { ...operator, totp: { ...totp, recovery } }
        used = { note: 'recovery-code', codesLeft: recovery.length }
      } else return { is: 'wrong', label, why: '动态口令不对 / wrong code' }
    }
    if (next.password !== undefined && isCheaper(next.password.hash, this.#parts.cost))
      next = { ...next, password: { ...next.password, hash: await this.#hash(password) } }
    if (next !== operator) await this.#keep(this.#operators.map((one) => (one === operator ? next : one)))
    return { is: 'right', caller: this.#callerOf(next, 'password'), ...used }
  }

  /** Who came by other means than a password need not change one. */
  #callerOf(operator: Operator, by: KnownBy): StaffMember {
    const { maxAgeDays } = this.#parts.rules()
    const { oneTimeUntil, changedAt = 0 } = operator.password ?? {}
    const isOld = maxAgeDays > 0 && this.#parts.clock.now() - changedAt > maxAgeDays * DAY_MS
    return {
      by,
      id: operator.id,
      label: operatorLabel(operator),
      roles: operator.roles,
      ...(by === 'password' && (oneTimeUntil !== undefined || isOld) ? { mustChange: true as const } : {}),
    }
  }

  #edit(id: string, change: (operator: Operator) => Operator): Promise<Operator> {
    return this.#turnOf(async () => {
      const operator = this.of(id)
      const changed = change(operator)
      await this.#keep(this.#operators.map((one) => (one === operator ? changed : one)))
      return changed
    })
  }

  #turnOf<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #keep(operators: readonly Operator[]): Promise<void> {
    await this.#parts.save(operators)
    this.#operators = operators
  }

  #hash(password: string): Promise<string> {
    return hashPassword(password, this.#parts.cost)
  }

  #decoyHash(): Promise<string> {
    return (this.#decoy ??= this.#hash(oneTimePassword()))
  }

  #oneTime(hash: string, former: readonly string[], now: number): NonNullable<Operator['password']> {
    const oneTimeUntil = now + this.#parts.rules().oneTimeHours * HOUR_MS
    return { hash, changedAt: now, oneTimeUntil, former: [...former] }
  }

  #checkRoles(roles: readonly OperatorRole[]): void {
    const together = heldTogether(roles)
    if (together !== undefined && !this.#parts.rules().rolesTogether)
      throw new YizhanError('ROLES_TOGETHER', { value: together })
  }

  /** A user of the operating system and a certificate are one person's. */
  #checkUnique(id: string, { osUsers = [], certificates = [] }: OperatorChange): void {
    const taken = (field: string, value: string): YizhanError =>
      new YizhanError('FIELD_INVALID', { field, value, rule: '已属于另一人 / another person’s already' })
    const keys = new Set(certificates.map(certificateKey))
    for (const other of this.#operators) {
      if (other.id === id) continue
      const user = other.osUsers?.find((name) => osUsers.includes(name))
      if (user !== undefined) throw taken('osUsers', user)
      if (other.certificates?.some((one) => keys.has(certificateKey(one))) === true)
        throw taken('certificates', other.id)
    }
  }

  #refuseLast(id: string): void {
    const isLast = !this.#operators.some(
      (one) => one.id !== id && one.locked === undefined && one.roles.includes('configure'),
    )
    if (isLast && this.of(id).roles.includes('configure'))
      throw new YizhanError('LAST_ADMINISTRATOR', { value: id, rule: ROLE_NAMES.configure })
  }
}

function refuseSelf(id: string, by: string | undefined): void {
  if (id === by) throw new YizhanError('PERSON_SELF', { value: id })
}

/** The one in force becomes the newest of those before, unless somebody else gave it. */
function formerOf({ password }: Operator, { history }: PeopleConfig): readonly string[] {
  if (password === undefined) return []
  const mine = password.oneTimeUntil === undefined ? [password.hash] : []
  return [...mine, ...password.former].slice(0, history)
}
