import { createHeldDesk } from '../../../core/door/desk.ts'
import { createHeldStore } from '../../../core/door/held.ts'
import { guardOf } from '../../lib/guard.ts'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBus } from '../../../core/bus/open.ts'
import type { Bus } from '../../../core/bus/port.ts'
import type { CityConfig } from '../../../core/config/schema.ts'
import { startDelivery } from '../../../core/delivery/engine.ts'
import { store } from '../../../core/door/store.ts'
import { NO_AUDIT_KEYS } from '../../../core/ledger/audit-key.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import type { Ledger, PickupItem } from '../../../core/ledger/port.ts'
import type {
  DocumentMessage,
  ReceiptMessage,
  ReplyMessage,
  ReturnMessage,
  WithdrawalMessage,
} from '../../../core/message/schema.ts'
import { systemClock as clock } from '../../../core/util/clock.ts'
import { writeFlows } from '../../../station/flow-store/flow-files.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import type { Login, People } from '../../../core/directory/people.ts'
import type { Take } from '../../../core/door/port.ts'
import { createTake } from '../../../core/door/take.ts'
import { ChannelSources } from '../../../station/channels.ts'
import { cityOf } from '../../../station/city.ts'
import { Dispatcher } from '../../../station/flows/dispatcher.ts'
import { confinement } from '../../../station/flows/confinement.ts'
import { EditorCertificates } from '../../../station/flows/editor-certificates.ts'
import { FlowSupervisor } from '../../../station/flows/supervisor.ts'
import { peopleAndLogin } from '../../../station/adapters.ts'
import { EditorLogins } from '../../../station/editor-logins.ts'
import { passwordCheck } from '../../../station/people/check.ts'
import { Logins } from '../../../station/people/logins.ts'
import { Sessions } from '../../../station/people/sessions.ts'
import type { PeopleConfig } from '../../../core/config/people.ts'
import { OperatorRegister } from '../../../core/people/register.ts'
import { connectFlows } from '../../../station/link/flows.ts'
import { listenForFlows } from '../../../station/link/server.ts'
import { Operations } from '../../../station/operations.ts'
import { DeliverySystems } from '../../../station/senders.ts'
import { EventList } from '../../lib/events.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { until } from '../../lib/wait.ts'
import { smallCity, type CityOptions } from './city.ts'
import { EditorApi } from './editor-api.ts'
import { FlowProcess } from './flow-process.ts'
import type { DeployType, FlowNode } from './red.ts'

export interface MiniOptions extends Partial<Omit<CityOptions, 'editorPort'>> {
  readonly flows?: readonly FlowNode[]
  /** the flow process is kept running by the station's supervisor; else the test holds it */
  readonly supervised?: boolean
  /** as the LDAP directory has them; absent: nobody */
  readonly people?: People
  /** proxies before the editor */
  readonly proxies?: readonly string[]
  /** the LDAP directory's logins; absent: nobody's */
  readonly login?: Login
}

/** The station without its door and adapters: the real ledger, bus, delivery and link, and a real flow process. */
export interface MiniStation {
  readonly ledger: Ledger
  readonly bus: Bus
  readonly events: EventList
  readonly dispatcher: Dispatcher
  readonly operations: Operations
  readonly supervisor: FlowSupervisor
  readonly api: EditorApi
  readonly password: string
  readonly flowsFolder: string
  /** the unsupervised flow process */
  readonly flows: FlowProcess
  /** starts another one, after the last one ended */
  startFlows(): Promise<void>
  /** accepts a document as the door would; resolves with its id */
  accept(parts?: Partial<DocumentMessage>): Promise<string>
  /** what a unit answers to a document, with what that does to it, as the door would */
  answer(message: ReceiptMessage | ReturnMessage | ReplyMessage): Promise<void>
  /** its issuer takes a document back */
  withdraw(document: string): Promise<void>
  /** takes in what is no draft, such as a system's report */
  readonly take: Take
  /** what waits for a unit */
  inbox(unit: string): Promise<readonly PickupItem[]>
  /** deploys and waits until the station knows the new sources */
  deploy(flows: readonly FlowNode[], type?: DeployType): Promise<void>
  /** waits until no hop of these subscriptions is open */
  idle(...subscriptions: string[]): Promise<void>
  close(): Promise<void>
}

const PASSWORD = 'a password for tests'

export async function startMiniStation(options: MiniOptions = {}): Promise<MiniStation> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-mini-'))
  const flowsFolder = join(folder, 'flows')
  await mkdir(flowsFolder)
  await writeFlows(flowsFolder, placed(options.flows ?? []))
  const [editorPort = 0] = await freePorts(1)
  const config: CityConfig = smallCity({
    leaseMs: 60_000,
    maxAttempts: 2,
    silentMs: 15_000,
    maxRssBytes: 2 ** 30,
    drainMs: 10_000,
    ...options,
    editorPort,
  })
  const city = cityOf(config, new Map())
  const events = new EventList()
  const { ledger } = await openLedger({ folder, station: 'st', clock, hop: config.station.hop })
  const bus = await openBus({ ...config.station.bus, emit: events })
  const dispatcher = new Dispatcher({
    hops: ledger.hops,
    clock,
    sink: events,
    leaseMs: config.station.hop.leaseMs,
    apart: { want: () => supervisor.wantApart(), end: () => supervisor.endApart() },
  })
  const subscribes = watchSubscribes(dispatcher)
  const wake = (subscriptions: readonly string[]): void => dispatcher.wake(subscriptions)
  const guard = guardOf()
  const doorParts = {
    guard,
    clock,
    ledger,
    directory: () => city.directory,
    flows: dispatcher,
    profileRevision: () => 'p',
    sink: events,
    admit: () => undefined,
    station: () => config.station,
  }
  const take = createTake(doorParts)
  const systems = new DeliverySystems(() => config, [], { bus, take, clock, ledger, station: config.station.name })
  const delivery = startDelivery({
    ledger,
    bus,
    clock,
    owner: 'st:1',
    systems: () => systems.list(),
    emit: events,
    onWaiting: wake,
    sweepMs: 200,
  })
  const announce = (items: Parameters<typeof delivery.announce>[0]): void => delivery.announce(items)
  const held = createHeldStore(join(folder, 'held'))
  const noDesk = createHeldDesk({ held, ledger, clock, sink: events }, () => Promise.reject(new Error('no door')))
  const operations = new Operations({
    recheck: () => Promise.resolve(),
    secrets: () => ({ missing: [], old: [], restart: [] }),
    auditKeys: NO_AUDIT_KEYS,
    clockWatch: { state: { now: '' }, accept: () => ({ now: '' }) },
    ledger,
    held: noDesk,
    subscriptions: { unserved: () => dispatcher.unserved, drop: (name, actor) => dispatcher.drop(name, actor) },
    decide: () => Promise.reject(new Error('this station has no door')),
    announce,
    wake,
    clock,
    sink: events,
    nameOf: (id) => city.directory.find(id)?.name,
  })
  const channels = new ChannelSources({ bus, station: 'st', take, clock, sink: events })
  const nobody = peopleAndLogin([])
  const rejections = { note: (event: YizhanEvent) => events.emit(event) }
  const rules = (): PeopleConfig => config.station.people
  const register = new OperatorRegister({ operators: [], save: () => Promise.resolve(), rules, clock })
  const check = passwordCheck({
    register,
    directory: options.login ?? nobody.login,
    shared: () => [PASSWORD],
    rolesTogether: () => false,
  })
  const logins = new Logins({ check, sink: events, rejections, clock })
  const sessions = new Sessions({ rules, clock, stillIn: (caller) => register.stillIn(caller) })
  const flows = connectFlows({
    dispatcher,
    guard,
    ledger,
    operations,
    channels,
    take,
    clock,
    sink: events,
    station: () => config.station,
    city: () => city,
    announce,
    people: options.people ?? nobody.people,
    rejections,
    login: new EditorLogins({ logins, sessions, asksCode: () => false }),
    labelOf: (name) => name,
    certificates: await EditorCertificates.open(undefined, events, clock),
    lossOf: (pid) => supervisor.lossOf(pid),
    folders: { flowsFolder, dataFolder: join(folder, 'editor') },
  })
  const link = await listenForFlows('token', flows.handlers)
  const start = {
    link: { port: link.port, token: 'token' },
    editor: { host: '127.0.0.1', port: editorPort, hosts: [], strict: false },
    proxies: options.proxies ?? [],
    credentialSecret: 'a secret for tests',
    drainMs: config.station.flows.drainMs,
  }
  const supervisor = new FlowSupervisor({
    config: () => config.station,
    sink: events,
    clock,
    drain: flows.drain,
    start,
  })
  flows.onAlive((pid, rss) => supervisor.heard(pid, rss))
  let child: FlowProcess | undefined
  let running = options.flows ?? []
  let serial = 0

  /** Until the station has taken what these flows subscribe to, since it had taken so many. */
  const subscribed = async (flows: readonly FlowNode[], since: number): Promise<void> => {
    const names = new Set(
      flows
        .filter((node) => SOURCES.has(node.type))
        .map((node) => (node['subscription'] as string | undefined) || node.id),
    )
    const taken = (): boolean =>
      subscribes.slice(since).some((list) => list.length === names.size && list.every((name) => names.has(name)))
    await until(() => taken() || child?.ended, {
      what: `the flows to subscribe to ${[...names].join(', ')}`,
      timeoutMs: 90_000,
    })
    if (child?.ended === true) throw new Error(`the flow process has ended:\n${child.output}`)
  }
  const station: MiniStation = {
    ledger,
    bus,
    events,
    dispatcher,
    operations,
    take,
    supervisor,
    flowsFolder,
    password: PASSWORD,
    api: new EditorApi(`http://127.0.0.1:${editorPort}`, PASSWORD),
    get flows() {
      if (child === undefined) throw new Error('the flow process is supervised')
      return child
    },
    async startFlows() {
      const since = subscribes.length
      const { environment, allow, openPaths } = config.station.flows
      child = new FlowProcess({ ...start, allow, openPaths }, environment, confinement(config.station.flows))
      await subscribed(running, since)
    },
    async accept(parts = {}) {
      const id = `st-${++serial}`
      const message: DocumentMessage = {
        schema: 'document/1',
        kind: 'document',
        id,
        trace: id,
        from: { unit: 'office', name: '市政府办公室' },
        recipients: [{ unit: 'finance', name: '市财政局', role: 'to' }],
        urgency: 'ordinary',
        acceptedAt: new Date(clock.now()).toISOString(),
        origin: { system: 'oa' },
        files: [],
        document: { direction: 'issue', title: `第${serial}份` },
        ...parts,
      }
      const result = await store(doorParts, 'oa', { message, bodies: [], content: id, effect: { type: 'issue' } })
      for (const event of result.events) events.emit(event)
      return id
    },
    async withdraw(document) {
      const found = await ledger.journal.message(document)
      if (found?.kind !== 'document') throw new Error(`no document ${document}`)
      const {
        number,
        from,
        recipients,
        document: { title },
      } = found
      const id = `st-${++serial}`
      const at = new Date(clock.now()).toISOString()
      const message: WithdrawalMessage = {
        schema: 'withdrawal/1',
        kind: 'withdrawal',
        id,
        trace: document,
        number,
        from,
        recipients,
        urgency: 'ordinary',
        acceptedAt: at,
        origin: { system: 'oa' },
        files: [],
        about: { id: document, number, title, from },
        withdrawal: { at },
      }
      const result = await store(doorParts, 'oa', {
        message,
        bodies: [],
        content: id,
        effect: { type: 'withdraw', document, unit: from.unit ?? '' },
      })
      if (result.status !== 'accepted') throw new Error(`withdraw: ${result.status}`)
    },
    async answer(message) {
      const type = ({ receipt: 'sign', return: 'return', reply: 'reply' } as const)[message.kind]
      const result = await store(doorParts, 'oa', {
        message,
        bodies: [],
        content: message.id,
        effect: { type, document: message.about.id, unit: message.from.unit ?? '' },
      })
      if (result.status !== 'accepted') throw new Error(`${type}: ${result.status}`)
    },
    inbox: (unit) => ledger.pickup.list({ system: 'oa', unit, max: 1000 }),
    async deploy(nodes, type) {
      const since = subscribes.length
      running = nodes
      await station.api.deploy(placed(nodes), type)
      await subscribed(nodes, since)
    },
    async idle(...subscriptions) {
      await until(
        async () => {
          const { hops } = await ledger.journal.backlog()
          return subscriptions.every((name) => (hops[name] ?? 0) === 0)
        },
        { what: `no open hop of ${subscriptions.join(', ')}`, timeoutMs: 30_000 },
      )
    },
    async close() {
      await supervisor.stop()
      await child?.end('SIGKILL')
      await channels.close()
      dispatcher.close()
      await link.close()
      await delivery.close()
      await bus.close()
      await ledger.close()
      await rm(folder, { recursive: true })
    },
  }
  try {
    if (options.supervised === true) {
      supervisor.start()
      await subscribed(running, 0)
    } else {
      await station.startFlows()
    }
    return station
  } catch (error) {
    await station.close()
    throw error
  }
}

const SOURCES = new Set([
  'oa in',
  'archive in',
  'outcome in',
  'channel in',
  'dead letter in',
  'sms in',
  'directory in',
  'portal in',
  'timer',
  'collect',
])

/** The names that flow processes have told the station, each time; those of a pause are left out. */
function watchSubscribes(dispatcher: Dispatcher): readonly (readonly string[])[] {
  const told: string[][] = []
  const subscribe = dispatcher.subscribe.bind(dispatcher)
  dispatcher.subscribe = async (session, line) => {
    await subscribe(session, line)
    if (line.subscriptions.every(({ concurrency }) => concurrency > 0))
      told.push(line.subscriptions.map(({ name }) => name))
  }
  return told
}

const UNPLACED = new Set(['tab', 'subflow', 'global-config'])

/** Gives every node a place: one without is taken for a configuration node. */
function placed(flows: readonly FlowNode[]): FlowNode[] {
  return flows.map((node, index) =>
    UNPLACED.has(node.type) ? node : { x: 120, y: 40 + 40 * index, z: 'tab', ...node },
  )
}
