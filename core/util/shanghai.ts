/** Asia/Shanghai: UTC+8, without daylight saving time since 1991. */
export const SHANGHAI_MS = 8 * 3_600_000

/** The day that a calendar in Shanghai shows at an instant: YYYY-MM-DD. */
export function shanghaiDay(at: number): string {
  return isoOf(at).slice(0, 10)
}

/** Day and time of day there: `YYYY-MM-DD HH:mm:ss`. */
export function shanghaiTime(at: number): string {
  return isoOf(at).slice(0, 19).replace('T', ' ')
}

/** The same as digits alone: `YYYYMMDDHHmmss`. */
export function shanghaiDigits(at: number): string {
  return isoOf(at).replace(/\D/g, '').slice(0, 14)
}

function isoOf(at: number): string {
  return new Date(at + SHANGHAI_MS).toISOString()
}
