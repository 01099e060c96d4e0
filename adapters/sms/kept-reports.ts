import { join } from 'node:path'
import { z } from 'zod'
import { KeptLines } from './kept-lines.ts'
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
/** Different reports of one part, at most: there are not as many states. */
const MOST_OF_PART = 8
/** Reports and ended parts in memory and on disk, at most: the oldest go first. */
const MOST = 50_000

/**
 * The status reports that are answered and have no end booked yet: of texts of which other parts are open, of texts
 * whose submission is not answered yet, of texts that nobody knows. On disk, so that a centre can be answered at once:
 * its window is small, and a report that is never answered takes a place for ever.
 */
export class KeptReports {
  readonly #lines: KeptLines<Line>
  readonly #kept = new Map<string, KeptReport[]>()
  readonly #ended = new Map<string, number>()
  #now = 0

  constructor(folder: string) {
    this.#lines = new KeptLines(join(folder, 'reports.jsonl'), lineSchema, {
      take: (line) => this.#take(line),
      left: () => this.#left(),
    })
  }

  /** Reads what was kept, once; resolves with all reports without an end. @param now ms since 1970 */
  async load(now: number): Promise<readonly KeptReport[]> {
    this.#now = now
    await this.#lines.load()
    return [...this.#kept.values()].flat()
  }

  /** Durable when resolved. */
  keep(report: StatusReport, cameAt: number): Promise<void> {
    this.#now = cameAt
    const { part, otherwise, to, state, code, at } = report
    return this.#lines.write({
      cameAt,
      report: { part, ...(otherwise === undefined ? {} : { otherwise: [...otherwise] }), to, state, code, at },
    })
  }

  /** The end of the text with these parts is booked: what comes for them again is known. Durable when resolved. */
  end(parts: readonly string[], now: number): Promise<void> {
    this.#now = now
    return this.#lines.write({ endedAt: now, parts: [...parts] })
  }

  /** Whether it is a copy of a report whose text has its end. */
  isEnded({ part, otherwise = [] }: StatusReport): boolean {
    return [part, ...otherwise].some((id) => this.#ended.has(id))
  }

  #take(line: Line): void {
    if ('parts' in line) {
      if (this.#now - line.endedAt >= ENDED_MS) return
      for (const part of line.parts) {
        this.#ended.delete(part)
        this.#ended.set(part, line.endedAt)
        this.#kept.delete(part)
      }
      shorten(this.#ended)
      return
    }
    if (this.#now - line.cameAt >= KEPT_MS) return
    const { part } = line.report
    const known = this.#kept.get(part) ?? []
    if (known.some(({ report }) => report.state === line.report.state && report.code === line.report.code)) return
    // The newest are the likeliest to be final.
    this.#kept.set(part, [...known, line].slice(-MOST_OF_PART))
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
