import type { RetentionPolicy } from '../../../../core/config/retention.ts'
import type { Ledger } from '../../../../core/ledger/port.ts'
import type { StepResult } from '../../../../core/ledger/port-retention.ts'
import { DAY_MS, LEVELS } from '../../../../core/retention/rules.ts'
import type { TestClock } from '../../../conformance/lib/ledger-kit.ts'

/** Everything that retention does in a round, without an archive, whatever the ledger is made of. */
export async function pruneAll(
  { retention }: Ledger,
  policy: RetentionPolicy,
  clock: TestClock,
  max = 50,
): Promise<void> {
  const now = clock.now()
  for (const level of [...LEVELS].reverse())
    for (;;) {
      const survey = await retention.survey({ level, policy, now, max })
      const batch = { level, file: null, digest: null, stories: survey.going }
      await retention.intend({ level, survey, batch })
      await retention.begin({ policy, now, keep: true })
      await all(() => retention.step({ now, max }))
      if (survey.finished) break
    }
  await all(() => retention.pruneLinks({ before: now - policy.auditDays * DAY_MS, now, max }))
  await all(() => retention.pruneKeys({ before: now - policy.keysDays * DAY_MS, max }))
  await all(() => retention.indexBodies({ max }))
  await all(() => retention.reapBodies({ unusedSince: now, max }))
  for (const volume of await retention.poorVolumes(0.3))
    await all(() => retention.emptyVolume({ volume, bytes: 1_000_000 }))
  await retention.dropVolumes(await retention.emptyVolumes())
  await all(() => retention.giveBack({ pages: 100 }))
}

async function all(step: () => Promise<StepResult>): Promise<void> {
  while ((await step()).left);
}
