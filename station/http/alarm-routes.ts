import { z } from 'zod'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { AlarmWatch } from '../alarm/watch.ts'
import { bodyOf, jsonBody } from './body.ts'
import type { Gate } from './gate.ts'
import { GuardedRoutes } from './routes.ts'

const acknowledgeSchema = z.strictObject({
  id: z.string().min(1).max(300),
  /** who acts; told by the person's own login, where there are people */
  actor: z.string().min(1).max(100).optional(),
  note: z.string().min(1).max(500).optional(),
})

/** What is on, and saying that one has it in hand. */
export function alarmRoutes(gate: Gate, alarms: Pick<AlarmWatch, 'list' | 'acknowledge'>): GuardedRoutes {
  const routes = new GuardedRoutes(gate)
  routes.get('/api/v1/alarms', 'look', (request, response) => {
    const { all } = queryIn(request.url, 'all')
    if (all !== undefined && all !== 'true')
      throw new YizhanError('FIELD_INVALID', { field: 'all', value: all, rule: 'true' })
    response.json({ alarms: alarms.list(all === 'true') })
  })
  routes.post('/api/v1/alarms/acknowledge', 'act', jsonBody('16kb'), async (request, response) => {
    const { id, actor, note } = bodyOf(acknowledgeSchema, request)
    response.json(await alarms.acknowledge(id, gate.actorOf(request, actor), note))
  })
  return routes
}
