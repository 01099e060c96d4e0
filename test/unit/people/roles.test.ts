import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heldTogether, mayDo, OPERATOR_ROLES, rolesFor, type Right } from '../../../core/people/roles.ts'

const someRoles = fc.uniqueArray(fc.constantFrom(...OPERATOR_ROLES), { minLength: 1 })

describe('the roles', () => {
  it('keep who audits apart from who acts and who configures, in every combination', () => {
    fc.assert(
      fc.property(someRoles, (roles) => {
        const audits = roles.includes('audit')
        const together = audits && (roles.includes('operate') || roles.includes('configure'))
        return (heldTogether(roles) !== undefined) === together
      }),
    )
    expect(heldTogether(['audit', 'configure'])).toBe('管 configure + 审 audit')
  })

  it('let whoever audits act and change nothing', () => {
    fc.assert(
      fc.property(someRoles, (roles) => {
        if (heldTogether(roles) !== undefined) return true
        return !(roles.includes('audit') && (mayDo(roles, 'act') || mayDo(roles, 'configure')))
      }),
    )
  })

  it.each<[Right, string]>([
    ['look', '看 read、办 operate、管 configure'],
    ['act', '办 operate'],
    ['configure', '管 configure'],
    ['verify', '管 configure、审 audit'],
    ['see-people', '管 configure、审 audit'],
  ])('say who may %s', (right, roles) => {
    expect(rolesFor(right)).toBe(roles)
  })
})
