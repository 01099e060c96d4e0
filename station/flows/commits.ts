import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { FromFlows } from '../../core/hop/link.ts'
import type { Announcement, Hops } from '../../core/ledger/port.ts'
import type { Clock } from '../../core/util/clock.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import type { FlowSession } from '../link/server.ts'
import type { Dispatcher } from './dispatcher.ts'
import { resolveOutput, type Routes } from './targets.ts'

export interface CommitParts {
  readonly hops: Pick<Hops, 'commit'>
  readonly dispatcher: Dispatcher
  readonly routes: () => Routes
  readonly announce: (items: readonly Announcement[]) => void
  readonly clock: Clock
  readonly sink: EventSink
}

/**
 * Commits finished hops: outputs resolved, one ledger transaction, the flow process told. A refused commit leaves the hop
 * with the process, which fails it with the reason given.
 */
export async function commitHops(parts: CommitParts, session: FlowSession, line: Extract<FromFlows, { t: 'commit' }>): Promise<void> {
  const held = parts.dispatcher.held(session, line.hops)
  if (held === undefined) {
    session.send({ t: 'committed', n: line.n, status: 'stale' })
    return
  }
  try {
    const now = parts.clock.now()
    const input = held.hops[0]?.message
    const outputs = input === undefined ? [] : line.outputs.map((output) => resolveOutput(output, input, parts.routes(), now))
    const result = await parts.hops.commit({ hops: line.hops, owner: session.id, outputs, flowsRevision: held.flowsRevision })
    for (const event of result.events) parts.sink.emit(event)
    if (result.status === 'refused') throw new YizhanError(result.code, { value: result.value, rule: 'mustNotReach' })
    failpoint('hop.committed')
    if (result.status === 'committed') parts.announce(result.announce)
    session.send({ t: 'committed', n: line.n, status: result.status })
    parts.dispatcher.release(session, line.hops)
    failpoint('hop.acknowledged')
    if (result.status === 'committed') parts.dispatcher.wake(result.waiting)
  } catch (thrown) {
    const error = asYizhanError(thrown)
    session.send({ t: 'committed', n: line.n, status: 'refused', error: { code: error.code, zh: error.zh, en: error.en } })
  }
}

