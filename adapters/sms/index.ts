import type { Adapter, House, HttpMount } from '../../core/adapter/port.ts'
import type { Message } from '../../core/message/schema.ts'
import { SmsCentre } from './centre.ts'
import { ReportDesk } from './report-desk.ts'
import { KeptReports } from './kept-reports.ts'
import { KeptParts } from './long/kept-parts.ts'
import { ReplyDesk } from './reply-desk.ts'
import { mayBeSentAt, type QuietHours } from './quiet-hours.ts'
import { smsSettings } from './settings.ts'

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
      const { centre: config, signature, quietHours } = smsSettings.parse(system.settings)
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
