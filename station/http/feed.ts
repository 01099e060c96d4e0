import { Router, type Request, type RequestHandler, type Response } from 'express'
import { challenge, readCredentials } from '../../adapters/kit/http/credentials.ts'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { certificateOf, sourceOf } from '../../adapters/kit/http/source.ts'
import type { House } from '../../core/adapter/port.ts'
import type { Account } from '../../core/door/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { asyncApiDocument, type AsyncApiPlace } from '../../core/feed/asyncapi.ts'
import { readFor, shownToOthers } from '../../core/feed/reading.ts'
import type { Message } from '../../core/message/schema.ts'
import { sameSecret } from '../../core/util/same-secret.ts'
import { feedPage } from './feed-page.ts'
import { PAGE_POLICY } from './page.ts'

/**
 * What the public feed points to: `GET /feed/messages/<id>` and `GET /feed/messages/<id>/files/<sha256>` for accounts
 * that may see the message (HTTP Basic); the feed's description as AsyncAPI 3 at `/asyncapi.json`, and for people at
 * `/feed`, which tell where the broker is to whoever logs in.
 */
export function feedRoutes(house: House, place: () => AsyncApiPlace): Router {
  const router = Router()
  const { clock, door, emit } = house

  const authenticate = (request: Request): Account => {
    const source = sourceOf(request)
    let name: string | undefined
    const shown = certificateOf(request)
    try {
      const certified = shown === undefined ? undefined : door.certified(shown, source)
      if (certified !== undefined) return certified
      const credentials = readCredentials(request.headers.authorization)
      if (credentials.scheme !== 'basic')
        throw new YizhanError('UNAUTHENTICATED', { field: 'Authorization', rule: 'Basic' })
      const { password } = credentials
      name = credentials.name
      const system = house.city().accounts.find(({ id }) => id === credentials.name)?.system ?? ''
      return door.authenticate(system, name, (secret) => sameSecret(password, secret), source)
    } catch (thrown) {
      if (thrown instanceof YizhanError && (thrown.code === 'UNAUTHENTICATED' || thrown.code === 'ACCOUNT_WAITS'))
        house.rejections.note(
          {
            code: 'account.rejected',
            at: clock.now(),
            source,
            actor: (name ?? shown?.subject)?.slice(0, 64),
            error: thrown.code,
            detail: thrown.facts.rule,
          },
          (name ?? shown) !== undefined,
        )
      throw thrown
    }
  }

  const loggedIn = (request: Request, response: Response): Account => {
    response.set('WWW-Authenticate', challenge('yizhan-feed'))
    return authenticate(request)
  }

  /** What a caller may know of the feed. A login that is wrong is refused, not passed over. */
  const placeFor = (request: Request, response: Response): AsyncApiPlace => {
    response.set({ Vary: 'Authorization', 'Cache-Control': 'no-store' })
    if (request.headers.authorization === undefined) return { ...place(), broker: 'untold' }
    loggedIn(request, response)
    response.removeHeader('WWW-Authenticate')
    return place()
  }

  const fetched = async (request: Request, response: Response): Promise<Message> => {
    const account = loggedIn(request, response)
    queryIn(request.url)
    const message = await readFor(house, account, String(request.params['id']))
    response.removeHeader('WWW-Authenticate')
    emit.emit({
      code: 'feed.read',
      at: clock.now(),
      message: message.id,
      kind: message.kind,
      trace: message.trace,
      actor: account.id,
    })
    return message
  }

  const messageHandler: RequestHandler = async (request, response) => {
    const message = await fetched(request, response)
    const base = `${place().publicUrl}/feed/messages/${encodeURIComponent(message.id)}/files`
    const files = message.files.map((file) => ({ ...file, link: `${base}/${file.digest.slice('sha256:'.length)}` }))
    secure(response).json({ ...shownToOthers(message), files })
  }

  const fileHandler: RequestHandler = async (request, response) => {
    const message = await fetched(request, response)
    const digest = `sha256:${String(request.params['digest'])}`
    const file = message.files.find((one) => one.digest === digest)
    if (file === undefined) throw new YizhanError('NOT_FOUND', { field: 'file', value: digest.slice(0, 80) })
    secure(response)
      .type(file.mediaType)
      .set('Content-Disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
      .send(await house.content.read(digest))
  }

  router.get('/feed/messages/:id', messageHandler)
  router.get('/feed/messages/:id/files/:digest', fileHandler)
  router.get('/asyncapi.json', (request, response) => {
    queryIn(request.url)
    response.json(asyncApiDocument(placeFor(request, response)))
  })
  router.get('/feed', (request, response) => {
    queryIn(request.url)
    const page = feedPage(placeFor(request, response))
    response.set('Content-Security-Policy', PAGE_POLICY).type('html').send(page)
  })
  return router
}

/** For nobody's cache, and for no browser to take for anything else. */
function secure(response: Response): Response {
  return response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
  })
}
