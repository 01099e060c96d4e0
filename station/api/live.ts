import { YizhanError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Live, NumberedEvent } from '../duty/live.ts'
import { LIVE_ENDPOINTS } from './contract/live.ts'
import type { ApiServer } from './serve.ts'

/** A line so often, so that nothing between thinks that the connection is dead, milliseconds. */
const HEARTBEAT_MS = 15_000
/** Whoever reads so slowly that more waits is cut off, and comes back for what it missed, bytes. */
const MOST_WAITING = 1024 * 1024
/** A browser that was cut off comes back after so long, milliseconds. */
const RETRY_MS = 3_000

/** Server-sent events (WHATWG HTML, 9.2). */
export function serveLive(
  api: ApiServer,
  { live, clock, current }: { readonly live: Live; readonly clock: Clock; readonly current: () => void },
): void {
  api.serve(LIVE_ENDPOINTS.live, ({ request, response }) => {
    const write = (text: string): void => {
      if (response.writableLength > MOST_WAITING) response.destroy()
      else response.write(text)
    }
    const end = live.listen((event) => write(textOf(event)))
    if (end === undefined)
      throw new YizhanError('OVERLOADED', {
        rule: '实时连接已满，稍后再连 / too many live connections: come again later',
      })
    // who may not look any more hears no more: rights are asked for again at each beat
    const beat = setInterval(() => {
      if (api.gate.stillMay(request, 'look')) write(`: ${new Date(clock.now()).toISOString()}\n\n`)
      else response.end()
    }, HEARTBEAT_MS)
    response.once('close', () => {
      clearInterval(beat)
      end()
    })
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    write(`retry: ${RETRY_MS}\n\n`)
    const after = request.headers['last-event-id']
    const missed = typeof after === 'string' ? live.since(after) : []
    if (missed === undefined) write(`event: reset\ndata: ${JSON.stringify({ at: clock.now() })}\n\n`)
    else for (const event of missed) write(textOf(event))
    current()
    return undefined
  })
}

function textOf({ id, event, data }: NumberedEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`
}
