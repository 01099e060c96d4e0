import { describe, expect, it } from 'vitest'
import { FAILPOINTS } from '../../../core/util/failpoint.ts'
import { faultsOn, planOf } from '../../faults/runner/plan.ts'

const options = { seed: 3, rounds: 8, bus: 'rabbitmq', only: [], root: true } as const
const names = (seed: number): string[] => planOf({ ...options, seed }).map(({ fault }) => fault.name)

describe('the plan of a trial', () => {
  it('follows from its seed alone', () => {
    expect(planOf(options)).toEqual(planOf(options))
    expect(planOf(options)).not.toEqual(planOf({ ...options, seed: 4 }))
  })

  it('reaches everything there is in as many short runs as are needed, every failpoint of the way included', () => {
    const all = faultsOn(options).map(({ name }) => name)
    expect(all).toEqual(expect.arrayContaining(FAILPOINTS.map((point) => `failpoint:${point}`)))
    const reached = new Set(Array.from({ length: Math.ceil(all.length / 8) }, (_, seed) => names(seed)).flat())
    expect([...reached].sort()).toEqual([...all].sort())
  })

  it('does only what is asked for, and says so where there is no such thing', () => {
    expect(new Set(planOf({ ...options, only: ['broker:'] }).map(({ fault }) => fault.name))).toEqual(
      new Set(['broker:kill', 'broker:freeze', 'broker:wipe']),
    )
    expect(() => planOf({ ...options, bus: 'embedded', only: ['broker:'] })).toThrow('--only broker:')
    expect(faultsOn({ bus: 'embedded', root: false }).map(({ name }) => name)).not.toContain('disk:full')
  })
})
