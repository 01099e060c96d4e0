import { YizhanError } from '../../../core/errors/error.ts'
import type { CompiledProfile, FormRecord } from '../../../core/mapping/profile/port.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import type { MessageKind } from '../../../core/message/schema.ts'
import { ITEM_KINDS } from './inbox.ts'

/** A field's text in what a profile read from a record form. */
export function textIn(values: FormRecord, field: string): string | undefined {
  const value = values[field]
  return typeof value === 'string' ? value : undefined
}

/**
 * The kinds that a request for a list names, in the field `kinds`; undefined for all.
 *
 * @throws YizhanError FIELD_INVALID
 */
export function kindsIn(values: FormRecord, form: string): readonly MessageKind[] | undefined {
  const named = values['kinds']
  if (!Array.isArray(named) || named.length === 0) return undefined
  return named.map((text: unknown) => {
    const kind = ITEM_KINDS.find((known) => known === text)
    if (kind === undefined)
      throw new YizhanError('FIELD_INVALID', {
        field: `${form}/kind`,
        value: String(text),
        rule: ITEM_KINDS.join(', '),
      })
    return kind
  })
}

/**
 * Reads a system's answer. One that breaks the form's rules is the system's fault and says nothing of the message that
 * it answers: SYSTEM_FAULT, in doubt, never a refusal.
 */
export function readAnswerRecord(
  system: string,
  profile: CompiledProfile,
  form: string,
  element: XmlElement,
): FormRecord {
  try {
    return profile.readRecord(form, element).values
  } catch (cause) {
    if (!(cause instanceof YizhanError) || cause.status >= 500) throw cause
    throw new YizhanError(
      'SYSTEM_FAULT',
      { field: system, detail: `${form}: ${cause.message}`.slice(0, 500) },
      { cause, inDoubt: true },
    )
  }
}
