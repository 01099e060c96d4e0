import { z } from 'zod'
import type { Adapter, House, HttpMount } from '../../core/adapter/port.ts'
import type { NoticeRules } from '../../core/config/load.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Message } from '../../core/message/schema.ts'
import { SmsCentre } from './centre.ts'
import { ReportDesk } from './report-desk.ts'
import { smsSchema } from './config.ts'
import { KeptReports } from './kept-reports.ts'
import { KeptParts } from './long/kept-parts.ts'
import { ReplyDesk } from './reply-desk.ts'
import { checkLength, lengthRule, mostCharacters } from './text/length.ts'
import { mayBeSentAt, quietHoursSchema, type QuietHours } from './quiet-hours.ts'

const settingsSchema = z.strictObject({
  centre: smsSchema,
  quietHours: quietHoursSchema,
  /** 签名, put before every text: carriers ask for one */
  signature: z
    .string()
    .regex(/^【[^【】]{2,12}】$/, { error: '【二至十二字】 / 2–12 characters in 【】' })
    .optional(),
})

/** What an SMS system's configuration must be; see docs/systems/sms.md. */
export const smsRules = {
  settings: settingsSchema,
  secrets: (system: SystemConfig): readonly string[] => {
    const centre = settingsSchema.safeParse(system.settings).data?.centre
    return centre?.kind === 'http' ? [`${system.id}.password`, `${system.id}.push`] : [`${system.id}.password`]
  },
  notices: (system: SystemConfig): NoticeRules | undefined => {
    const settings = settingsSchema.safeParse(system.settings).data
    if (settings === undefined) return undefined
    const { centre, signature = '' } = settings
    return {
      most: mostCharacters(centre) - signature.length,
      rule: lengthRule(centre),
      check: (text) => checkLength(centre, signature + text),
    }
  },
}

/** Notices (提醒) as SMS; status reports and replies come in by the same way. */
export function createSmsAdapter(house: House): Adapter {
  const centres = new Map<string, SmsCentre>()
  const desks = new Map<string, ReportDesk>()
  const replies = new Map<string, ReplyDesk>()
  const deskOf = (system: string): ReportDesk => {
    const desk = desks.get(system) ?? new ReportDesk(house, system, new KeptReports(house.folder(system)))
    desks.set(system, desk)
    return desk
  }
  const repliesOf = (system: string): ReplyDesk => {
    let desk = replies.get(system)
    if (desk === undefined) {
      desk = new ReplyDesk(house, system, new KeptParts(house.folder(system)))
      replies.set(system, desk)
      desk.open()
    }
    return desk
  }
  return {
    name: 'sms',
    // One prefix for all centres that call us: which they are may change without a restart.
    mounts: [
      {
        prefix: '/sms',
        handle: (request, response) => {
          const mount = mountFor(
            [...centres.values()].flatMap((centre) => centre.mounts),
            request.url ?? '',
          )
          if (mount !== undefined) mount.handle(request, response)
          else response.writeHead(404).end()
        },
      },
    ],
    sender(system) {
      const { centre: config, signature, quietHours } = settingsSchema.parse(system.settings)
      const centre = new SmsCentre(house, system, config, deskOf(system.id), repliesOf(system.id), signature)
      centres.set(system.id, centre)
      return {
        send: (outbound, signal) => centre.send(outbound, signal),
        notBefore: (message, now) => quietUntil(quietHours, message, now),
        close: () => centre.close(),
      }
    },
    start: () => undefined,
    async close() {
      for (const desk of desks.values()) desk.close()
      await Promise.all([...replies.values()].map((desk) => desk.close()))
    },
  }
}

function quietUntil(quietHours: QuietHours, message: Message, now: number): number | undefined {
  const at = mayBeSentAt(quietHours, now, message.urgency !== 'ordinary')
  return at > now ? at : undefined
}

function mountFor(mounts: readonly HttpMount[], url: string): HttpMount | undefined {
  const [path = ''] = url.split('?', 1)
  return mounts.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
}
