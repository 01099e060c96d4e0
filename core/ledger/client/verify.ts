import type { AuditKey, AuditKeys } from '../audit-key.ts'
import type { Questions } from '../queries/index.ts'
import type { Verification, VerifyRequest } from '../port.ts'
import type { ThreadCaller } from '../thread.ts'

/**
 * So many links at a time: the reader answers other questions in between, and no long read keeps the log from being
 * cleaned.
 */
const LINKS_AT_ONCE = 4_000

export async function verifyChain(
  reader: ThreadCaller<Questions>,
  keys: AuditKeys,
  { anchors = [], progress }: VerifyRequest = {},
): Promise<Verification> {
  const started = await reader.call('verifyStart', { anchors })
  const known = started.keyIds.map((id) => keys.of(id)).filter((key): key is AuditKey => key !== undefined)
  let state = started.walk
  const { total } = state
  for (;;) {
    const step = await reader.call('verifyStep', { state, max: LINKS_AT_ONCE, keys: known, current: keys.current })
    if (step.broken !== undefined)
      return { ok: false, links: step.state.done, brokenAt: step.broken.at, reason: step.broken.reason }
    state = step.state
    progress?.(state.done, total)
    if (step.finished) {
      const { done: links, unkeyed, pruned } = state
      return { ok: true, links, unkeyed, anchors: anchors.length, ...(pruned === 0 ? {} : { pruned }) }
    }
  }
}
