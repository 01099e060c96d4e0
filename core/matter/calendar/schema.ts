import { z } from 'zod'
import { dayNamed } from './days.ts'

const day = z
  .string()
  .refine((text) => !Number.isNaN(dayNamed(text)), '须为日历上有的日期 YYYY-MM-DD / must be a day YYYY-MM-DD')

const span = z
  .string()
  .regex(
    /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/u,
    '须为 HH:MM-HH:MM，如 08:30-12:00 / must be HH:MM-HH:MM, such as 08:30-12:00',
  )

const monthDay = z
  .string()
  .refine((text) => !Number.isNaN(dayNamed(`2024-${text}`)), '须为月日 MM-DD / must be a month and day, MM-DD')

/** A year's holidays and make-up days (调休): `calendars/<year>.yaml`. */
export const yearSchema = z
  .strictObject({
    year: z.int().min(2000).max(2100).describe('年 / the year, the same as the file’s name'),
    status: z
      .enum(['published', 'provisional'])
      .describe(
        'published：按公布的通知；provisional：暂定，每年十二月起告警 / as published, or provisional and alarmed',
      ),
    source: z.string().min(1).max(300).describe('依据 / the notice'),
    holidays: z
      .array(z.strictObject({ name: z.string().min(1).max(40), from: day, to: day }))
      .max(60)
      .describe('放假的日子，含首尾 / days off, both ends included'),
    makeUp: z.array(day).max(60).describe('调休上班的周末 / days at a weekend on which people work'),
  })
  .meta({ since: '0.2.0' })

const spans = z.array(span).min(1).max(6)

/** Working hours: `calendars/hours.yaml`. */
export const hoursSchema = z
  .strictObject({
    spans: spans.describe('工作时间 / working hours of a working day'),
    seasons: z
      .array(z.strictObject({ from: monthDay, to: monthDay, spans }))
      .max(6)
      .default([])
      .describe('另有工作时间的季节，含首尾，可跨年 / seasons with other hours, both ends included'),
  })
  .meta({ since: '0.2.0' })

export type YearSource = z.output<typeof yearSchema>
export type HoursSource = z.output<typeof hoursSchema>
