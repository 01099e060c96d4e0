import { expect, it } from 'vitest'
import { readSubmission } from '../../../adapters/portal/submission.ts'
import { problemOf, problemSchema } from '../../../adapters/kit/http/problem.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { bodies, mutate, random } from './lib/mutate.ts'
import { configOf } from './lib/petitions.ts'
import { Holds, MOST_HOLD_MS } from '../../lib/holds.ts'

/** Mutated bodies: each is read or refused with one of our errors, none takes long. */
const TIMES = 20_000

it(`${TIMES} mutated bodies, JSON and forms, are read or refused, each in its time`, async () => {
  const next = random(20260101)
  const config = configOf()
  const seeds = await bodies()
  const seen = new Map<string, number>()
  const holds = new Holds()
  for (let n = 0; n < TIMES; n++) {
    const seed = mutate(seeds[n % seeds.length]!, next)
    const outcome = await holds.of(() =>
      readSubmission(seed.contentType, seed.bytes, config).then(
        () => 'read',
        (thrown: unknown) => {
          if (!(thrown instanceof YizhanError) || thrown.code === 'INTERNAL')
            throw new Error(`body ${n}: ${JSON.stringify(seed.bytes.toString('latin1'))}`, { cause: thrown })
          problemSchema.parse(problemOf(thrown))
          if (thrown.facts.detail === 'it does not end') return 'stuck'
          return thrown.code
        },
      ),
    )
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  }
  // The mutations reach behind every check.
  for (const outcome of [
    'read',
    'JSON_MALFORMED',
    'MULTIPART_MALFORMED',
    'FIELD_INVALID',
    'ENCODING_INVALID',
    'MEDIA_TYPE_UNSUPPORTED',
  ])
    expect(seen.get(outcome), outcome).toBeGreaterThan(20)
  expect(seen.get('stuck')).toBeUndefined()
  expect(holds.longest, 'ms').toBeLessThan(MOST_HOLD_MS)
}, 120_000)
