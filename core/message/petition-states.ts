/**
 * States of a petition (DOMAIN: 登记 → 转送、交办或直接受理 → 办理 → 答复 → 复查、复核 → 办结) and what the citizen
 * reads.
 */
export const PETITION_STATES = {
  registered: '已登记',
  forwarded: '已转送',
  assigned: '已交办',
  accepted: '已受理',
  declined: '不予受理',
  'closed-earlier': '不再受理',
  handling: '办理中',
  extended: '延期办理',
  replied: '已答复',
  reviewed: '已复查',
  rechecked: '已复核',
  closed: '已办结',
} as const
export type PetitionState = keyof typeof PETITION_STATES

/** What a unit may call the result of its answer: the states that an answer brings about. */
export const PETITION_RESULTS: readonly string[] = Object.entries(PETITION_STATES)
  .filter(([state]) => !['registered', 'forwarded', 'assigned'].includes(state))
  .map(([, name]) => name)
