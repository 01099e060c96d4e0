import type { Questions } from '../queries/index.ts'
import type { Journal } from '../port.ts'
import type { ThreadCaller } from '../thread.ts'

/**
 * So many links at a time: the reader answers other questions in between, and no long read keeps the log from being
 * cleaned.
 */
const LINKS_AT_ONCE = 4_000

export async function verifyChain(
  reader: ThreadCaller<Questions>,
  progress?: (done: number, total: number) => void,
): ReturnType<Journal['verify']> {
  let state = await reader.call('verifyStart', undefined)
  const { total } = state
  for (;;) {
    const step = await reader.call('verifyStep', { state, max: LINKS_AT_ONCE })
    if (step.broken !== undefined)
      return { ok: false, links: step.state.done, brokenAt: step.broken.at, reason: step.broken.reason }
    state = step.state
    progress?.(state.done, total)
    if (step.finished) return { ok: true, links: state.done }
  }
}
