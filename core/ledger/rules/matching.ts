import type { SubscriptionFilter } from '../port.ts'
import type { RouteFacts } from '../stored.ts'

/** Kinds whose own deliveries make outcomes only where a subscription asks for them by name; see `matches`. */
const NAMED_ONLY: readonly (string | undefined)[] = ['outcome', 'dead-letter']

/**
 * Every given list must contain the message's value. What became of the delivery of an outcome or dead letter goes only
 * to filters that name these kinds: otherwise a flow that sends each outcome on would feed itself for ever.
 */
export function matches(filter: SubscriptionFilter, facts: RouteFacts): boolean {
  if (filter.source !== facts.source) return false
  if (filter.messageKinds === undefined && NAMED_ONLY.includes(facts.messageKind)) return false
  return (
    within(filter.systems, facts.system) &&
    within(filter.kinds, facts.kind) &&
    within(filter.began, facts.began) &&
    within(filter.directions, facts.direction) &&
    within(filter.states, facts.state) &&
    within(filter.messageKinds, facts.messageKind) &&
    (filter.channel === undefined || filter.channel === facts.channel)
  )
}

function within(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value))
}
