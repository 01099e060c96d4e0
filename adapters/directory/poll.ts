import { YizhanError, asYizhanError } from '../../core/errors/error.ts'
import { nameAndId, naming } from '../../core/errors/naming.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { DirectoryKeeper } from './keeper.ts'
import { pause } from '../../core/util/pause.ts'
import { doubling } from '../../core/util/backoff.ts'

export interface PollParts {
  readonly id: string
  /** what people call the directory */
  readonly name: string
  readonly keeper: Pick<DirectoryKeeper, 'refresh'>
  readonly everyMs: number
  readonly clock: Clock
  readonly emit: EventSink
  /** called at first and after every round, whatever came of it, and awaited; says itself what goes wrong */
  readonly settle?: () => Promise<void>
}

const firstRetryMs = 1_000

/**
 * Synchronises again and again; after a failure sooner at first, then as usual. Says once that it fails and once that
 * it works again.
 */
export function pollDirectory(parts: PollParts): { close(): Promise<void> } {
  const closing = new AbortController()
  const isClosing = (): boolean => closing.signal.aborted
  const emit = (event: Pick<YizhanEvent, 'code' | 'error' | 'detail'>): void =>
    parts.emit.emit({ ...event, at: parts.clock.now(), system: parts.id })
  const loop = async (): Promise<void> => {
    let failures = 0
    await parts.settle?.()
    while (!isClosing()) {
      try {
        await parts.keeper.refresh(closing.signal)
        if (failures > 0) emit({ code: 'poll.recovered' })
        failures = 0
      } catch (thrown) {
        if (isClosing()) return
        const error = asYizhanError(thrown)
        if (failures++ === 0)
          emit({ code: 'poll.failed', error: error.code, detail: naming(error, parts, nameAndId(parts)).message })
      }
      await parts.settle?.()
      await pause(pauseAfter(parts.everyMs, failures), closing.signal)
    }
  }
  const running = loop()
  return {
    async close() {
      closing.abort(new YizhanError('SYSTEM_TIMEOUT', { field: parts.id, rule: '站点停止 / the station stops' }))
      await running
    },
  }
}

function pauseAfter(everyMs: number, failures: number): number {
  return failures === 0 ? everyMs : doubling(failures, { first: firstRetryMs, most: everyMs })
}
