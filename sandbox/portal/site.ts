import { createServer, type Server } from 'node:http'
import { randomUUID } from 'node:crypto'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { ZodError } from 'zod'
import { asset } from '../files/project.ts'
import { listen } from '../net/ports.ts'
import { guard } from '../page/guard.ts'
import { itemOf, signedKey } from './callback.ts'
import { CHOICES } from './choices.ts'
import { citizenForm, StationClient, type CitizenForm, type SubmitOutcome, type StationAccess } from './client.ts'
import type { PortalKept } from './item.ts'
import { PortalStore } from './store.ts'

/**
 * How the portal takes call-backs: `silent` reads and says nothing, `mute` keeps the item and says nothing, `garbage`
 * answers with a page, `busy` asks to come again (503), `refuse` will not have it (422).
 */
export const PORTAL_MOODS = ['well', 'silent', 'mute', 'garbage', 'busy', 'refuse'] as const
export type PortalMood = (typeof PORTAL_MOODS)[number]

export interface PortalSiteOptions extends StationAccess {
  /** `DIR/portal`, where it writes what it received */
  readonly folder: string
  readonly memory: string
  /** shared with the station, for the signatures of call-backs */
  readonly callbackSecret: string
}

/** The city's web portal in miniature, a site of its own on a loopback port. */
export class PortalSite {
  mood: PortalMood = 'well'
  readonly store: PortalStore
  readonly #client: StationClient
  readonly #secret: string
  #server: Server | undefined
  #port = 0

  constructor(options: PortalSiteOptions) {
    this.store = new PortalStore(options.folder, options.memory)
    this.#client = new StationClient(options)
    this.#secret = options.callbackSecret
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get callbackUrl(): string {
    return `${this.url}/callback`
  }

  get on(): boolean {
    return this.#server !== undefined
  }

  /** Listens, on the same port each time; 0 finds one the first time. */
  async switchOn(port = this.#port): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer(this.#app())
    this.#port = await listen(server, port)
    this.#server = server
  }

  /** Gone at once, requests under way included, as when somebody pulls the plug. */
  async switchOff(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  async close(): Promise<void> {
    await this.switchOff()
    await this.store.close()
  }

  /** A citizen files a petition. @param externalId the same again for another try of the same form */
  async file(
    form: CitizenForm,
    externalId: string = randomUUID(),
  ): Promise<SubmitOutcome & { readonly externalId: string }> {
    const outcome = await this.#client.file(externalId, form)
    if (outcome.status === 'acknowledged')
      await this.store.remember({
        externalId,
        title: form.title,
        acceptance: outcome.id,
        queryCode: outcome.queryCode,
        at: new Date().toISOString(),
      })
    return { ...outcome, externalId }
  }

  /**
   * What a citizen sees under a query code: the station's answer, and what it told since by call-back; undefined where
   * there is none.
   */
  async query(
    queryCode: string,
  ): Promise<{ readonly petition: unknown; readonly told: readonly PortalKept[] } | undefined> {
    const petition = await this.#client.query(queryCode)
    if (petition === undefined) return undefined
    const plain = (code: string): string => code.replaceAll('-', '').toUpperCase()
    return {
      petition,
      told: this.store
        .items('petitions')
        .filter((item) => plain(item.about?.queryCode ?? '') === plain(queryCode.trim())),
    }
  }

  /** Publications as they stand, the newest first: the highest revision of each, and how many there were. */
  publications(): readonly {
    readonly current: PortalKept
    readonly revisions: number
    readonly earlier: readonly string[]
  }[] {
    const byId = new Map<string, PortalKept[]>()
    for (const item of this.store.items('publications')) {
      const id = item.publication?.id ?? ''
      byId.set(id, [...(byId.get(id) ?? []), item])
    }
    return [...byId.values()]
      .map((items) => items.toSorted((a, b) => (b.publication?.revision ?? 0) - (a.publication?.revision ?? 0)))
      .flatMap((items) => {
        const [current, ...earlier] = items
        return current === undefined
          ? []
          : [{ current, revisions: items.length, earlier: earlier.map((item) => item.title ?? '') }]
      })
      .toSorted((a, b) => b.current.sequence - a.current.sequence)
  }

  #app(): express.Express {
    const app = express()
    app.disable('x-powered-by')
    const raw = express.raw({ type: () => true, limit: '16mb' })
    app.post('/callback', raw, this.#take())
    app.get('/callback/:key', this.#tell())
    // The sandbox's page, on another loopback port, shows it in a frame.
    app.use(guard(() => this.#port, { ancestors: 'http://127.0.0.1:*' }))
    app.use(express.static(asset('portal', 'public'), { etag: false, lastModified: false }))
    for (const shared of ['theme.css', 'dom.js', 'icon.svg'])
      app.get(`/${shared}`, (_request, response) => response.sendFile(asset('page', 'public', shared)))
    app.get('/api/choices', (_request, response) => void response.json(CHOICES))
    app.get('/api/publications', (_request, response) => void response.json(this.publications()))
    app.get('/api/petitions/:code', async (request, response) => {
      const found = await this.query(request.params.code)
      if (found === undefined) response.status(404).json({ error: '没有这个查询码 no such query code' })
      else response.json(found)
    })
    app.post('/api/petitions', express.json({ limit: '16mb' }), async (request, response) => {
      response.json(await this.file(citizenForm.parse(request.body)))
    })
    app.use(answerError)
    return app
  }

  /** `POST /callback` */
  #take(): RequestHandler {
    return async (request, response) => {
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      if (this.mood === 'silent') return
      if (this.mood === 'garbage')
        return void response.status(200).type('html').send('<html><body>502 网关错误</body></html>')
      if (this.mood === 'busy') return void response.status(503).json({ error: '稍后再来 come again' })
      const key = signedKey('POST', request.headers, bytes, this.#secret)
      if (key === undefined) return void response.status(401).json({ error: '签名不符 wrong signature' })
      if (this.mood === 'refuse') return void response.status(422).json({ error: '不收 will not have it' })
      await this.store.keep(itemOf(key, bytes))
      if (this.mood !== 'mute') response.json({ id: `portal-${key}` })
    }
  }

  /** `GET /callback/{key}`: whether it has come. */
  #tell(): RequestHandler<{ key: string }> {
    return (request, response) => {
      if (this.mood === 'silent' || this.mood === 'mute') return
      if (this.mood === 'garbage') return void response.status(404).type('html').send('<html>404</html>')
      const key = signedKey('GET', request.headers, Buffer.alloc(0), this.#secret)
      if (key === undefined || key !== request.params.key)
        return void response.status(401).json({ error: '签名不符 wrong signature' })
      const taken = this.store.has(key)
      response.status(taken ? 200 : 404).json(taken ? { taken, id: `portal-${key}` } : { taken })
    }
  }
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (error instanceof ZodError)
    response
      .status(422)
      .json({ error: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') })
  else response.status(400).json({ error: error instanceof Error ? error.message : String(error) })
}
