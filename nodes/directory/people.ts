import { ROLES, type Person, type Role } from '../../core/directory/people.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { StationLink } from '../link/hops.ts'

/** Somebody as `sms out` and `mail out` want it in `msg.people`. */
export type Reachable = Pick<Person, 'unit' | 'person' | 'name' | 'phone' | 'mail'>

export interface Asked {
  readonly people: readonly Reachable[]
  /** units for which nobody was found, and why */
  readonly nobody: readonly {
    readonly text: string
    readonly reason: 'nobody'
    readonly candidates: readonly string[]
  }[]
}

/**
 * Ids of units: an id, a list of them, or a list of what has one, such as recipients, or the missing of a collection.
 *
 * @throws YizhanError FIELD_INVALID for anything else
 */
export function unitsIn(value: unknown, field: string): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return [
    ...new Set(
      list.map((entry) => {
        const unit: unknown = typeof entry === 'object' && entry !== null && 'unit' in entry ? entry.unit : entry
        if (typeof unit === 'string' && unit !== '') return unit
        throw new YizhanError('FIELD_INVALID', {
          field,
          value: typeof unit,
          rule: '单位标识，或带 unit 的对象，或其数组 / a unit id, something with a unit, or a list of these',
        })
      }),
    ),
  ]
}

/** Who has replied has seen it. */
const SETTLED: ReadonlySet<string> = new Set(['signed', 'replied', 'returned', 'withdrawn'])

/** The recipients of a document that have neither signed nor answered nor returned it, as the ledger has it now. */
export async function unsignedOf(hops: Pick<StationLink, 'ask'>, document: string): Promise<string[]> {
  const { withdrawn, recipients } = await hops.ask('status', { id: document })
  return withdrawn ? [] : recipients.filter(({ state }) => !SETTLED.has(state)).map(({ unit }) => unit)
}

/**
 * Asks the station who has a role in these units. A unit that has merged counts as answered by the one that took over.
 */
export async function askPeople(
  hops: Pick<StationLink, 'ask' | 'directory'>,
  units: readonly string[],
  role: string | undefined,
  now: number,
): Promise<Asked> {
  if (role !== undefined && role !== '' && !(ROLES as readonly string[]).includes(role))
    throw new YizhanError('FIELD_INVALID', { field: 'role', value: role, rule: ROLES.join(', ') })
  const chosen = role === '' ? undefined : (role as Role | undefined)
  const found =
    units.length === 0 ? [] : await hops.ask('people', { units, ...(chosen === undefined ? {} : { role: chosen }) })
  const served = new Set(found.map(({ unit }) => unit))
  const receiver = (unit: string): string => hops.directory?.receiverOf(unit, now).id ?? unit
  return {
    people: found.map(({ unit, person, name, phone, mail }) => ({
      unit,
      person,
      name,
      ...(phone === undefined ? {} : { phone }),
      ...(mail === undefined ? {} : { mail }),
    })),
    nobody: units
      .filter((unit) => !served.has(unit) && !served.has(receiver(unit)))
      .map((unit) => ({ text: unit, reason: 'nobody', candidates: [] })),
  }
}
