import type { OperatorRole } from './roles.ts'

/**
 * How it is known: the register's password, its certificate, its user of the operating system, the LDAP directory, or a
 * token that several share.
 */
export type KnownBy = 'password' | 'certificate' | 'os-user' | 'directory' | 'shared'

/** Who asks the station something, once it is known. */
export interface StaffMember {
  readonly by: KnownBy
  /** login name */
  readonly id: string
  /** as it stands in the audit */
  readonly label: string
  readonly roles: readonly OperatorRole[]
  /** a password that somebody else gave, or that is too old: nothing else may be done before it is changed */
  readonly mustChange?: true | undefined
}

/** What a name, a password and a code are found to be. */
export type LoginVerdict =
  | { readonly is: 'right'; readonly caller: StaffMember; readonly note?: 'recovery-code'; readonly codesLeft?: number }
  /** the password is right, and a code is asked for beside it */
  | { readonly is: 'code-wanted' }
  /** @property why told inside only; never to whoever tries */
  | { readonly is: 'wrong'; readonly why?: string; readonly label?: string }
