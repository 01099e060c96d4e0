import { z } from 'zod'

const most = (unit: string, count: number, zh: string, en: string) =>
  z.strictObject({ [unit]: z.int().min(1).max(count).describe(`${zh} / ${en}`) })

/** A length of time as rules write it: `{ days: 60 }`, `{ workingDays: 5 }`, `{ months: 3 }`; exactly one unit. */
export const lengthSchema = z
  .union([
    most('days', 1000, '自然日', 'calendar days'),
    most('workingDays', 500, '工作日', 'working days'),
    most('workingHours', 500, '工作小时', 'working hours'),
    most('hours', 5000, '小时，夜间和假日也算', 'hours, at night and on holidays too'),
    most('months', 60, '月', 'months'),
  ])
  .transform((written): Length => {
    const [[unit, count] = ['days', 0]] = Object.entries(written)
    return { unit: unit as Length['unit'], count }
  })

/** A length of time as a rule counts it. */
export interface Length {
  readonly unit: 'days' | 'workingDays' | 'workingHours' | 'hours' | 'months'
  readonly count: number
}
