import type { RedHooks } from './red.ts'
import { HookTracker } from './tracker.ts'
import type { Tracker } from './types.ts'

export { drainingDeploy, drained } from './drain.ts'
export type { DrainOptions, DeployableRed } from './drain.ts'
export type { RedHooks } from './red.ts'
export type * from './types.ts'

/** Follows hops through the Node-RED of this process; `hooks` is its `RED.hooks`. One tracker a process. */
export function createTracker(hooks: RedHooks): Tracker {
  return new HookTracker(hooks)
}
