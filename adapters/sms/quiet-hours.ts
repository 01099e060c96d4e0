import { z } from 'zod'
import { SHANGHAI_MS } from '../../core/util/shanghai.ts'

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)

const windowSchema = z.strictObject({
  from: clock.describe('从几点几分（含） / from, included'),
  to: clock.describe(
    '到几点几分（不含）；22:00 到 07:00 跨过半夜；与 from 相同即一整天 / to, excluded; 22:00 to 07:00 passes midnight; the same as from: a whole day',
  ),
  days: z
    .array(z.number().int().min(1).max(7))
    .min(1)
    .optional()
    .describe(
      '哪几天开始：1 周一 … 7 周日；没有则每天 / days on which it begins: 1 Monday … 7 Sunday; absent: every day',
    ),
})
type Window = z.infer<typeof windowSchema>

/** When phones are left in peace, by the clock of Asia/Shanghai. */
export const quietHoursSchema = z
  .strictObject({
    windows: z
      .array(windowSchema)
      .default([])
      .refine(
        (windows) => firstFree(windows, 0) !== undefined,
        '时段不得占满一周 / the windows must leave some time in the week',
      )
      .describe('时段，北京时间 / windows, by the clock of Asia/Shanghai'),
    urgentPass: z.boolean().default(true).describe('紧急的随时可发 / urgent texts are sent at any time'),
  })
  .prefault({})
export type QuietHours = z.infer<typeof quietHoursSchema>

const MINUTE = 60_000
const DAY = 24 * 60
const WEEK = 7 * DAY
/** China has one time zone, and no summer time since 1992. */
/** 1970-01-01 was a Thursday; minutes of the week count from Monday 00:00. */
const EPOCH = 3 * DAY

/**
 * When a text may be sent.
 *
 * @param at ms since 1970
 * @returns `at` itself when it may be sent now, else the end of the quiet hours (ms since 1970)
 */
export function mayBeSentAt(config: QuietHours, at: number, urgent: boolean): number {
  if (urgent && config.urgentPass) return at
  const minute = Math.floor((at + SHANGHAI_MS) / MINUTE)
  const free = firstFree(config.windows, mod(minute + EPOCH, WEEK))
  if (free === undefined) throw new Error('quiet hours that never end pass no check of the configuration')
  return free === 0 ? at : (minute + free) * MINUTE - SHANGHAI_MS
}

/** Minutes from this minute of the week to the first that is in no window; undefined if there is none. */
function firstFree(windows: readonly Window[], start: number): number | undefined {
  const quiet = windows.flatMap(spans)
  let waited = 0
  while (waited <= WEEK) {
    const now = (start + waited) % WEEK
    // A span may begin in one week and end in the next.
    const inside = quiet.find(({ from, minutes }) => mod(now - from, WEEK) < minutes)
    if (inside === undefined) return waited
    waited += inside.minutes - mod(now - inside.from, WEEK)
  }
  return undefined
}

function spans({ from, to, days }: Window): { from: number; minutes: number }[] {
  const begin = minuteOf(from)
  const minutes = mod(minuteOf(to) - begin, DAY) || DAY
  return (days ?? [1, 2, 3, 4, 5, 6, 7]).map((day) => ({ from: (day - 1) * DAY + begin, minutes }))
}

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by
}
