import type { Request } from 'express'
import { z } from 'zod'
import { queryIn } from '../../adapters/kit/http/query.ts'
import type { PetitionDecision } from '../../core/door/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { anchorSchema, MOST_ANCHORS } from '../../core/ledger/anchor.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import { masked } from '../masking.ts'
import type { ContentReader, Operations } from '../operations.ts'
import { bodyOf, jsonBody } from './body.ts'
import type { Gate } from './gate.ts'
import { retentionRoutes, type RetentionQuestions } from './retention-pages.ts'
import { GuardedRoutes } from './routes.ts'

const required = z.string().min(1, '必填 / required')
/** who acts; told by the person's own login, where there are people */
const actor = required.max(100).optional()
const replaySchema = z.strictObject({
  id: required,
  actor,
  /** what an operator has repaired: a whole message */
  message: z.unknown().optional(),
})
const unsubscribeSchema = z.strictObject({ name: required, actor })
const dropSchema = z.strictObject({ id: required, actor, reason: required })

const names = z.array(z.string().min(1).max(200)).max(200)
const decisionSchema = z.strictObject({
  petition: required,
  by: actor,
  accused: names,
  to: names,
  note: z.string().min(1).max(2000).optional(),
})

const paperSchema = z.strictObject({ id: required, actor, note: required.max(500).optional() })

/** As many anchors as a command line sends: of a chain the last one vouches for all before it. */
const verifySchema = z.strictObject({ anchors: z.array(anchorSchema).max(MOST_ANCHORS).default([]) })
const actorSchema = z.strictObject({ actor })

export interface AdminParts {
  readonly operations: Operations
  readonly retention: RetentionQuestions
  /** what `/admin/health` says beside readiness */
  readonly health: () => Readonly<Record<string, unknown>>
  readonly ready: () => { readonly ready: boolean; readonly waitingFor: readonly string[] }
  readonly gate: Gate
}

/** What operators ask and do under `/admin`: each route says whose it is. */
export function adminRoutes({ operations, retention, health, ready, gate }: AdminParts): GuardedRoutes {
  const routes = new GuardedRoutes(gate)
  const read = jsonBody('8mb')
  const text = (value: unknown, field: string): string => {
    if (typeof value !== 'string' || value === '')
      throw new YizhanError('FIELD_INVALID', { field, value: '', rule: '必填 / required' })
    return value
  }
  /** who reads, and whether the whole: that takes more than looking */
  const readingOf = (
    request: Request,
    { actor, whole }: { readonly actor?: string; readonly whole?: string },
  ): ContentReader => {
    if (whole !== undefined && whole !== 'true')
      throw new YizhanError('FIELD_INVALID', { field: 'whole', value: whole, rule: 'true' })
    if (whole !== undefined) gate.require(request, 'act')
    return { actor: gate.actorOf(request, actor), whole: whole === 'true' }
  }
  /** who acts, whatever the body says of it */
  const acted = <Body extends { readonly actor?: string | undefined }>(request: Request, body: Body) => ({
    ...body,
    actor: gate.actorOf(request, body.actor),
  })
  const decision = (request: Request): PetitionDecision => {
    const { by, ...rest } = bodyOf(decisionSchema, request)
    return { ...rest, by: gate.actorOf(request, by) }
  }
  const optional = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined
  routes.get('/admin/health', 'look', (request, response) => {
    queryIn(request.url)
    response.json({ ...ready(), ...health() })
  })
  routes.get('/admin/where', 'look', async (request, response) => {
    const { q, ...reading } = queryIn(request.url, 'q', 'actor', 'whole')
    const asked = { text: text(q, 'q'), ...readingOf(request, reading) }
    const found = await operations.where(asked)
    response.json(found.length > 0 ? found : await retention.where(asked))
  })
  routes.get('/admin/clock', 'look', (request, response) => {
    queryIn(request.url)
    response.json(operations.clock())
  })
  routes.get('/admin/secrets', 'look', (request, response) => {
    queryIn(request.url)
    response.json(operations.secretsState())
  })
  routes.post('/admin/clock/accept', 'act', read, (request, response) => {
    response.json(operations.acceptClock(acted(request, bodyOf(actorSchema, request))))
  })
  routes.get('/admin/backlog', 'look', async (request, response) => {
    queryIn(request.url)
    response.json(await operations.backlog())
  })
  routes.post('/admin/audit/verify', 'verify', read, async (request, response) => {
    queryIn(request.url)
    const { anchors } = request.body === undefined ? { anchors: [] } : bodyOf(verifySchema, request)
    response.json(await operations.verifyAudit(anchors))
  })
  routes.get('/admin/dead-letters', 'look', async (request, response) => {
    const { max, after, system, subscription } = queryIn(request.url, 'max', 'after', 'system', 'subscription')
    const letters = await operations.deadLetters({
      max: most(max),
      after: optional(after),
      system: optional(system),
      subscription: optional(subscription),
    })
    response.json(letters.map((letter) => ({ ...letter, message: masked(letter.message) })))
  })
  routes.get('/admin/dead-letters/show', 'look', async (request, response) => {
    const { id, ...reading } = queryIn(request.url, 'id', 'actor', 'whole')
    response.json(await operations.deadLetter({ id: text(id, 'id'), ...readingOf(request, reading) }))
  })
  routes.post('/admin/dead-letters/replay', 'act', read, async (request, response) => {
    const { message, ...replay } = acted(request, bodyOf(replaySchema, request))
    response.json(
      await operations.replay({
        ...replay,
        ...(message === undefined ? {} : { message: wholeMessage(message, 'message') }),
      }),
    )
  })
  routes.get('/admin/petitions', 'look', async (request, response) => {
    response.json(await operations.pendingPetitions(most(queryIn(request.url, 'max')['max'])))
  })
  routes.get('/admin/petitions/show', 'act', async (request, response) => {
    const { id, actor } = queryIn(request.url, 'id', 'actor')
    response.json(await operations.petition(text(id, 'id'), gate.actorOf(request, actor)))
  })
  routes.post('/admin/petitions/decide', 'act', read, async (request, response) => {
    response.json(await operations.decide(decision(request)))
  })
  routes.post('/admin/dead-letters/drop', 'act', read, async (request, response) => {
    response.json(await operations.drop(acted(request, bodyOf(dropSchema, request))))
  })
  routes.get('/admin/paper', 'look', async (request, response) => {
    const { max, after } = queryIn(request.url, 'max', 'after')
    const items = await operations.paper({ max: most(max), after: optional(after) })
    response.json(items.map((item) => ({ ...item, message: masked(item.message) })))
  })
  routes.post('/admin/paper/sent', 'act', read, async (request, response) => {
    response.json(await operations.sentOnPaper(acted(request, bodyOf(paperSchema, request))))
  })
  routes.get('/admin/held', 'look', async (request, response) => {
    queryIn(request.url)
    response.json(await operations.held())
  })
  routes.get('/admin/held/show', 'act', async (request, response) => {
    const { id, actor } = queryIn(request.url, 'id', 'actor')
    const { draft, ...item } = await operations.heldDraft(text(id, 'id'), gate.actorOf(request, actor))
    const files = draft.files?.map(({ name, bytes }) => ({ name, size: bytes.length }))
    response.json({ ...item, raw: undefined, draft: { ...draft, files } })
  })
  routes.post('/admin/held/release', 'act', read, async (request, response) => {
    const { id, actor, reason } = acted(request, bodyOf(dropSchema, request))
    response.json(await operations.release(id, actor, reason))
  })
  routes.post('/admin/held/refuse', 'act', read, async (request, response) => {
    const { id, actor, reason } = acted(request, bodyOf(dropSchema, request))
    response.json(await operations.refuse(id, actor, reason))
  })
  routes.get('/admin/unread', 'look', async (request, response) => {
    response.json(await operations.unread(most(queryIn(request.url, 'max')['max'])))
  })
  routes.get('/admin/subscriptions', 'look', async (request, response) => {
    queryIn(request.url)
    response.json(await operations.subscriptions())
  })
  routes.post('/admin/subscriptions/drop', 'configure', read, async (request, response) => {
    response.json(await operations.dropSubscription(acted(request, bodyOf(unsubscribeSchema, request))))
  })
  retentionRoutes(routes, retention)
  return routes
}

function most(given: unknown): number {
  const max = given === undefined ? 100 : Number(given)
  if (Number.isInteger(max) && max >= 1) return Math.min(max, 1000)
  throw new YizhanError('FIELD_INVALID', {
    field: 'max',
    value: String(given),
    rule: '1–1000 的整数 / an integer from 1 to 1000',
  })
}
