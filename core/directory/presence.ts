import { YizhanError } from '../errors/error.ts'
import type { Recipient } from '../message/schema.ts'
import type { Days } from './days.ts'
import type { Absence, UnitDirectory } from './port.ts'

/** The absence on a day; undefined where one of the periods covers it. */
export function absenceOn(day: string, periods: readonly Days[]): Absence | undefined {
  if (periods.some(({ from, to }) => (from === undefined || from <= day) && (to === undefined || day <= to)))
    return undefined
  const [lastDay] = periods
    .flatMap(({ to }) => (to !== undefined && to < day ? [to] : []))
    .sort()
    .reverse()
  const [firstDay] = periods.flatMap(({ from }) => (from !== undefined && from > day ? [from] : [])).sort()
  return { ...(lastDay === undefined ? {} : { lastDay }), ...(firstDay === undefined ? {} : { firstDay }) }
}

/**
 * Which recipients receive at an instant. Who is there only by way of a group or phrase and does not is left out:
 * nobody has named it. Whoever was named and does not is told apart.
 */
export function present(
  recipients: readonly Recipient[],
  directory: Pick<UnitDirectory, 'absenceOf'>,
  at: number,
  grouped: ReadonlySet<string>,
): { readonly recipients: Recipient[]; readonly absent: readonly Recipient[] } {
  const absent = recipients.filter(({ unit }) => directory.absenceOf(unit, at) !== undefined)
  return {
    recipients: recipients.filter((recipient) => !absent.includes(recipient)),
    absent: absent.filter(({ unit }) => !grouped.has(unit)),
  }
}

/** The refusal of a recipient that does not receive. */
export function absentError(
  { unit, name }: Recipient,
  directory: Pick<UnitDirectory, 'absenceOf'>,
  at: number,
  field: string,
): YizhanError {
  const { lastDay, firstDay } = directory.absenceOf(unit, at) ?? {}
  const rules = [
    ...(lastDay === undefined
      ? []
      : [`末日 ${lastDay}，无接替单位 / its last day was ${lastDay}, and nobody took over`]),
    ...(firstDay === undefined ? [] : [`${firstDay} 起收文 / receives from ${firstDay} on`]),
  ]
  return new YizhanError('UNIT_ABSENT', { field, value: name, rule: rules.join('；') })
}
