import { once } from 'node:events'
import winston from 'winston'
import DailyRotateFile from 'winston-daily-rotate-file'
import type { StationConfig } from '../config/schema.ts'
import type { Clock } from '../util/clock.ts'
import { EVENTS } from './catalogue.ts'
import type { EventSink, YizhanEvent } from './event.ts'
import { Folding } from './folding.ts'
import { jsonLine, plainLine } from './lines.ts'

/**
 * The operators' log: what repeats is folded (`Folding`), then each event is one record of winston under its own level, for
 * the file in `folder` (JSON lines, rotated by day, kept as configured) and the console.
 */
export interface EventLog extends EventSink {
  /** resolves when every line is on disk */
  close(): Promise<void>
}

/** A file that could not be written, as on a full disk, is opened again after so long, milliseconds. */
const AGAIN_MS = 10_000

export function openLog(options: {
  readonly folder: string
  readonly station: string
  readonly config: StationConfig['log']
  readonly clock: Clock
  readonly againMs?: number
}): EventLog {
  const { config, station, clock } = options
  const logger = winston.createLogger({
    levels: winston.config.npm.levels,
    level: config.level,
    // Each target writes the event in its own way.
    format: { transform: (info) => info },
  })
  const format = (line: (event: YizhanEvent) => string): winston.Logform.Format =>
    winston.format.printf((info) => line(info['event'] as YizhanEvent))
  if (config.console !== false) {
    const isTerminal = process.stdout.isTTY
    const isPlain = config.console === 'text' || (config.console === true && isTerminal)
    const line = isPlain
      ? (event: YizhanEvent) => plainLine(event, isTerminal)
      : (event: YizhanEvent) => jsonLine(station, event)
    logger.add(new winston.transports.Console({ format: format(line) }))
  }
  let again: NodeJS.Timeout | undefined

  const folding = new Folding((event) => {
    if (logger.transports.length > 0) logger.write({ level: EVENTS[event.code].level, message: event.code, event })
  }, clock)
  const emit = (event: YizhanEvent): void => {
    if (logger.isLevelEnabled(EVENTS[event.code].level)) folding.emit(event)
  }

  const openFile = (): void => {
    const file = new DailyRotateFile({
      dirname: options.folder,
      filename: 'yizhan-%DATE%.log',
      datePattern: 'YYYY-MM-DD',
      // So many files, one a day: counted in days by the machine's clock, a jump of it would delete them all.
      maxFiles: config.keepDays,
      utc: false,
      format: format((event) => jsonLine(station, event)),
    })
    // Nobody else listens: without this a full disk would end the station.
    file.logStream.on('error', (error: Error) => setAside(file, error))
    logger.add(file)
  }
  /** A file stream that failed once writes nothing any more. */
  const setAside = (file: DailyRotateFile, error: Error): void => {
    if (!logger.transports.includes(file)) return
    logger.remove(file)
    again = setTimeout(() => {
      openFile()
      emit({
        code: 'internal.error',
        at: clock.now(),
        detail: `日志文件有缺行 / lines are missing in the log file: ${error.message}`,
      })
    }, options.againMs ?? AGAIN_MS).unref()
  }
  openFile()

  return {
    emit,
    async close() {
      folding.close()
      clearTimeout(again)
      const finished = Promise.all(logger.transports.map((transport) => once(transport, 'finish')))
      logger.end()
      await finished
    },
  }
}
