import { z } from 'zod'
import type { SystemConfig } from '../../core/config/schema.ts'

/** What a REST OA's entry says beside what adapters share; see docs/systems/rest.md. */
export const restSettings = z.strictObject({
  tokenSeconds: z.number().int().min(60).max(86_400).default(3_600).meta({
    description: '我方发出的令牌多久有效，秒 / how long a token that we give holds, seconds',
    since: '0.2.0',
  }),
  tokenUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        '对方的令牌端点（RFC 6749）；没有则为 url 之下的 /token / their token endpoint; absent: /token below url',
      since: '0.2.0',
    }),
})

export function restSettingsOf({ settings }: Pick<SystemConfig, 'settings'>): z.infer<typeof restSettings> {
  return restSettings.parse(settings)
}
