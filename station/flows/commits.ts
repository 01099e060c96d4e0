import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { checkFileNames } from '../../core/door/file-names.ts'
import { passDerived } from '../../core/door/secrecy.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { FromFlows } from '../../core/hop/link.ts'
import type { Announcement, ClaimedHop, HopOutput, Hops } from '../../core/ledger/port.ts'
import type { Guard } from '../../core/secrecy/guard.ts'
import type { Message } from '../../core/message/schema.ts'
import type { Clock } from '../../core/util/clock.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import type { FlowSession } from '../link/server.ts'
import type { Dispatcher } from './dispatcher.ts'
import { mustNotReach, resolveOutput, type Routes } from './targets.ts'

export interface CommitParts {
  readonly hops: Pick<Hops, 'commit'>
  readonly dispatcher: Dispatcher
  readonly routes: () => Routes
  readonly announce: (items: readonly Announcement[]) => void
  readonly guard: Pick<Guard, 'message' | 'files'>
  /** extensions of files that are refused, in lower case */
  readonly refusedFileTypes: () => readonly string[]
  readonly clock: Clock
  readonly sink: EventSink
  /** what came in and what went out, once it is committed */
  readonly committed?: ((hops: readonly ClaimedHop[], outputs: readonly HopOutput[]) => void) | undefined
}

/**
 * Commits finished hops: outputs resolved, one ledger transaction, the flow process told. A refused commit leaves the
 * hop with the process, which fails it with the reason given.
 */
export async function commitLine(
  parts: CommitParts,
  session: FlowSession,
  line: Extract<FromFlows, { t: 'commit' }>,
): Promise<void> {
  const held = parts.dispatcher.held(session, line.hops)
  if (held === undefined) {
    for (const { id, attempt } of line.hops)
      parts.sink.emit({ code: 'hop.stale', at: parts.clock.now(), row: id, attempt })
    session.send({ t: 'committed', n: line.n, status: 'stale' })
    // Of hops that were joined some may be its own: it lets go of them, and they come back when their lease ends.
    parts.dispatcher.release(session, line.hops)
    return
  }
  let node: string | undefined
  try {
    const now = parts.clock.now()
    const routes = parts.routes()
    const outputs: HopOutput[] = []
    for (const output of line.outputs) {
      node = output.node
      const resolved = resolveOutput(output, inputOf(held.hops, output.hop), routes, now)
      if (resolved.message !== 'input') {
        const inputs = held.hops.map(({ message }) => message)
        checkFileNames(resolved.message, parts.refusedFileTypes(), inputs)
        await passDerived(parts.guard, resolved.message, undefined)
      }
      outputs.push(resolved)
    }
    node = undefined
    const result = await parts.hops.commit({
      hops: line.hops,
      owner: session.id,
      outputs,
      flowsRevision: held.flowsRevision,
    })
    for (const event of result.events) parts.sink.emit(event)
    if (result.status === 'refused') throw mustNotReach(result.value, routes)
    failpoint('hop.committed')
    if (result.status === 'committed') {
      parts.announce(result.announce)
      parts.committed?.(held.hops, outputs)
    }
    session.send({ t: 'committed', n: line.n, status: result.status })
    parts.dispatcher.release(session, line.hops)
    failpoint('hop.acknowledged')
    if (result.status === 'committed') parts.dispatcher.wake(result.waiting)
  } catch (thrown) {
    const error = asYizhanError(thrown)
    if (error.code === 'CLASSIFIED') {
      const { id, trace } = inputOf(held.hops, undefined)
      const detail = [error.facts.field, error.facts.rule].filter((part) => part !== undefined).join('：')
      const at = parts.clock.now()
      parts.sink.emit({ code: 'output.classified', at, message: id, trace, place: node, error: error.code, detail })
    }
    session.send({
      t: 'committed',
      n: line.n,
      status: 'refused',
      error: { code: error.code, zh: error.zh, en: error.en, retryable: error.retryable },
      ...(node === undefined ? {} : { node }),
    })
  }
}

/** The message that a hop was opened with: that of the hop named, or of the first. */
function inputOf(hops: readonly ClaimedHop[], id: string | undefined): Message {
  const hop = id === undefined ? hops[0] : hops.find((candidate) => candidate.id === id)
  if (hop === undefined) throw new YizhanError('NOT_FOUND', { field: 'hop', value: id ?? '' })
  return hop.message
}
