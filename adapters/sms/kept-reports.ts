import { join } from 'node:path'
import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { JsonLines } from '../kit/files/json-lines.ts'
import type { StatusReport } from './transport.ts'

const keptSchema = z.strictObject({
  /** when it came, ms since 1970 */
  cameAt: z.number(),
  report: z.strictObject({
    part: z.string(),
    otherwise: z.array(z.string()).optional(),
    to: z.string(),
    state: z.enum(['waiting', 'delivered', 'failed', 'expired']),
    code: z.string(),
    at: z.number().optional(),
  }),
})
/** The text of these parts has its end booked. */
const endedSchema = z.strictObject({ endedAt: z.number(), parts: z.array(z.string()) })
const lineSchema = z.union([keptSchema, endedSchema])
type Line = z.infer<typeof lineSchema>

/** A report that the centre need not send again. */
export interface KeptReport {
  readonly cameAt: number
  readonly report: StatusReport
}

const DAY = 24 * 3600_000
/** Reports of a text come within 48 hours (QB-GF-028-2003), and again for somewhat longer. */
const ENDED_MS = 3 * DAY
/** A report that belongs to no text lies here for a person to look at. */
const KEPT_MS = 30 * DAY
/** Reports and ended parts in memory and on disk, at most: the oldest go first. */
const MOST = 50_000
/** Bytes at which the file is written anew with what is left. */
const LARGE = 16 * 1024 * 1024

/**
 * The status reports that are answered and have no end booked yet: of texts of which other parts are open, of texts whose
 * submission is not answered yet, of texts that nobody knows. On disk, so that a centre can be answered at once: its
 * window is small, and a report that is never answered takes a place for ever.
 */
export class KeptReports {
  readonly #file: JsonLines<Line>
  readonly #kept = new Map<string, KeptReport[]>()
  readonly #ended = new Map<string, number>()
  #waiting: { readonly line: Line; readonly done: PromiseWithResolvers<undefined> }[] = []
  #writing: Promise<void> | undefined

  constructor(folder: string) {
    const path = join(folder, 'reports.jsonl')
    this.#file = new JsonLines(path, (text, line) => {
      try {
        return lineSchema.parse(JSON.parse(text))
      } catch (cause) {
        throw new YizhanError('SMS_REPORTS_DAMAGED', { field: path, value: String(line) }, { cause })
      }
    })
  }

  /** Reads what was kept, once; resolves with all reports without an end. @param now ms since 1970 */
  async load(now: number): Promise<readonly KeptReport[]> {
    if (!this.#file.isLoaded) {
      for (const line of await this.#file.load()) {
        if ('parts' in line ? now - line.endedAt < ENDED_MS : now - line.cameAt < KEPT_MS) this.#take(line)
      }
    }
    return [...this.#kept.values()].flat()
  }

  /** Durable when resolved. */
  keep(report: StatusReport, cameAt: number): Promise<void> {
    const { part, otherwise, to, state, code, at } = report
    return this.#write({
      cameAt,
      report: { part, ...(otherwise === undefined ? {} : { otherwise: [...otherwise] }), to, state, code, at },
    })
  }

  /** The end of the text with these parts is booked: what comes for them again is known. Durable when resolved. */
  end(parts: readonly string[], now: number): Promise<void> {
    return this.#write({ endedAt: now, parts: [...parts] })
  }

  /** Whether it is a copy of a report whose text has its end. */
  isEnded({ part, otherwise = [] }: StatusReport): boolean {
    return [part, ...otherwise].some((id) => this.#ended.has(id))
  }

  /** Lines that come together are written together. */
  #write(line: Line): Promise<void> {
    const done = Promise.withResolvers<undefined>()
    this.#waiting.push({ line, done })
    this.#writing ??= this.#flush()
    return done.promise
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#file.append(batch.map(({ line }) => line))
        for (const { line } of batch) this.#take(line)
        if (this.#file.length > LARGE) await this.#file.replace(this.#left())
      } catch (error) {
        for (const { done } of batch) done.reject(error)
        continue
      }
      for (const { done } of batch) done.resolve(undefined)
    }
    this.#writing = undefined
  }

  #take(line: Line): void {
    if ('parts' in line) {
      for (const part of line.parts) {
        this.#ended.delete(part)
        this.#ended.set(part, line.endedAt)
        this.#kept.delete(part)
      }
      shorten(this.#ended)
      return
    }
    const { part } = line.report
    const known = this.#kept.get(part) ?? []
    if (known.some(({ report }) => report.state === line.report.state && report.code === line.report.code)) return
    this.#kept.set(part, [...known, line])
    shorten(this.#kept)
  }

  #left(): Line[] {
    return [
      ...[...this.#ended].map(([part, endedAt]) => ({ endedAt, parts: [part] })),
      ...[...this.#kept.values()].flat().map((kept) => keptSchema.parse(kept)),
    ]
  }
}

function shorten(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    if (map.size <= MOST) break
    map.delete(oldest)
  }
}
