import { isToItself } from '../../core/ledger/address.ts'
import type { ClaimedHop, HopOutput } from '../../core/ledger/port.ts'
import type { CityMap } from '../api/contract/overview.ts'
import { Minutes } from './minutes.ts'

/** More lines than any city has; what comes after is not counted. */
const MOST_LINES = 5_000

interface Line {
  readonly from: string
  readonly to: string
  readonly minutes: Minutes
}

/** What passes from systems through flows to systems, counted as hops are committed. */
export class CityLines {
  readonly #lines = new Map<string, Line>()
  readonly #tabOf: (subscription: string) => string | undefined

  /** @param tabOf the flow (tab) that serves a subscription */
  constructor(tabOf: (subscription: string) => string | undefined) {
    this.#tabOf = tabOf
  }

  committed(hops: readonly ClaimedHop[], outputs: readonly HopOutput[], now: number): void {
    for (const { subscription, message } of hops)
      // what the station itself tells the flows comes from no system
      if (message.parent === undefined) this.#count(`system:${message.origin.system}`, this.#flow(subscription), now)
    const flow = this.#flow(hops[0]?.subscription ?? '')
    for (const { targets } of outputs)
      for (const { system } of targets) if (!isToItself(system)) this.#count(flow, `system:${system}`, now)
  }

  map(
    now: number,
    waiting: (system: string) => { readonly queue: number; readonly oldestAt?: number | undefined },
  ): CityMap {
    const flows = new Map<string, string>()
    const lines = [...this.#lines.values()].map(({ from, to, minutes }) => {
      for (const end of [from, to]) if (end.startsWith('flow:')) flows.set(end, end.slice('flow:'.length))
      const { queue, oldestAt } = to.startsWith('system:') ? waiting(to.slice('system:'.length)) : { queue: 0 }
      return {
        from,
        to,
        perMinute: minutes.rate(now),
        waiting: queue,
        ...(oldestAt === undefined ? {} : { oldestAt }),
      }
    })
    return { flows: [...flows].map(([id, name]) => ({ id, name })), lines }
  }

  #flow(subscription: string): string {
    return `flow:${this.#tabOf(subscription) ?? subscription}`
  }

  #count(from: string, to: string, now: number): void {
    const key = `${from} → ${to}`
    let line = this.#lines.get(key)
    if (line === undefined) {
      if (this.#lines.size >= MOST_LINES) return
      line = { from, to, minutes: new Minutes() }
      this.#lines.set(key, line)
    }
    line.minutes.add(now)
  }
}
