import type { Login } from '../../core/directory/people.ts'
import type { OperatorRegister } from '../../core/people/register.ts'
import { heldTogether } from '../../core/people/roles.ts'
import { isOneOf } from '../../core/util/same-secret.ts'
import type { PasswordCheck } from './logins.ts'

export interface PasswordCheckParts {
  readonly register: Pick<OperatorRegister, 'check' | 'isEmpty' | 'operators'>
  /** the LDAP directory's people */
  readonly directory: Login
  /** `editor.admin`, in force */
  readonly shared: () => readonly string[]
  readonly rolesTogether: () => boolean
}

/** The administrator of a station that has no people yet. */
const SHARED = 'admin'

/**
 * The station's own people, who get in while the directory is down too and are never asked of it; then the directory's.
 * Where there are no people yet, `admin` with the shared password, as in the first release.
 */
export function passwordCheck({ register, directory, shared, rolesTogether }: PasswordCheckParts): PasswordCheck {
  return async (name, password, code) => {
    if (register.isEmpty && name === SHARED)
      return isOneOf(password, shared())
        ? { is: 'right', caller: { by: 'shared', id: name, label: name, roles: ['read', 'operate', 'configure'] } }
        : { is: 'wrong', label: name }
    if (register.operators.some(({ id }) => id === name)) return register.check(name, password, code)
    const found = await directory.check(name, password)
    // A password that nobody has costs as much as one that somebody has.
    if (found === undefined) return register.check(name, password, code)
    const label = found.name === name ? name : `${found.name} (${name})`
    const together = heldTogether(found.roles)
    if (together !== undefined && !rolesTogether())
      return { is: 'wrong', label, why: `目录的组使一人兼 / the directory’s groups give one person ${together}` }
    return { is: 'right', caller: { by: 'directory', id: name, label, roles: found.roles } }
  }
}
