import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Adapter, House } from '../core/adapter/port.ts'
import { openBus } from '../core/bus/open.ts'
import { editorListener } from '../core/config/listeners.ts'
import { startDelivery } from '../core/delivery/engine.ts'
import { Accounts } from '../core/door/accounts.ts'
import { MemoryBudget } from '../core/door/budget.ts'
import { createDoor } from '../core/door/door.ts'
import { Rejections } from '../core/door/rejections.ts'
import { createHeldStore } from '../core/door/held.ts'
import { Guard } from '../core/secrecy/guard.ts'
import { createFileReader } from '../core/secrecy/reading/reader.ts'
import { openLog } from '../core/events/log.ts'
import { internalError } from '../core/events/internal.ts'
import { createMetrics } from '../core/events/metrics.ts'
import { fanOut } from '../core/events/sink.ts'
import { auditKeysOf } from '../core/ledger/audit-key.ts'
import { systemClock } from '../core/util/clock.ts'
import { GuardedClock } from '../core/util/guarded-clock.ts'
import { within } from '../core/util/within.ts'
import { accountBook } from './account-book.ts'
import { createAdapters, namesOf, peopleAndLogin } from './adapters.ts'
import { Admission } from './admission.ts'
import { isStationsOwn } from './alarm/notices.ts'
import { openAlarms, type Alarms } from './alarm/open.ts'
import { CalendarWatch } from './calendar-watch.ts'
import { CertificateWatch } from './certificate-watch.ts'
import { ChannelSources } from './channels.ts'
import { rebuildCity, profileOf, startingPoint } from './city.ts'
import { ClockWatch } from './clock-watch.ts'
import { followConfiguration } from './configuration-watch.ts'
import { openFeed } from './feed.ts'
import { flowState } from './flow-state.ts'
import { CityLines } from './duty/lines.ts'
import { openDuty } from './duty/open.ts'
import { OverviewEars } from './duty/overview.ts'
import { Paused } from './duty/paused.ts'
import { Dispatcher } from './flows/dispatcher.ts'
import { EditorCertificates } from './flows/editor-certificates.ts'
import { FlowSupervisor } from './flows/supervisor.ts'
import { roomToStart } from './held-back.ts'
import { alarmRoutes } from './http/alarm-routes.ts'
import { Listeners } from './http/listeners.ts'
import { editorUrl } from './http/server.ts'
import { connectFlows } from './link/flows.ts'
import { listenForFlows } from './link/server.ts'
import { openKeeping } from './keeping.ts'
import { openStationLedger, witnessFile } from './open-ledger.ts'
import { Operations } from './operations.ts'
import type { StationOptions } from './options.ts'
import { ownData, ownFolder, tellNarrowed } from './own-data.ts'
import { flowsFolder } from './own-flows.ts'
import { SecretsDesk } from './secrets-desk.ts'
import { DeliverySystems } from './senders.ts'
import { openPeople } from './people/open.ts'
import { PlacedStationFile } from './station-file.ts'
import { watchGauges } from './gauges.ts'
import { flowsWaitedFor, readiness, type Readiness } from './readiness.ts'
import { Trail } from './trail.ts'

export interface Station {
  readonly http: string
  /** those that serve something apart, by what they serve; absent: none */
  readonly listeners: Readonly<Record<string, string>> | undefined
  readonly editor: string | undefined
  /** resolves when the ledger has failed for good: only another process can open it again */
  readonly gone: Promise<Error>
  close(): Promise<void>
}

/** After delivery has ended, its senders' connections may take so long to close, milliseconds. */
const LAST_CALLS_MS = 1_000

/** The flows may take so long to subscribe before the station serves without them, milliseconds. */
const FLOWS_MS = 60_000
const NO_FLOWS = `流程 ${FLOWS_MS / 1000} 秒内没有就绪，先行收文，积压等流程处理：原因见流程进程的控制台输出（如 flows/ 中的文件有误），改正后重启站点 / the flows are not ready after ${FLOWS_MS / 1000} s: documents are accepted and wait for them; see what the flow process printed (a fault in a file of flows/, for one), mend it and restart the station`

/** The composition, read from top to bottom. */
export async function startStation(options: StationOptions): Promise<Station> {
  // configuration
  let adapters: readonly Adapter[] = []
  const { secrets, city: first } = await startingPoint(options)
  let city = first
  const { station } = city
  const clock = new GuardedClock(systemClock, () => city.config.station.clock.maxGapHours * 3600_000)
  const owner = `${station.name}:${randomBytes(6).toString('hex')}`
  await roomToStart(options.data, station, secrets.get('admin.token'))
  const narrowed = await ownData(options.data, witnessFile(options.data, station))

  // logs and metrics
  const metrics = createMetrics()
  const folder = join(options.data, 'logs')
  const log = openLog({ folder, station: station.name, config: station.log, clock, others: metrics })
  const ears = new OverviewEars()
  let alarms: Alarms | undefined
  const lines = fanOut(log, metrics, ears, { emit: (event) => alarms?.watch.heard(event) })
  tellNarrowed(narrowed, lines, clock)

  // ledger and content
  let trail: Trail | undefined
  const auditKeys = auditKeysOf(secrets)
  const { ledger, content, raw, scrubbed, gone } = await openStationLedger(options, station, {
    clock,
    secrets,
    auditKeys,
    emit: (event) => (trail ?? lines).emit(event),
    closeLog: () => log.close(),
  })
  const sink = (trail = new Trail(lines, ledger.acceptance))
  const watchedClock = new ClockWatch(clock, sink, await ledger.journal.lastBooked(), options.data)

  // secrets
  const accepted = (name: string): string[] => secrets.accepted(name, clock.now()).map(({ secret }) => secret)
  const secretsDesk = new SecretsDesk({
    secrets,
    city: () => city.config,
    clock,
    sink,
    changed: (names, ids) => {
      for (const name of names) accounts.renewed(name)
      systems.renew(ids)
      delivery.update()
    },
  })

  // bus
  const bus = await openBus({ ...station.bus, password: () => secrets.get('bus.password'), emit: sink })

  // hops: from the ledger to the flows
  const dispatcher = new Dispatcher({
    hops: ledger.hops,
    clock,
    sink,
    leaseMs: station.hop.leaseMs,
    apart: { want: () => supervisor.wantApart(), end: () => supervisor.endApart() },
  })
  dispatcher.know((await ledger.journal.subscriptions()).filter((name) => !isStationsOwn(name)))
  const wake = (subscriptions: readonly string[]): void => dispatcher.wake(subscriptions)

  // door
  const admission = new Admission({
    limits: () => city.config.station.limits,
    ...{ folder: options.data, journal: ledger.journal, clock, sink },
  })
  const rejections = new Rejections(sink, ledger.acceptance, clock)
  const accounts = new Accounts(accountBook({ city: () => city, secrets, secretsDesk, rejections, clock }), clock)
  const files = createFileReader({ deadlineMs: () => city.config.station.classified.readMs })
  const guard = new Guard(() => city.config.station.classified, files)
  const doorParts = {
    guard,
    held: createHeldStore(join(options.data, 'held')),
    station: () => city.config.station,
    directory: () => city.directory,
    accounts,
    budget: new MemoryBudget(station.limits.memoryBytes),
    profileRevision: (system: string) =>
      city.profiles.get(city.config.systems.find((s) => s.id === system)?.profile ?? '')?.revision ?? '',
    ...{ ledger, clock, sink, flows: dispatcher },
    admit: () => admission.admit(),
    screens: () => adapters.flatMap(({ screen }) => (screen === undefined ? [] : [screen])),
  }
  const door = createDoor(doorParts)

  // adapters
  const http = new Listeners(station)
  let opening = ['adapters']
  const house: House = {
    city: () => city.config,
    directory: () => city.directory,
    profile: (id) => profileOf(city, id),
    secret: (name) => secrets.get(name),
    accepted,
    door: { ...door, take: (message, options) => (alarms?.taking(door.take) ?? door.take)(message, options) },
    ledger,
    content,
    folder: (system) => ownFolder(options.data, system),
    clock,
    emit: sink,
    rejections,
    publicUrl: (served) => http.urlOf(served),
    wake,
  }
  adapters = createAdapters(house)
  const current = () => [city, namesOf(adapters)] as const
  const rebuild = (): Promise<boolean> => rebuildCity(current, (built) => (city = built))
  const configure = async (): Promise<void> => {
    for (const adapter of adapters) await adapter.configured?.()
    await rebuild()
  }
  await configure()

  // delivery
  const paused = await Paused.open({ data: options.data, sink, clock, changed: () => delivery.update() })
  const systems = new DeliverySystems(
    () => city.config,
    adapters,
    { bus, take: door.take, clock, ledger, station: station.name },
    (system) => secretsDesk.isOff(system) || paused.of(system.id) !== undefined,
  )
  const delivery = startDelivery({
    ...{ ledger, bus, clock, owner, emit: sink, onWaiting: wake },
    systems: () => systems.list(),
    sweepMs: station.sweepMs,
    holdExpiries: () => clock.gap !== undefined,
  })
  const nameOf = (id: string): string | undefined =>
    city.config.systems.find((system) => system.id === id)?.name ?? city.directory.find(id)?.name
  const operations = new Operations({
    subscriptions: { unserved: () => dispatcher.unserved, drop: (name, actor) => dispatcher.drop(name, actor) },
    clockWatch: watchedClock,
    secrets: () => secretsDesk.state,
    recheck: door.recheck,
    auditKeys,
    ledger,
    decide: (decision) => door.decide(decision),
    held: door.held,
    announce: (items) => delivery.announce(items),
    wake,
    clock,
    sink,
    nameOf,
  })

  const alarmDesk = (alarms = openAlarms({
    ...{ folder: options.data, owner, city: () => city.config, directoryRevision: () => city.directory.revision },
    ...{ ledger, bus, delivery, dispatcher, clock, sink, secret: (name) => secrets.get(name) },
    refusing: () => admission.over,
    secretsMissing: () => secretsDesk.missing,
  }))

  const keeping = openKeeping({
    ...{ config: () => city.config.station, folder: options.data, clock, sink, bus, auditKeys, content, raw },
    ...{ journal: ledger.journal, retention: ledger.retention, nameOf },
  })

  // flows
  const cityLines = new CityLines((subscription) => dispatcher.tabOf(subscription))
  const channels = new ChannelSources({ bus, station: station.name, take: door.take, clock, sink })
  const { people, login } = peopleAndLogin(adapters)
  const staff = await openPeople(house, options.data, login)
  const editorCertificates = await EditorCertificates.open(station.editor.tls, sink, systemClock)
  const flows = connectFlows({
    dispatcher,
    guard,
    ledger,
    operations,
    channels,
    take: door.take,
    clock,
    sink,
    station: () => city.config.station,
    city: () => city,
    announce: (items) => delivery.announce(items),
    committed: (hops, outputs) => cityLines.committed(hops, outputs, clock.now()),
    rejections,
    people,
    login: staff.editor,
    labelOf: staff.labelOf,
    certificates: editorCertificates,
    lossOf: (pid) => supervisor.lossOf(pid),
    folders: {
      flowsFolder: await flowsFolder(options, (detail) => sink.emit({ code: 'flows.copied', at: clock.now(), detail })),
      dataFolder: join(options.data, 'editor'),
    },
  })
  const token = randomBytes(24).toString('base64url')
  const link = await listenForFlows(token, flows.handlers)
  const supervisor = new FlowSupervisor({
    config: () => city.config.station,
    sink,
    clock,
    drain: flows.drain,
    start: {
      link: { port: link.port, token },
      editor: { ...editorListener(station), ...editorCertificates.told },
      proxies: station.http.proxies,
      credentialSecret: secrets.get('editor.credentials'),
      drainMs: station.flows.drainMs,
    },
  })
  flows.onAlive((pid, rss) => supervisor.heard(pid, rss))
  const renaming = async (): Promise<void> => {
    if (await rebuild()) flows.cityChanged()
  }
  const notRenamed = (error: unknown): void =>
    sink.emit({ code: 'internal.error', at: clock.now(), detail: String(error) })
  for (const adapter of adapters) adapter.names?.onChange(() => void renaming().catch(notRenamed))

  // HTTP
  const health = (): Record<string, unknown> => ({
    station: station.name,
    listeners: http.state,
    config: city.revision,
    directory: city.directory.revision,
    bus: bus.state,
    overWatermark: admission.over ?? null,
    flows: flowState(supervisor, dispatcher, flows),
    delivery: delivery.stats(),
    content: scrubbed() ?? null,
    secretsMissing: secretsDesk.missing,
    clock: watchedClock.state,
  })
  const ready = (): Readiness =>
    readiness([
      ...opening,
      ...(station.editor.enabled ? flowsWaitedFor(dispatcher, flows) : []),
      ...(bus.connected ? [] : [bus.state === 'blocked' ? 'bus blocked' : 'bus']),
      ...(admission.over === undefined ? [] : [admission.over]),
    ])
  watchGauges(metrics, ledger.journal, dispatcher, secretsDesk, bus, keeping.retention)
  const feed = openFeed(house, ledger.feed, bus)
  const asked = { metrics, operations, retention: keeping.retention, health, ready, feed: feed.routes }
  const duty = openDuty({
    ...{ station: station.name, gate: staff.pages.gate, operations, retention: keeping.retention, ears, paused },
    ...{ delivery, lines: cityLines, sink, clock, publicUrl: () => http.urlOf('operators') },
    nameOf: (id) => nameOf(id) ?? id,
    systems: () => city.config.systems,
    backlog: () => ledger.journal.backlog(),
    board: { isOff: (system) => secretsDesk.isOff(system) },
    attention: {
      ...{ city: () => city, labelOf: staff.labelOf, bus, data: options.data },
      releases: (max) => ledger.journal.releases(max),
      waitingFor: () => ready().waitingFor,
      secretsMissing: () => secretsDesk.missing,
    },
  })
  const { gate } = staff.pages
  const pages = {
    ...{ ...asked, gate, emit: sink, clock },
    people: [...staff.pages.people, alarmRoutes(gate, alarmDesk.watch), duty.routes],
  }
  if (station.editor.enabled) {
    supervisor.start()
    if (!(await within(FLOWS_MS, flows.subscribed())))
      sink.emit({ code: 'internal.error', at: clock.now(), detail: NO_FLOWS })
  }
  await admission.start()
  const mounts = adapters.flatMap((adapter) => adapter.mounts)
  await http.open({ mounts, pages: { ...pages, editor: editorUrl(station) }, clock, emit: sink })
  for (const adapter of adapters) await adapter.start()
  opening = []
  await feed.start()
  keeping.start()
  const parts = { city: () => city.config, calendar: () => city.matters?.calendar, clock, sink, metrics }
  const watches = [new CertificateWatch(parts), new CalendarWatch(parts)]
  for (const one of watches) one.start()
  await dispatcher.sweep()
  await alarmDesk.start()
  const noRoom = (error: unknown): void => sink.emit(internalError(error, clock.now(), { doing: 'station.json' }))
  const placed = new PlacedStationFile(options.data, noRoom)
  staff.begin((local) => {
    http.tellWhere((near, certificate) => placed.write(near, options.secrets, certificate, local))
    flows.loginsChanged()
  })

  // changes without a restart
  const watch = followConfiguration({
    ...{ options, secrets, secretsDesk, sink, clock, configure },
    city: { get: () => city, set: (next) => (city = next) },
    names: () => namesOf(adapters),
    paced: () => delivery.update(),
    told: () => flows.cityChanged(),
  })
  secretsDesk.start()
  sink.emit({ code: 'station.started', at: clock.now(), actor: 'station', detail: http.url })
  return {
    http: http.url,
    listeners: http.apart,
    gone,
    editor: editorUrl(station),
    async close() {
      placed.remove()
      await Promise.all([watch.close(), secretsDesk.close()])
      admission.stop()
      watchedClock.close()
      for (const one of watches) one.close()
      await alarmDesk.close()
      await duty.close()
      await Promise.all([http.close(), ...adapters.map((adapter) => adapter.close())])
      await supervisor.stop()
      editorCertificates.close()
      await channels.close()
      dispatcher.close()
      await link.close()
      await files.close()
      await delivery.close()
      // a call that will not end must not hold the station
      await within(LAST_CALLS_MS, systems.close())
      await feed.close()
      await keeping.close()
      await bus.close()
      await rejections.close()
      sink.emit({ code: 'station.stopped', at: clock.now(), actor: 'station' })
      await sink.written()
      await ledger.close()
      await log.close()
    },
  }
}
