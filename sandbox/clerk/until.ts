import type { EventEmitter } from 'node:events'

/** A condition did not come true within its bound. */
class TookTooLong extends Error {
  constructor(what: string, ms: number) {
    super(`等了 ${ms / 1000} 秒仍未等到 / waited ${ms / 1000} s in vain: ${what}`)
    this.name = 'TookTooLong'
  }
}

const TICK_MS = 250

/**
 * Resolves when the condition holds: asked at once, after every event of the emitter, and now and then in between.
 * Rejects with TookTooLong after `bound` milliseconds of `elapsed`, a clock that may stand still. `what` may be a
 * function: it is asked when time is up.
 */
export function until(
  condition: () => boolean,
  emitter: EventEmitter<never> | EventEmitter,
  event: string,
  bound: number,
  what: string | (() => string),
  elapsed: () => number = () => performance.now(),
): Promise<void> {
  if (condition()) return Promise.resolve()
  const end = elapsed() + bound
  return new Promise((resolve, reject) => {
    const source = emitter as EventEmitter
    const settle = (): void => {
      source.off(event, check)
      clearInterval(ticks)
    }
    const check = (): void => {
      if (!condition()) return
      settle()
      resolve()
    }
    const ticks = setInterval(() => {
      check()
      if (elapsed() < end) return
      settle()
      reject(new TookTooLong(typeof what === 'string' ? what : what(), bound))
    }, TICK_MS)
    source.on(event, check)
  })
}
