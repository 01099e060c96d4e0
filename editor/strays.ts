import { asError } from '../core/errors/error.ts'
import type { StationLink } from '../nodes/link/hops.ts'
import type { Tracker } from '../nodes/tracker/types.ts'
import type { ExitReporter } from './guard.ts'

/**
 * Errors that no code of a flow caught. A promise that was left rejected is the error of the hop in whose context it
 * was, and the process goes on. After a throw that nobody caught nobody knows in what state the process is: it says
 * whose it was, and ends.
 */
export function catchStrays({
  hops,
  tracker,
  guard,
}: {
  readonly hops: Pick<StationLink, 'reportSoon'>
  readonly tracker: Pick<Tracker, 'blame' | 'running'>
  readonly guard: ExitReporter | undefined
}): void {
  process.on('unhandledRejection', (reason) => {
    if (tracker.blame(reason)) return
    const at = tracker.running()
    const place = at === undefined ? [] : [at.tab, at.nodeName ?? at.nodeId]
    hops.reportSoon('flows.stray', [...place, asError(reason).message].filter(Boolean).join(': '))
  })
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${asError(error).stack ?? String(error)}\n`)
    guard?.thrown(asError(error))
    process.exit(1)
  })
}
