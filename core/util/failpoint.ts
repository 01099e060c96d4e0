/**
 * Named instants at which a test may kill the process, to prove that nothing is lost there.
 * `YIZHAN_FAILPOINT=name` or `name:3` (the third time) kills with SIGKILL; unset, a failpoint costs one comparison.
 */
export const FAILPOINTS = [
  'accept.decoded', 'accept.stored', 'accept.answered',
  'hop.claimed', 'hop.open', 'hop.first-put', 'hop.committed', 'hop.acknowledged',
  'bus.published', 'bus.confirmed',
  'delivery.claimed', 'delivery.sending', 'delivery.sent', 'delivery.booked',
] as const

export type Failpoint = (typeof FAILPOINTS)[number]

const [armed, count = '1'] = (process.env['YIZHAN_FAILPOINT'] ?? '').split(':')
let remaining = Number(count)

/** Dies here if this failpoint is armed. */
export function failpoint(name: Failpoint): void {
  if (name === armed && --remaining <= 0) process.kill(process.pid, 'SIGKILL')
}
