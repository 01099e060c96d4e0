import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readSync, statfsSync, writeSync } from 'node:fs'
import winston from 'winston'
import DailyRotateFile from 'winston-daily-rotate-file'
import type { StationConfig } from '../config/schema.ts'
import type { Clock } from '../util/clock.ts'
import { EVENTS } from './catalogue.ts'
import type { EventSink, YizhanEvent } from './event.ts'
import { Folding } from './folding.ts'
import { jsonLine, plainLine } from './lines.ts'
import { Records } from './records.ts'
import { SyslogTarget, type SyslogOptions } from './syslog/target.ts'

/**
 * The operators' log: what repeats is folded (`Folding`), then the events of a turn are one record of winston under
 * their level (`Records`), for the file in `folder` (JSON lines, rotated by day, kept as configured), the console and
 * the collector of `log.syslog`.
 */
export interface EventLog extends EventSink {
  /** resolves when every line is on disk, and with the collector if that takes them soon enough */
  close(): Promise<void>
}

/** A file that could not be written, as on a full disk, is opened again after so long, milliseconds. */
const AGAIN_MS = 10_000
/** What waits for the collector has so long when the log closes, milliseconds. */
const FLUSH_MS = 3_000

export function openLog(options: {
  readonly folder: string
  readonly station: string
  readonly config: StationConfig['log']
  readonly clock: Clock
  readonly againMs?: number
  /** hears of the log's own troubles too: the metrics */
  readonly others?: EventSink
  readonly syslog?: Pick<SyslogOptions, 'limits' | 'waits'>
}): EventLog {
  const { config, station, clock } = options
  const logger = winston.createLogger({
    levels: winston.config.npm.levels,
    level: config.level,
    // Each target writes the event in its own way.
    format: { transform: (info) => info },
  })
  const format = (lines: (events: readonly YizhanEvent[]) => string): winston.Logform.Format =>
    winston.format.printf((info) => lines(info['events'] as readonly YizhanEvent[]))
  /** the same for all that take it: made once for each record */
  let made: { readonly of: readonly YizhanEvent[]; readonly text: string } = { of: [], text: '' }
  const jsonLines = (events: readonly YizhanEvent[]): string => {
    if (made.of !== events) made = { of: events, text: events.map((event) => jsonLine(station, event)).join('\n') }
    return made.text
  }
  if (config.console !== false) {
    const isTerminal = process.stdout.isTTY
    const isPlain = config.console === 'text' || (config.console === true && isTerminal)
    const plainLines = (events: readonly YizhanEvent[]): string =>
      events.map((event) => plainLine(event, isTerminal)).join('\n')
    logger.add(new winston.transports.Console({ format: format(isPlain ? plainLines : jsonLines) }))
  }
  let again: NodeJS.Timeout | undefined
  /** the file that was written last */
  let path: string | undefined

  const records = new Records((level, events) => {
    if (logger.transports.length > 0) logger.write({ level, message: '', events })
  })
  const folding = new Folding((event) => records.add(EVENTS[event.code].level, event), clock)
  const emit = (event: YizhanEvent): void => {
    if (logger.isLevelEnabled(EVENTS[event.code].level)) folding.emit(event)
  }

  /** What the log has to say of itself. */
  const tell = (event: Omit<YizhanEvent, 'at'>): void => {
    const whole = { ...event, at: clock.now() }
    emit(whole)
    options.others?.emit(whole)
  }

  const openFile = (): void => {
    const file = new DailyRotateFile({
      dirname: options.folder,
      filename: 'yizhan-%DATE%.log',
      datePattern: 'YYYY-MM-DD',
      // So many files, one a day: counted in days by the machine's clock, a jump of it would delete them all.
      maxFiles: config.keepDays,
      utc: false,
      format: format(jsonLines),
    })
    file.on('new', (name: string) => (path = name))
    // Nobody else listens: without this a full disk would end the station.
    file.logStream.on('error', (error: Error) => setAside(file, error))
    logger.add(file)
  }
  /** A file stream that failed once writes nothing any more. */
  const setAside = (file: DailyRotateFile, error: Error): void => {
    if (!logger.transports.includes(file)) return
    logger.remove(file)
    const tryAgain = (): void => {
      if (!hasRoom(options.folder, path)) return wait()
      openFile()
      tell({
        code: 'internal.error',
        detail: `日志文件有缺行 / lines are missing in the log file: ${error.message}`,
      })
    }
    const wait = (): void => {
      again = setTimeout(tryAgain, options.againMs ?? AGAIN_MS).unref()
    }
    wait()
  }
  openFile()

  let syslog: SyslogTarget | undefined
  if (config.syslog !== undefined) {
    const place = config.syslog.url
    syslog = new SyslogTarget({
      ...options.syslog,
      config: config.syslog,
      station,
      tell: {
        lost: (reason) => tell({ code: 'syslog.lost', place, detail: reason }),
        back: (dropped) =>
          tell({
            code: 'syslog.resumed',
            place,
            ...(dropped === 0 ? {} : { detail: `其间丢弃 ${dropped} 条 / ${dropped} records were dropped` }),
          }),
      },
    })
    logger.add(syslog)
  }

  return {
    emit,
    async close() {
      folding.close()
      records.flush()
      clearTimeout(again)
      const unsent = (await syslog?.flush(FLUSH_MS)) ?? 0
      if (unsent > 0)
        tell({
          code: 'syslog.lost',
          place: config.syslog?.url,
          detail: `关闭时 ${unsent} 条未送出 / ${unsent} records were not sent when the log closed`,
        })
      records.flush()
      const finished = Promise.all(logger.transports.map((transport) => once(transport, 'finish')))
      logger.end()
      await finished
    },
  }
}

/**
 * Whether the file can be written again; what a full disk has kept of a line is ended then, or it would spoil the next
 * one. Told onto a disk that is still full, that lines are missing would be missing too.
 */
function hasRoom(folder: string, path: string | undefined): boolean {
  try {
    if (statfsSync(folder).bavail === 0) return false
    if (path !== undefined) endLine(path)
    return true
  } catch {
    // Whatever is in the way is told when it is over.
    return false
  }
}

function endLine(path: string): void {
  const file = openSync(path, 'a+')
  try {
    const last = Buffer.alloc(1)
    const isTorn = readSync(file, last, 0, 1, Math.max(0, fstatSync(file).size - 1)) === 1 && last[0] !== 0x0a
    if (isTorn) writeSync(file, '\n')
  } finally {
    closeSync(file)
  }
}
