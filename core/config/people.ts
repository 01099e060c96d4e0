import { z } from 'zod'

const said = (description: string): { readonly description: string; readonly since: string } => ({
  description,
  since: '0.2.0',
})

/** `people:` of station.yaml: what people's logins must be; the people themselves are no configuration. */
export const peopleSchema = z
  .strictObject({
    minLength: z
      .number()
      .int()
      .min(8)
      .max(128)
      .default(10)
      .meta(said('口令至少几个字符 / a password’s length, characters')),
    classes: z
      .number()
      .int()
      .min(1)
      .max(4)
      .default(3)
      .meta(
        said(
          '大写、小写、数字、其他字符中至少几种 / of capitals, small letters, digits and other characters so many kinds',
        ),
      ),
    history: z
      .number()
      .int()
      .min(0)
      .max(24)
      .default(5)
      .meta(said('最近几次用过的口令不得再用 / so many passwords before it may not come back')),
    maxAgeDays: z
      .number()
      .int()
      .min(0)
      .default(90)
      .meta(said('几天后须改；0 为永不 / after so many days it must be changed; 0: never')),
    oneTimeHours: z
      .number()
      .positive()
      .default(72)
      .meta(said('一次性口令几小时内有效 / a one-time password is good for so long, hours')),
    idleMinutes: z
      .number()
      .positive()
      .default(30)
      .meta(said('几分钟不动即须重新登录 / whoever does nothing for so long logs in again, minutes')),
    sessionHours: z
      .number()
      .positive()
      .default(12)
      .meta(said('登录后至多几小时 / everybody logs in again after so long, hours')),
    rolesTogether: z
      .boolean()
      .default(false)
      .meta(
        said(
          '人手不足的小站：一人可兼“管”“办”与“审”；每次启动、每有一人都写入审计 / a small station without three people: one person may hold 管 or 办 together with 审; told in the audit at each start and with each such person',
        ),
      ),
  })
  .prefault({})
export type PeopleConfig = z.infer<typeof peopleSchema>
