import type { House, Screen } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { examine, problemText } from './batch/examine.ts'
import type { CompiledArchiveProfile } from './profile/load.ts'
import { settingsOf, type ArchiveSettings } from './settings.ts'

/**
 * Says of a document that is issued what would keep it out of every batch, while its issuer can still mend it: as an
 * event, or as a refusal, by `settings.door` of each archive system.
 */
export function archiveScreen(house: House): Screen {
  const known = new Map<string, { readonly made: string; readonly settings: ArchiveSettings }>()
  const settingsFor = (id: string): ArchiveSettings | undefined => {
    const system = house.city().systems.find((one) => one.id === id)
    if (system === undefined) return undefined
    const made = JSON.stringify(system.settings)
    const before = known.get(id)
    if (before?.made === made) return before.settings
    const settings = settingsOf(house, system)
    known.set(id, { made, settings })
    return settings
  }
  return async (message) => {
    if (message.document.direction !== 'issue') return []
    const notes = []
    for (const { id, adapter } of house.city().systems) {
      const settings = adapter === 'archive' ? settingsFor(id) : undefined
      if (settings === undefined || settings.config.door === 'off') continue
      const profile = await profileOf(settings)
      const problems = profile === undefined ? [] : await examine({ message }, settings.config, profile)
      if (problems.length === 0) continue
      const detail = problemText(problems)
      if (settings.config.door === 'refuse') throw new YizhanError('ARCHIVE_UNFIT', { field: id, detail })
      notes.push({ code: 'archive.unfit' as const, detail: `${id}: ${detail}`.slice(0, 2_000) })
    }
    return notes
  }
}

/** A profile that cannot be read now keeps no document out: the batches say so. */
async function profileOf(settings: ArchiveSettings): Promise<CompiledArchiveProfile | undefined> {
  try {
    return await settings.profile()
  } catch (thrown) {
    if (thrown instanceof YizhanError && thrown.retryable) return undefined
    throw thrown
  }
}
