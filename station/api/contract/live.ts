import { z } from 'zod'
import { endpoint, type ViewOf } from './endpoint.ts'
import { attentionSchema, cityMapSchema, systemRowSchema } from './overview.ts'
import { instant } from './shared.ts'
import { taskSchema } from './tasks.ts'

/** What a stream of server-sent events brings: the event's name and its data. */
export const LIVE_EVENTS = {
  /** rows that have changed */
  systems: z.strictObject({ at: instant, systems: z.array(systemRowSchema) }),
  attention: z.strictObject({ at: instant, attention: attentionSchema }),
  map: z.strictObject({ at: instant, map: cityMapSchema }),
  /** stories of which something was booked: who shows one asks for it again; `more`: others too, that are not named */
  changed: z.strictObject({ at: instant, traces: z.array(z.string()).max(200), more: z.boolean() }),
  /** long work that goes on or has ended */
  task: z.strictObject({ at: instant, task: taskSchema }),
  /** something was missed: everything is to be asked for again */
  reset: z.strictObject({ at: instant }),
} as const
export type LiveEvent = {
  [Name in keyof typeof LIVE_EVENTS]: { readonly event: Name; readonly data: ViewOf<(typeof LIVE_EVENTS)[Name]> }
}[keyof typeof LIVE_EVENTS]

const liveEventSchema = z
  .union(
    (Object.keys(LIVE_EVENTS) as (keyof typeof LIVE_EVENTS)[]).map((name) =>
      z.strictObject({ event: z.literal(name), data: LIVE_EVENTS[name] }),
    ),
  )
  .meta({ id: 'LiveEvent', title: '一个 server-sent event：event 与 data（JSON）' })

export const LIVE_ENDPOINTS = {
  live: endpoint({
    id: 'live',
    method: 'GET',
    path: '/api/v1/live',
    right: 'look',
    tag: 'live',
    summary:
      '变化的流（server-sent events），断后以 Last-Event-ID 接续 / a stream of changes; goes on behind Last-Event-ID',
    answer: liveEventSchema,
    media: ['text/event-stream'],
  }),
} as const
