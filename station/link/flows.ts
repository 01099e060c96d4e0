import type { ChannelAddress } from '../../core/bus/port.ts'
import { asError, asYizhanError } from '../../core/errors/error.ts'
import type { Take } from '../../core/door/port.ts'
import type { StationConfig } from '../../core/config/schema.ts'
import type { People } from '../../core/directory/people.ts'
import type { EventSink } from '../../core/events/event.ts'
import { internalError, isInternal } from '../../core/events/internal.ts'
import type { House } from '../../core/adapter/port.ts'
import { REPORTED_CODES, type FromFlows } from '../../core/hop/link.ts'
import { unknownLine } from '../../core/hop/lines.ts'
import type { Loss } from '../../core/hop/loss.ts'
import type { Guard } from '../../core/secrecy/guard.ts'
import type { Announcement, Ledger } from '../../core/ledger/port.ts'
import type { Clock } from '../../core/util/clock.ts'
import { channelAddress, channelName, type ChannelSources } from '../channels.ts'
import type { City } from '../city.ts'
import type { EditorCertificates } from '../flows/editor-certificates.ts'
import { commitLine, type CommitParts } from '../flows/commits.ts'
import { FlowStore, type FlowStoreOptions } from '../flow-store/store.ts'
import type { Dispatcher } from '../flows/dispatcher.ts'
import type { Operations } from '../operations.ts'
import type { EditorLogins } from '../editor-logins.ts'
import { answers } from './answers.ts'
import { answeredError, type FlowSession, type LinkHandlers } from './server.ts'

export interface FlowsParts {
  readonly dispatcher: Dispatcher
  readonly ledger: Ledger
  readonly operations: Operations
  readonly channels: ChannelSources
  readonly take: Take
  readonly guard: Guard
  readonly clock: Clock
  readonly sink: EventSink
  readonly rejections: House['rejections']
  readonly station: () => StationConfig
  readonly city: () => City
  readonly announce: (items: readonly Announcement[]) => void
  readonly committed?: CommitParts['committed']
  readonly people: People
  readonly login: EditorLogins
  /** as the audit calls a login name */
  readonly labelOf: (name: string) => string
  readonly certificates: EditorCertificates
  /** of the flows, and of what else the editor keeps */
  readonly folders: Pick<FlowStoreOptions, 'flowsFolder' | 'dataFolder'>
  /** how the flow process with this pid ended, once its link is lost */
  readonly lossOf: (pid: number) => Promise<Loss>
}

export interface Flows {
  readonly handlers: LinkHandlers
  /** resolves when a flow process has told its subscriptions for the first time */
  subscribed(): Promise<void>
  onAlive(listener: (pid: number, rss: number) => void): void
  /** asks a process to finish what is open; resolves when it has, or after the configured bound */
  readonly drain: (pid: number) => Promise<void>
  /** what of the flows cannot run, a line a tab or file, as the processes that run them last said */
  held(): readonly string[]
  /** somebody may not any more what he might in the editor */
  loginsChanged(): void
  /** tells the flows what the configuration says now */
  cityChanged(): void
}

/** What the station does with each line that a flow process sends. */
export function connectFlows(parts: FlowsParts): Flows {
  const sessions = new Map<string, FlowSession>()
  /** the channels that each of them takes messages from */
  const consumed = new Map<string, readonly ChannelAddress[]>()
  /** those that have said what they subscribe to: it is said again after each deploy */
  const ready = new WeakSet<FlowSession>()
  /** what of the flows cannot run; kept when their process ends, until the next one says it */
  let held: readonly string[] = []
  const alive = new Set<(pid: number, rss: number, open: number) => void>()
  let firstSubscribed: () => void = () => undefined
  const subscribed = new Promise<void>((resolve) => (firstSubscribed = resolve))
  const report = (error: unknown): void => parts.sink.emit(internalError(error, parts.clock.now(), { doing: 'link' }))
  const refusedFileTypes = (): readonly string[] => parts.station().limits.refusedFileTypes
  const answer = answers({
    station: parts.station().name,
    clock: parts.clock,
    take: parts.take,
    operations: parts.operations,
    people: parts.people,
    login: parts.login,
    store: new FlowStore({
      ...parts.folders,
      async released(who, flows) {
        parts.sink.emit({ code: 'flows.deployed', at: parts.clock.now(), actor: parts.labelOf(who) })
        await parts.ledger.journal.release({ who, at: parts.clock.now(), flows })
      },
      trouble: (error) => report(`发布未登记 / a release is not booked: ${error.message}`),
    }),
  })
  const commitParts = {
    guard: parts.guard,
    hops: parts.ledger.hops,
    dispatcher: parts.dispatcher,
    routes: () => ({ city: parts.city().config, bindings: parts.city().bindings, directory: parts.city().directory }),
    announce: parts.announce,
    committed: parts.committed,
    refusedFileTypes,
    clock: parts.clock,
    sink: parts.sink,
  }

  async function subscribe(session: FlowSession, line: Extract<FromFlows, { t: 'subscribe' }>): Promise<void> {
    const sources = line.subscriptions.map((subscription) => ({
      ...subscription,
      filter:
        subscription.channel === undefined
          ? subscription.filter
          : { ...subscription.filter, channel: channelName(subscription.channel) },
    }))
    if (sessions.has(session.id) && !session.apart) consumed.set(session.id, line.subscriptions.flatMap(channelOf))
    await parts.dispatcher.subscribe(session, { ...line, subscriptions: sources })
    await parts.channels.use([...consumed.values()].flat())
    if (ready.has(session)) return
    ready.add(session)
    parts.sink.emit({
      code: session.apart ? 'flows.apart' : 'flows.started',
      at: parts.clock.now(),
      detail: `pid ${session.pid}, ${line.subscriptions.length} subscriptions`,
    })
    if (!session.apart) firstSubscribed()
  }

  /** A node whose channel is not filled in gets nothing, and keeps nobody else from it. */
  function channelOf({
    name,
    channel,
  }: Extract<FromFlows, { t: 'subscribe' }>['subscriptions'][number]): readonly ChannelAddress[] {
    if (channel === undefined) return []
    try {
      return [channelAddress(channel)]
    } catch (thrown) {
      report(`${name}: ${asError(thrown).message}`)
      return []
    }
  }

  async function ask(session: FlowSession, line: Extract<FromFlows, { t: 'ask' }>): Promise<void> {
    try {
      session.send({ t: 'answer', n: line.n, result: await answer(line.method, line.args) })
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (isInternal(error)) parts.sink.emit(internalError(error, parts.clock.now(), { doing: `link ${line.method}` }))
      session.send({ t: 'answer', n: line.n, error: answeredError(error) })
    }
  }

  function receive(session: FlowSession, line: FromFlows): Promise<void> | undefined {
    switch (line.t) {
      case 'hello':
        return undefined
      case 'subscribe':
        return subscribe(session, line)
      case 'held':
        // A process apart runs the same flows: what they lack is said once.
        if (session.apart) return undefined
        for (const detail of line.lines)
          if (!held.includes(detail)) parts.sink.emit({ code: 'flows.held-back', at: parts.clock.now(), detail })
        held = line.lines
        return undefined
      case 'commit':
        return commitLine(commitParts, session, line)
      case 'fail':
        return parts.dispatcher.fail(session, line.hops, line.failure, line.countAttempt)
      case 'extend':
        return parts.dispatcher.extend(session, line.hops)
      case 'ask':
        return ask(session, line)
      case 'alive':
        for (const listener of alive) listener(session.pid, line.rss, line.open)
        return undefined
      case 'event':
        if (!REPORTED_CODES.includes(line.code)) report(`${unknownLine(line)} ${line.code}`)
        else parts.sink.emit({ code: line.code, at: parts.clock.now(), detail: line.detail, row: line.row })
        return undefined
      default:
        report(unknownLine(line satisfies never))
        return undefined
    }
  }

  parts.certificates.follow((line) => {
    for (const session of sessions.values()) if (!session.apart) session.send(line)
  })
  return {
    handlers: {
      opened(session) {
        sessions.set(session.id, session)
        parts.dispatcher.opened(session)
        session.send({
          t: 'welcome',
          station: parts.station().name,
          city: parts.city().view,
          leaseMs: parts.station().hop.leaseMs,
          now: parts.clock.now(),
        })
        const { line } = parts.certificates
        if (line !== undefined && !session.apart) session.send(line)
      },
      stranger: (source) =>
        parts.rejections.note(
          { code: 'account.rejected', at: parts.clock.now(), actor: 'link', error: 'UNAUTHENTICATED', source },
          true,
        ),
      received: (session, line) => void receive(session, line)?.catch(report),
      closed(session) {
        sessions.delete(session.id)
        // consumed on until the next process says what it wants: meanwhile messages wait in the ledger
        consumed.delete(session.id)
        parts.dispatcher.closed(session, parts.lossOf(session.pid)).catch(report)
      },
      refused(pid, error) {
        const detail = `pid ${pid}: ${error.zh} / ${error.en}`
        parts.sink.emit({ code: 'flows.mismatched', at: parts.clock.now(), error: error.code, detail })
      },
      failed: (session, error) => report(`pid ${session.pid}: ${error.message}`),
    },
    subscribed: () => subscribed,
    held: () => held,
    onAlive: (listener) => void alive.add(listener),
    loginsChanged() {
      for (const session of sessions.values()) if (!session.apart) session.send({ t: 'logins' })
    },
    cityChanged() {
      for (const session of sessions.values()) session.send({ t: 'city', city: parts.city().view })
    },
    drain: (pid) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(bound)
          alive.delete(listen)
          resolve()
        }
        const listen = (from: number, _rss: number, open: number): void => {
          if (from === pid && open === 0) done()
        }
        const bound = setTimeout(done, parts.station().flows.drainMs)
        alive.add(listen)
        for (const session of sessions.values()) if (session.pid === pid) session.send({ t: 'pause' })
      }),
  }
}
