import { atOnce } from '../../../core/util/turns.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { ProfileError } from '../../../core/mapping/profile/problems.ts'
import { documentBody } from '../../../core/message/schema.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { sample } from './lib/fixed.ts'
import { mutateText, mutateTree, Random } from './lib/mutate.ts'
import { Holds, MOST_HOLD_MS } from '../../lib/holds.ts'

let profiles: ReadonlyMap<string, CompiledProfile>
const seeds: readonly (readonly [profile: string, form: string, name: string])[] = [
  ['yizhan', 'Submit', 'yizhan-submit.xml'],
  ['yizhan', 'Item', 'yizhan-item-return.xml'],
  ['epoint', 'Send', 'epoint-send.xml'],
  ['epoint', 'Send', 'epoint-warts.xml'],
  ['docxg', 'DOCSUMMARYS', 'docxg-received.xml'],
]
const files = new Map([
  ['报告.doc', Buffer.from('a')],
  ['附表.xls', Buffer.from('b')],
])

beforeAll(async () => {
  profiles = await loadProfiles()
})

type Outcome = 'read' | 'refused'

/** Reads a mutant: a draft that the canonical message can hold, or a YizhanError. Anything else fails the test. */
function outcome(act: () => ReturnType<CompiledProfile['read']>): Outcome {
  try {
    const { draft } = act()
    if (draft.kind === 'document') {
      expect(documentBody.safeParse({ direction: 'issue', ...draft.document }).error).toBeUndefined()
      for (const file of draft.files) expect([typeof file.name, Buffer.isBuffer(file.bytes)]).toEqual(['string', true])
    } else expect(draft.about).not.toBe('')
    return 'read'
  } catch (error) {
    if (!(error instanceof YizhanError)) throw error
    if (error.code === 'INTERNAL') throw error
    if (error instanceof ProfileError)
      for (const problem of error.problems) expect((problem.value ?? '').length).toBeLessThanOrEqual(200)
    return 'refused'
  }
}

/** Runs one seed's mutants, and sees to it that they tried both ways and that none took long. */
async function run(count: number, mutant: (at: number) => Outcome): Promise<void> {
  const outcomes: Record<Outcome, number> = { read: 0, refused: 0 }
  const holds = new Holds()
  for (let at = 0; at < count; at++) {
    outcomes[await holds.of(() => mutant(at))]++
  }
  expect(outcomes.read).toBeGreaterThan(count / 100)
  expect(outcomes.refused).toBeGreaterThan(count / 100)
  expect(holds.longest, 'ms').toBeLessThan(MOST_HOLD_MS)
}

describe('20,000 mutants: no crash, no hang, only YizhanErrors', () => {
  it.each(seeds)('%s %s: mutated text of %s', { timeout: 60_000 }, async (id, form, name) => {
    const profile = profiles.get(id) as CompiledProfile
    const text = sample(name)
    await run(2000, (at) => {
      const random = new Random(at * 7919 + 1)
      return outcome(() =>
        profile.read(form, atOnce(profile.parse(mutateText(text, random))).element, { attached: files }),
      )
    })
  })

  it.each(seeds)('%s %s: mutated tree of %s', { timeout: 60_000 }, async (id, form, name) => {
    const profile = profiles.get(id) as CompiledProfile
    const tree: XmlElement = atOnce(profile.parse(sample(name))).element
    await run(2000, (at) => {
      const mutant = mutateTree(tree, new Random(at * 104_729 + 1))
      profileLinks(profile, form, mutant)
      return outcome(() => profile.read(form, mutant, { attached: files }))
    })
  })
})

function profileLinks(profile: CompiledProfile, form: string, element: XmlElement): void {
  for (const link of profile.links(form, element)) expect(link.href.length).toBeLessThanOrEqual(2000)
}
