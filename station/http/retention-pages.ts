import { queryIn } from '../../adapters/kit/http/query.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { RetentionDesk } from '../retention/desk.ts'
import type { GuardedRoutes } from './routes.ts'

const MOST_FOUND = 100

export type RetentionQuestions = Pick<RetentionDesk, 'report' | 'run' | 'find' | 'where' | 'verify'>

/** What operators ask of retention, below `/admin/retention`. */
export function retentionRoutes(routes: GuardedRoutes, desk: RetentionQuestions): void {
  routes.get('/admin/retention', 'look', async (request, response) => {
    queryIn(request.url)
    response.json(await desk.report())
  })
  routes.post('/admin/retention/run', 'configure', async (request, response) => {
    queryIn(request.url)
    response.json(await desk.run())
  })
  routes.get('/admin/retention/find', 'look', async (request, response) => {
    const { q } = queryIn(request.url, 'q')
    if (q === undefined || q === '')
      throw new YizhanError('FIELD_INVALID', { field: 'q', value: '', rule: '必填 / required' })
    response.json(await desk.find(q, MOST_FOUND))
  })
  routes.post('/admin/retention/verify', 'look', async (request, response) => {
    queryIn(request.url)
    response.json(await desk.verify())
  })
}
