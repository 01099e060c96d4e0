import { YizhanError } from '../../../core/errors/error.ts'
import type { ArchiveConfig } from '../config.ts'
import type { CompiledArchiveProfile } from '../profile/load.ts'
import { catalogueProblems } from './catalogue.ts'
import type { ArchiveItem } from './port.ts'
import { entryOf } from './records.ts'

/** Everything for which a document can never stand in a batch, at once; none where it can. No body is read. */
export async function examine(
  item: Omit<ArchiveItem, 'itemNumber'>,
  { classification }: Pick<ArchiveConfig, 'classification'>,
  profile: CompiledArchiveProfile,
): Promise<readonly YizhanError[]> {
  const problems: YizhanError[] = []
  try {
    const { record } = entryOf(
      '',
      // Every number has four digits: any stands for the one that it would get.
      { ...item, itemNumber: 1 },
      classification,
      profile.settings,
      () => Promise.reject(new Error('a body was asked for')),
      (problem) => void problems.push(problem),
    )
    problems.push(...(await catalogueProblems(profile, record)))
  } catch (thrown) {
    if (!(thrown instanceof YizhanError)) throw thrown
    problems.push(thrown)
  }
  return problems
}

/** In one line, each named by its field. */
export function problemText(problems: readonly YizhanError[]): string {
  return [...new Set(problems.map(({ zh, en }) => `${zh} / ${en}`))].join('；')
}
