import { once } from 'node:events'
import winston from 'winston'
import DailyRotateFile from 'winston-daily-rotate-file'
import type { StationConfig } from '../config/schema.ts'
import { EVENTS } from './catalogue.ts'
import type { EventSink, YizhanEvent } from './event.ts'
import { mask } from './mask.ts'
import { shanghaiTime } from '../util/shanghai.ts'

/** The operators' log: JSON lines, one an event, in `folder` (rotated by day, kept as configured) and on the console. */
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
  readonly againMs?: number
}): EventLog {
  const logger = winston.createLogger({
    level: options.config.level,
    format: winston.format.printf((info) => String(info.message)),
  })
  if (options.config.console) logger.add(new winston.transports.Console({ stderrLevels: [] }))
  let again: NodeJS.Timeout | undefined

  // A line costs winston more than its writing: the lines of one turn of the event loop pass through it as one record.
  let lines: string[] = []
  const emit = (event: YizhanEvent): void => {
    if (!logger.isLevelEnabled(EVENTS[event.code].level)) return
    if (lines.length === 0) setImmediate(flush)
    lines.push(line(options.station, event))
  }
  const flush = (): void => {
    if (lines.length > 0 && logger.transports.length > 0) logger.log('error', lines.join('\n'))
    lines = []
  }

  const openFile = (): void => {
    const file = new DailyRotateFile({
      dirname: options.folder,
      filename: 'yizhan-%DATE%.log',
      datePattern: 'YYYY-MM-DD',
      maxFiles: `${options.config.keepDays}d`,
      utc: false,
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
        at: Date.now(),
        detail: `日志文件有缺行 / lines are missing in the log file: ${error.message}`,
      })
    }, options.againMs ?? AGAIN_MS).unref()
  }
  openFile()

  return {
    emit,
    async close() {
      flush()
      clearTimeout(again)
      const finished = Promise.all(logger.transports.map((transport) => once(transport, 'finish')))
      logger.end()
      await finished
    },
  }
}

let cachedSecond = ''
let cachedAt = 0

/** Asia/Shanghai with its offset; formatting a date costs more than the rest of the line, so each second is formatted once. */
function localTime(at: number): string {
  const second = Math.floor(at / 1000)
  if (second !== cachedAt || cachedSecond === '') {
    cachedSecond = shanghaiTime(at).replace(' ', 'T')
    cachedAt = second
  }
  return `${cachedSecond}.${String(at % 1000).padStart(3, '0')}+08:00`
}

function line(station: string, event: YizhanEvent): string {
  const entry = EVENTS[event.code]
  const { code, at, detail, ...facts } = event
  return JSON.stringify({
    at: localTime(at),
    level: entry.level,
    station,
    code,
    text: `${entry.zh} ${entry.en}`,
    ...facts,
    ...(detail === undefined ? {} : { detail: mask(detail) }),
  })
}
