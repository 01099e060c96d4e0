import express from 'express'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { RetentionDesk } from '../retention/desk.ts'

const MOST_FOUND = 100

export type RetentionQuestions = Pick<RetentionDesk, 'report' | 'run' | 'find' | 'where' | 'verify'>

/** What operators ask of retention, below `/admin/retention`. */
export function retentionRoutes(desk: RetentionQuestions): express.Router {
  const router = express.Router()
  router.get('/', async (request, response) => {
    queryIn(request.url)
    response.json(await desk.report())
  })
  router.post('/run', async (request, response) => {
    queryIn(request.url)
    response.json(await desk.run())
  })
  router.get('/find', async (request, response) => {
    const { q } = queryIn(request.url, 'q')
    if (q === undefined || q === '')
      throw new YizhanError('FIELD_INVALID', { field: 'q', value: '', rule: '必填 / required' })
    response.json(await desk.find(q, MOST_FOUND))
  })
  router.post('/verify', async (request, response) => {
    queryIn(request.url)
    response.json(await desk.verify())
  })
  return router
}
