import type { LoginAnswer, LoginRole } from '../core/hop/link.ts'
import type { StaffMember } from '../core/people/staff-member.ts'
import { mayDo } from '../core/people/roles.ts'
import type { Logins } from './people/logins.ts'
import type { Sessions } from './people/sessions.ts'

export interface EditorLoginParts {
  readonly logins: Logins
  readonly sessions: Pick<Sessions, 'open' | 'inEditor'>
  /** whether this person's logins ask for a code */
  readonly asksCode: (name: string) => boolean
}

/** Behind the password in the one field that the editor's dialog has: six digits, or a recovery code. */
const CODE_BEHIND = /^(.+?)(\d{6}|[0-9a-f]{5}(?:-[0-9a-f]{5}){3})$/su

/**
 * Who may use the editor: the station's people. Sessions are the station's, so that a flow process that is replaced
 * forgets no wrong try, and whoever is locked is out at once.
 */
export class EditorLogins {
  readonly #parts: EditorLoginParts

  constructor(parts: EditorLoginParts) {
    this.#parts = parts
  }

  /** @param at `isOnce`: for one request, nobody is logged in by it */
  async check(
    name: string,
    given: string,
    { source, isOnce = false }: { readonly source: string; readonly isOnce?: boolean },
  ): Promise<LoginAnswer> {
    const { logins, sessions, asksCode } = this.#parts
    const [, password = given, code] = asksCode(name) ? (CODE_BEHIND.exec(given) ?? []) : []
    const outcome = await logins.check({ name, password, code, source, place: isOnce ? 'flows' : 'editor' })
    switch (outcome.is) {
      case 'waits':
        return { waitsUntil: outcome.until }
      case 'unknown':
        return { unknown: true }
      case 'code-wanted':
        return { wants: 'code' }
      case 'refused':
        return {}
      case 'in': {
        const { caller } = outcome
        if (caller.mustChange === true) return { wants: 'new-password' }
        const role = editorRole(caller)
        if (role === undefined) return { wants: 'role' }
        if (!isOnce) sessions.open('editor', caller)
        return { role }
      }
    }
  }

  /** Nothing once the session has ended, or the role is gone. */
  still(name: string): { readonly role?: LoginRole } {
    const caller = this.#parts.sessions.inEditor(name)
    const role = caller === undefined ? undefined : editorRole(caller)
    return role === undefined ? {} : { role }
  }
}

/** Whoever configures changes flows; whoever may look, looks. */
function editorRole({ roles, mustChange }: StaffMember): LoginRole | undefined {
  if (mustChange === true) return undefined
  if (mayDo(roles, 'configure')) return 'admin'
  return roles.includes('read') ? 'read' : undefined
}
