import type { EventEmitter } from 'node:events'
import { createTracker } from '../tracker/index.ts'
import type { RedHooks } from '../tracker/red.ts'
import type { Tracker } from '../tracker/types.ts'
import type { LinkOptions } from './client.ts'
import { Hops } from './hops.ts'

/** The part of Node-RED's runtime that the palette's connection needs. */
export interface RedRuntime {
  readonly hooks: RedHooks
  readonly events: EventEmitter
  readonly settings: { readonly yizhan?: LinkOptions }
}

/** What all palette nodes of a process share. */
export interface PaletteRuntime {
  readonly hops: Hops
  readonly tracker: Tracker
}

let runtime: PaletteRuntime | undefined

/**
 * The palette's runtime, made when the first node asks. Where the station is and its token stand in Node-RED's settings
 * as `yizhan: {host, port, token}`; a supervised flow process gets them from its station.
 */
export function paletteRuntime(red: RedRuntime): PaletteRuntime {
  if (runtime === undefined) {
    const options = red.settings.yizhan
    if (options === undefined) throw new Error('settings.js: yizhan: { host, port, token } 缺失 / is missing')
    const tracker = createTracker(red.hooks)
    runtime = { tracker, hops: new Hops(options, tracker) }
    runtime.hops.start()
  }
  return runtime
}
