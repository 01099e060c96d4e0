import type { OperatorRole } from '../people/roles.ts'

/** 单位负责人 head, 办公室主任 office director, 系统专职管理员 administrator */
export const ROLES = ['head', 'officeDirector', 'administrator'] as const
export type Role = (typeof ROLES)[number]

/** Somebody who works in a unit, as the LDAP directory has it. */
export interface Person {
  /** the directory's key (entryUUID) */
  readonly person: string
  readonly name: string
  /** our id of the unit */
  readonly unit: string
  readonly roles: readonly Role[]
  /** mobile number, 11 digits */
  readonly phone?: string | undefined
  readonly mail?: string | undefined
}

/** Who works where: from the last snapshot, also while the directory is down. */
export interface People {
  /**
   * Those of these units, in the order of the units; with a role only those who have it. Where nobody of a unit itself
   * has the role, those of the nearest units below it that do.
   */
  of(units: readonly string[], role?: Role): readonly Person[]
}

/** Somebody whose login the directory has checked. */
export interface DirectoryLogin {
  readonly name: string
  readonly roles: readonly OperatorRole[]
}

/** Logins checked by the directory. */
export interface Login {
  /**
   * Who this is; undefined for a wrong name or password. Rejects with DIRECTORY_LOGIN_NOT_ALLOWED for somebody who may
   * not log in, with SYSTEM_UNREACHABLE and the like when the directory cannot be asked.
   */
  check(name: string, password: string): Promise<DirectoryLogin | undefined>
}
