import type { DocumentDraft } from '../../../../core/door/port.ts'
import type { CompiledProfile } from '../../../../core/mapping/profile/port.ts'
import { atOnce } from '../../../../core/util/turns.ts'
import { ProfileError } from '../../../../core/mapping/profile/problems.ts'

/** Text with one part replaced; the part must be there. */
export function edit(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the sample has no ${from}`)
  return text.replace(from, () => to)
}

/** Parses and reads a document, all quirks together. */
export function readDocument(
  profile: CompiledProfile,
  form: string,
  source: string | Buffer,
  attached: ReadonlyMap<string, Buffer> = new Map(),
): { draft: DocumentDraft; quirks: readonly string[] } {
  const { element, quirks } = atOnce(profile.parse(source))
  const result = profile.read(form, element, { attached })
  if (result.draft.kind !== 'document') throw new Error(result.draft.kind)
  return { draft: result.draft, quirks: [...quirks, ...result.quirks] }
}

/** The error that an act throws. */
export function profileError(act: () => unknown): ProfileError {
  try {
    act()
  } catch (error) {
    if (error instanceof ProfileError) return error
    throw error
  }
  throw new Error('no error')
}
