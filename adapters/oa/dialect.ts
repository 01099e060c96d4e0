import { YizhanError } from '../../core/errors/error.ts'

/**
 * The protocols that this adapter speaks. A profile `docxg-county` is a variant of dialect `docxg`; a profile
 * `soap-county` describes its service itself.
 */
export const DIALECTS = ['yizhan', 'epoint', 'docxg', 'soap'] as const

export type Dialect = (typeof DIALECTS)[number]

/** What a profile must be called. */
export const DIALECT_RULE = `${DIALECTS.join(', ')}（或以其加连字符开头 / or one of them and a hyphen）`

/** Of dialect A, the 新点 exchange centre, and of services that a profile describes. */
export const ONLY_CALLED = '新点方言与 soap- 方言只供对方调用 / systems of dialect A and of soap- dialects only call us'

export function isDialect(name: string): name is Dialect {
  return DIALECTS.some((known) => known === name)
}

/** The protocol behind a profile, by its name or what stands before its first hyphen; CONFIG_INVALID for any other. */
export function dialectOf(profile: string): Dialect {
  const name = profile.split('-', 1)[0]
  const dialect = DIALECTS.find((known) => known === name)
  if (dialect === undefined)
    throw new YizhanError('CONFIG_INVALID', {
      field: 'systems.yaml: profile',
      value: profile,
      rule: DIALECT_RULE,
    })
  return dialect
}

/** Whether a system speaks a dialect of ours. */
export function speaks(system: { readonly adapter: string; readonly profile: string }, dialect: Dialect): boolean {
  return system.adapter === 'oa' && system.profile.split('-', 1)[0] === dialect
}
