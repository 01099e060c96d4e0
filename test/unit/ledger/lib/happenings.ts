import fc from 'fast-check'
import { URGENCIES } from '../../../../core/message/urgency.ts'
import type { Happening } from './history.ts'

const owner = fc.constantFrom('A', 'B')
const some = fc.nat({ max: 50 })
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('issue' as const),
      units: fc.integer({ min: 1, max: 3 }),
      urgency: fc.constantFrom(...URGENCIES),
      repeat: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('withdraw' as const), pick: some }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('claim-hops' as const), owner, max: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      pick: some,
      order: fc.constantFrom('document' as const, 'unit' as const),
      pickup: fc.boolean(),
      derive: fc.boolean(),
      answered: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('fail' as const), pick: some, count: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('claim' as const), pick: some, owner }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('book' as const),
      pick: some,
      as: fc.constantFrom(
        'delivered' as const,
        'refused' as const,
        'retry' as const,
        'uncounted' as const,
        'in-doubt' as const,
        'held' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('fetch' as const), pick: some }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('replay' as const), pick: some }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('recover' as const), owner }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('sweep' as const),
      deadOwner: fc.option(owner, { nil: undefined }),
      max: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(1, 500, 30_000, 61_000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
)

/** What may befall a ledger, in any order. */
export const happenings = fc.array(happening, { minLength: 20, maxLength: 120, size: 'max' })
