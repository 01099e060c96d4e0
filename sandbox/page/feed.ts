import type { Request, Response } from 'express'

/** Something that a watching page should know at once. */
export interface FeedEvent {
  readonly type:
    'kept' | 'repeated' | 'marked' | 'sent' | 'switched' | 'station' | 'day' | 'problem' | 'system' | 'notice'
  readonly [field: string]: unknown
}

/**
 * How many of the last events a page gets when it opens, and how often a silent line is kept alive, in milliseconds.
 */
const FEED = { kept: 120, beat: 20_000 }

/** Server-sent events (HTML Living Standard, 9.2) to every open page. */
export class Feed {
  readonly #pages = new Set<Response>()
  readonly #recent: string[] = []
  /** how the opening day went, also when much has happened since */
  readonly #day: string[] = []
  readonly #beat: NodeJS.Timeout
  #count = 0

  constructor() {
    this.#beat = setInterval(() => this.#write(': ·\n\n'), FEED.beat)
    this.#beat.unref()
  }

  tell(event: FeedEvent): void {
    this.#count++
    const text = `id: ${this.#count}\ndata: ${JSON.stringify({ at: new Date().toISOString(), ...event })}\n\n`
    this.#recent.push(text)
    if (event.type === 'day') this.#day.push(text)
    if (this.#recent.length > FEED.kept) this.#recent.shift()
    this.#write(text)
  }

  /** Handles `GET /api/events`. A page that lost the line says what it saw last. */
  open(request: Request, response: Response): void {
    response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
    response.flushHeaders()
    const seen = Number(request.headers['last-event-id'] ?? 0)
    const idOf = (text: string): number => Number(/^id: (\d+)/.exec(text)?.[1])
    const told = [...new Set([...this.#day.slice(-FEED.kept), ...this.#recent])].sort(
      (one, other) => idOf(one) - idOf(other),
    )
    for (const text of told) if (idOf(text) > seen) response.write(text)
    response.write('event: caught-up\ndata: {}\n\n')
    this.#pages.add(response)
    response.on('close', () => this.#pages.delete(response))
  }

  close(): void {
    clearInterval(this.#beat)
    for (const page of this.#pages) page.end()
  }

  #write(text: string): void {
    for (const page of this.#pages) page.write(text)
  }
}
