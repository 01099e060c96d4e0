import type { ClockPlan, ClockStep } from './plan.ts'

/** A step that was carried out: a card that was given, an urge that was sent. */
export interface GivenStep {
  /** of the step; with `#2` and so on where an earlier card of the same name was voided */
  readonly id: string
  /** when it was given, ms since 1970 */
  readonly at: number
  readonly kind: ClockStep['kind']
  readonly voided?: boolean
}

export interface Reconciled {
  /** to be carried out now, in order, each by its id exactly once */
  readonly give: readonly ClockStep[]
  /** cards that are wrong by what is known now: an event says so, and they stay in the record */
  readonly wrong: readonly GivenStep[]
  /** when to look again; undefined where nothing more comes */
  readonly next: number | undefined
}

/**
 * What is to be done about a clock at an instant, by what it should have done and what it did. Carried out and noted in
 * one transaction, it happens once however often this is asked. A card stays, whatever happens later; it is wrong only
 * where it would not have been given by what is known now: a rule, a calendar or an event of the past was corrected.
 *
 * @param since when the rule or the calendar came into force: urges that would have come before are not sent after the
 *   fact
 */
export function reconcile(
  plan: ClockPlan,
  given: readonly GivenStep[],
  now: number,
  since = Number.NEGATIVE_INFINITY,
): Reconciled {
  const planned = new Map(plan.steps.map((step) => [step.id, step]))
  const wrong = given.filter(({ id, at, kind, voided }) => {
    if (voided === true || (kind !== 'yellow' && kind !== 'red')) return false
    const step = planned.get(nameOf(id))
    return step === undefined || step.at > at
  })
  const standing = new Set(
    given.filter((one) => one.voided !== true && !wrong.includes(one)).map(({ id }) => nameOf(id)),
  )
  const voids = new Map<string, number>()
  for (const one of given)
    if (!standing.has(nameOf(one.id))) voids.set(nameOf(one.id), (voids.get(nameOf(one.id)) ?? 0) + 1)
  const open = plan.steps.filter(
    ({ id, at, kind }) => !standing.has(id) && (at >= since || kind === 'yellow' || kind === 'red'),
  )
  const give = open
    .filter(({ at }) => at <= now)
    .map((step) => {
      const turns = voids.get(step.id) ?? 0
      return turns === 0 ? step : { ...step, id: `${step.id}#${turns + 1}` }
    })
  return { give, wrong, next: open.find(({ at }) => at > now)?.at }
}

function nameOf(id: string): string {
  return id.split('#', 1)[0] ?? id
}
