import type { Bus } from '../../../../core/bus/port.ts'
import { until } from '../../../lib/wait.ts'

/** What other applications would get over the channel `probe`; see `tell`. */
export interface Probe {
  readonly seen: unknown[]
  /** waits for so many, then gives them and forgets them */
  take(count: number): Promise<unknown[]>
}

export async function openProbe(bus: Bus): Promise<Probe> {
  const seen: unknown[] = []
  await bus.channels.consume({ queue: 'probe' }, 4, async (item) => {
    seen.push(JSON.parse(item.body.toString()))
  })
  return {
    seen,
    async take(count) {
      await until(() => seen.length >= count, { what: `${count} messages in the channel probe`, timeoutMs: 20_000 })
      return seen.splice(0)
    },
  }
}
