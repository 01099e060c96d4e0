/**
 * What a person at the station is there for: 看 read, 办 operate, 管 configure, 审 audit. The three-person separation
 * of GB/T 22239-2019 level 3 (8.1.5.1 system administration, 8.1.5.2 audit, 8.1.5.3 security administration).
 */
export const OPERATOR_ROLES = ['read', 'operate', 'configure', 'audit'] as const
export type OperatorRole = (typeof OPERATOR_ROLES)[number]

export const ROLE_NAMES: Readonly<Record<OperatorRole, string>> = {
  read: '看 read',
  operate: '办 operate',
  configure: '管 configure',
  audit: '审 audit',
}

/** What a request at the station wants to do. */
export type Right = 'look' | 'act' | 'configure' | 'verify' | 'see-people' | 'metrics'

const RIGHTS: Readonly<Record<OperatorRole, readonly Right[]>> = {
  read: ['look', 'metrics'],
  operate: ['look', 'act', 'metrics'],
  configure: ['look', 'configure', 'verify', 'see-people', 'metrics'],
  audit: ['verify', 'see-people'],
}

export function mayDo(roles: readonly OperatorRole[], right: Right): boolean {
  return roles.some((role) => RIGHTS[role].includes(right))
}

/** The roles that give a right, as people read them. */
export function rolesFor(right: Right): string {
  return OPERATOR_ROLES.filter((role) => RIGHTS[role].includes(right))
    .map((role) => ROLE_NAMES[role])
    .join('、')
}

/** Who judges what was done may not have done it. */
const APART: readonly (readonly [OperatorRole, OperatorRole])[] = [
  ['configure', 'audit'],
  ['operate', 'audit'],
]

/** The two roles of these that no one person may hold; undefined where there are none. */
export function heldTogether(roles: readonly OperatorRole[]): string | undefined {
  const found = APART.find((pair) => pair.every((role) => roles.includes(role)))
  return found?.map((role) => ROLE_NAMES[role]).join(' + ')
}
