import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type Request } from 'express'
import { ZodError, type ZodType } from 'zod'
import type { Outcome } from '../clerk/clerk.ts'
import { asset } from '../files/project.ts'
import type { Notice } from '../launch/notice.ts'
import { listen } from '../net/ports.ts'
import type { City } from '../oa/city.ts'
import type { Kept } from '../oa/item.ts'
import type { CitySystems } from '../systems/systems.ts'
import { compose } from './compose.ts'
import { Feed } from './feed.ts'
import { guard } from './guard.ts'
import { replyRequest, returnRequest, sendRequest, signRequest, switchRequest, withdrawRequest } from './requests.ts'
import { watchSystems } from './systems-feed.ts'
import { systemsRoutes } from './systems-routes.ts'
import { cityView, deskView, unitCounts } from './view.ts'

/** Where the page's links lead. */
export interface PageLinks {
  readonly station: string
  readonly editor: string
}

/** What the station tells its operators only, by the page's own path. */
const OPERATORS = { '/station/health': '/admin/health', '/station/metrics': '/metrics' }

const AWAY =
  '站点没有应答：没有运行，或正在启动；原因见沙箱页 the station does not answer: it is not running, or just starting; the sandbox’s page says why\n'

/** The sandbox's page on a loopback port. */
export class SandboxPage {
  readonly feed = new Feed()
  readonly #city: City
  readonly #systems: CitySystems
  readonly #links: () => PageLinks | undefined
  readonly #ask: (path: string) => Promise<globalThis.Response>
  readonly #wrong: () => readonly string[]
  #server: Server | undefined

  /**
   * @param links undefined while the station is not running
   * @param ask asks the station as its operator: whoever is at this page is one
   * @param wrong what the station has not taken, and other things that a person must know
   */
  constructor(
    city: City,
    systems: CitySystems,
    links: () => PageLinks | undefined,
    ask: (path: string) => Promise<globalThis.Response>,
    wrong: () => readonly string[] = () => [],
  ) {
    this.#city = city
    this.#systems = systems
    this.#links = links
    this.#ask = ask
    this.#wrong = wrong
    this.#watch()
    watchSystems(systems, this.feed)
  }

  /** Something that the station says to whoever tries it out. */
  notice({ bad, text }: Notice): void {
    this.feed.tell({ type: 'notice', text, bad, wrong: this.#wrong() })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async listen(port: number): Promise<void> {
    const server = createServer(this.#app())
    this.#server = server
    await listen(server, port)
  }

  async close(): Promise<void> {
    this.feed.close()
    const server = this.#server
    if (server === undefined) return
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  }

  get #port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? 0
  }

  #app(): express.Express {
    const app = express()
    app.disable('x-powered-by')
    // The portal's page is shown in a frame.
    app.use(guard(() => this.#port, { frameSrc: () => this.#systems.portal.url }))
    app.use(express.static(asset('page', 'public'), { etag: false, lastModified: false }))
    app.get('/api/city', (_request, response) => {
      response.json({ ...cityView(this.#city), links: this.#links(), wrong: this.#wrong() })
    })
    for (const [path, asked] of Object.entries(OPERATORS))
      app.get(path, async (_request, response) => {
        const answer = await this.#ask(asked).catch(() => undefined)
        if (answer === undefined) {
          response.status(503).type('text/plain; charset=utf-8').send(AWAY)
          return
        }
        response.status(answer.status).type(answer.headers.get('content-type') ?? 'text/plain')
        response.send(await answer.text())
      })
    app.get('/api/events', (request, response) => this.feed.open(request, response))
    app.get('/api/units/:unit', (request, response) => {
      response.json(deskView(this.#city, request.params.unit))
    })
    app.use(
      '/api',
      systemsRoutes(
        this.#systems,
        this.#city.files.partners.map(({ id }) => id),
      ),
    )
    app.use(express.json({ limit: '16mb' }))
    this.#actions(app)
    app.use(answerError)
    return app
  }

  #actions(app: express.Express): void {
    const city = this.#city
    const by = (unit: string): string => `${city.unit(unit).name}收发员`
    app.post('/api/units/:unit/send', async (request, response) => {
      const unit = request.params.unit
      const { paper, address } = compose(city, unit, read(sendRequest, request))
      response.json(answer(await city.desk.send(city.oa(unit), paper, { episode: 'page', kind: 'issue', address })))
    })
    app.post('/api/units/:unit/sign', async (request, response) => {
      const unit = request.params.unit
      response.json(
        answer(await city.desk.sign(city.oa(unit), this.#item(unit, read(signRequest, request).id), by(unit), 'page')),
      )
    })
    app.post('/api/units/:unit/return', async (request, response) => {
      const unit = request.params.unit
      const { id, reason } = read(returnRequest, request)
      response.json(answer(await city.desk.return(city.oa(unit), this.#item(unit, id), reason, by(unit), 'page')))
    })
    app.post('/api/units/:unit/reply', async (request, response) => {
      const unit = request.params.unit
      const { id, text, result } = read(replyRequest, request)
      response.json(
        answer(
          await city.desk.reply(city.oa(unit), this.#item(unit, id), {
            text,
            by: by(unit),
            episode: 'page',
            ...(result === undefined ? {} : { result }),
          }),
        ),
      )
    })
    app.post('/api/units/:unit/withdraw', async (request, response) => {
      const unit = request.params.unit
      const { key, reason } = read(withdrawRequest, request)
      const paper = city.desk.sent(key)
      if (paper === undefined || paper.unit !== unit) throw new Error(`没有发过这份公文 / never sent: ${key}`)
      response.json(answer(await city.desk.withdraw(city.oa(unit), paper, reason, by(unit), 'page')))
    })
    app.post('/api/plants/:plant/switch', async (request, response) => {
      await city.switch(request.params.plant, read(switchRequest, request).on)
      response.json({ status: 'acknowledged' })
    })
  }

  #item(unit: string, id: string): Kept {
    const item = this.#city.inboxes.items(this.#city.unit(unit).system, unit).find((one) => one.id === id)
    if (item === undefined) throw new Error(`收件箱里没有 / not in the inbox: ${id}`)
    return item
  }

  #watch(): void {
    const { feed } = this
    const city = this.#city
    city.inboxes.on('kept', (item) =>
      feed.tell({ type: 'kept', unit: item.unit, item, counts: unitCounts(city, item.unit) }),
    )
    city.inboxes.on('repeated', (item) => feed.tell({ type: 'repeated', unit: item.unit, id: item.id }))
    city.inboxes.on('marked', ({ unit, id, mark }) =>
      feed.tell({ type: 'marked', unit, id, mark, counts: unitCounts(city, unit) }),
    )
    city.on('sent', (paper) => feed.tell({ type: 'sent', unit: paper.unit, paper }))
    city.on('switched', (plant) => feed.tell({ type: 'switched', plant: plant.id, name: plant.name, on: plant.on }))
    city.on('problem', (oa, error) => feed.tell({ type: 'problem', unit: oa.unit, text: error.message }))
  }
}

function read<T>(schema: ZodType<T>, request: Request): T {
  return schema.parse(request.body)
}

function answer(outcome: Outcome): object {
  return outcome
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (error instanceof ZodError)
    response
      .status(422)
      .json({ error: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') })
  else response.status(400).json({ error: error instanceof Error ? error.message : String(error) })
}
