/**
 * Urgency (紧急程度), most urgent first. Documents use 特急 and 加急 (GB/T 9704-2012, 7.2.3);
 * telegrams 特提, 特急, 加急 and 平急. The rank (index) orders queues: 0 goes first.
 */
export const URGENCIES = ['flash', 'extra-urgent', 'urgent', 'prompt', 'ordinary'] as const

export type Urgency = (typeof URGENCIES)[number]

/** 0 is the most urgent, 4 ordinary. */
export function urgencyRank(urgency: Urgency): number {
  return URGENCIES.indexOf(urgency)
}
