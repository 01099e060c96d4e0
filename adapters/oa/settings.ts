import { z } from 'zod'
import type { SystemConfig } from '../../core/config/schema.ts'

/** What an OA system's entry says beside what adapters share; see docs/systems/oa.md. */
export const oaSettings = z.strictObject({
  fileOrigins: z
    .array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin))
    .default([])
    .meta({
      description:
        'url 之外，可以从哪些源（http://10.1.2.3:8080）取对方以网址给出的文件 / origins (http://10.1.2.3:8080) beside that of url from which files that a system names by address are fetched',
      since: '0.2.0',
    }),
  operations: z
    .record(z.string(), z.string().regex(/^[A-Za-z_]\w{0,63}$/))
    .optional()
    .describe(
      '对方所调用的操作名，与方言通常的不同时 / names of the operations that it calls, where they are not the dialect’s usual ones',
    ),
})

/** Of a system whose configuration was checked. */
export function oaSettingsOf({ settings }: Pick<SystemConfig, 'settings'>): z.infer<typeof oaSettings> {
  return oaSettings.parse(settings)
}
