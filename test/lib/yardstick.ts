/**
 * How much slower than the machine on which bounds of processor time were set this one is just now, at least 1. A bound
 * is a promise for that machine: a slower processor, or one whose other half is busy, breaks none.
 */
export function slowness(): number {
  let least = Infinity
  for (let tries = 0; tries < 5; tries++) {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return Math.max(1, least / WORK_MS)
}

/** What `work` takes there, milliseconds. */
const WORK_MS = 1.25

const TEXT = JSON.stringify(
  Array.from({ length: 6_000 }, (_, index) => ({ id: index, title: '关于防汛工作的通知 "1"' })),
)

/** What our readers do most: walk over characters, parse, match. */
function work(): void {
  let sum = 0
  for (let at = 0; at < TEXT.length; at++) sum += TEXT.charCodeAt(at) === 0x22 ? 1 : 0
  const parsed = JSON.parse(TEXT) as readonly { readonly title: string }[]
  for (const { title } of parsed) if (/\p{Script=Han}+(?=的通知)/u.test(title)) sum++
  if (sum < parsed.length) throw new Error('the yardstick has not worked')
}
