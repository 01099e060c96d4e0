import { YizhanError } from '../../core/errors/error.ts'
import { mask } from '../../core/events/mask.ts'
import { propertyText } from './text.ts'

/** How a person is reached. */
export type Way = 'phone' | 'mail'

/** Somebody of the list in a message: of one or several units, as the directory has it. */
export interface Addressee {
  /** the same for all entries of one person, and whatever their order */
  readonly key: string
  /** `{person?, name?}` and the address: nothing that the way does not need */
  readonly to: Readonly<Record<string, string>>
  readonly units: readonly string[]
}

export interface Addressees {
  readonly reached: readonly Addressee[]
  /** who has no address of this kind, in words for the log: numbers masked */
  readonly missed: readonly string[]
}

/**
 * The people of a list: one person, or an array of them, each `{unit?, person?, name?, phone?, mail?}`; somebody who
 * stands there twice is there once, with all units.
 *
 * @throws YizhanError FIELD_INVALID for what is no person
 */
export function addresseesOf(value: unknown, field: string, way: Way): Addressees {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
  const reached = new Map<string, Addressee>()
  const missed: string[] = []
  for (const [index, entry] of entries.entries()) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw new YizhanError('FIELD_INVALID', {
        field: Array.isArray(value) ? `${field}[${index}]` : field,
        value: typeof entry,
        rule: '人员对象或其数组 / a person, or an array of them: {unit?, person?, name?, phone?, mail?}',
      })
    }
    const text = (name: string): string => propertyText((entry as Readonly<Record<string, unknown>>)[name]).trim()
    const [unit, person, address] = [text('unit'), text('person'), text(way)]
    if (address === '') {
      missed.push(mask(text('name') || person || unit || `#${index + 1}`))
      continue
    }
    const key = person === '' ? `${way} ${address}` : `person ${person}`
    const known = reached.get(key)
    const units = unit === '' ? [] : [unit]
    if (known === undefined)
      reached.set(key, { key, to: withoutEmpty({ person, name: text('name'), [way]: address }), units })
    else reached.set(key, { ...known, units: [...new Set([...known.units, ...units])] })
  }
  return { reached: [...reached.values()], missed }
}

function withoutEmpty(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}
