import type { RequestHandler } from 'express'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { maskText } from '../../core/events/mask.ts'
import { queryIn } from '../kit/http/query.ts'
import { answerJson, type PortalOptions } from './context.ts'
import { checkedFields } from './rules.ts'
import { wirePublication } from './wire.ts'

/** What `next` looks like (`Shelf.page`). */
const CURSOR = /^\d{1,15}$/

/** Parameters of the list. */
export const pageQuerySchema = z.strictObject({
  after: z
    .string()
    .regex(CURSOR, '上一次答复中的 next / `next` of the last answer')
    .optional()
    .describe('上一次答复中的 next `next` of the last answer; absent: from the beginning'),
  limit: z.coerce.number<string>().int().min(1).max(500).optional().describe('至多几条 at most so many'),
})

/** `GET /portal/publications`: the files of a list come without their bytes. */
export function publicationsHandler({ config, house, files }: PortalOptions): RequestHandler {
  const form = config.files === 'link' ? 'link' : 'names'
  return async (request, response) => {
    const { after, limit = config.pageSize } = checkedFields(pageQuerySchema, request.query)
    const page = await house.publications(after, Math.min(limit, config.pageSize))
    const publications = await Promise.all(page.publications.map((one) => wirePublication(one, form, files)))
    answerJson(response, 200, { publications, next: page.next })
  }
}

/** `GET /portal/publications/{id}`; a withdrawn one is answered as withdrawn, so that portals can follow. */
export function publicationHandler({ config, house, files }: PortalOptions): RequestHandler<{ id: string }> {
  return async (request, response) => {
    queryIn(request.url)
    const { id } = request.params
    const publication = id.length > 200 ? undefined : await house.publication(id)
    if (publication === undefined)
      throw new YizhanError('PUBLICATION_UNKNOWN', { field: 'id', value: maskText(id.slice(0, 80)) })
    answerJson(response, 200, await wirePublication(publication, config.files, files))
  }
}
