import { alertsSchema } from '../../../../core/alarm/config.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOaAdapter } from '../../../../adapters/oa/index.ts'
import type { Adapter, House, Screen } from '../../../../core/adapter/port.ts'
import {
  accountSchema,
  stationSchema,
  systemSchema,
  unitSchema,
  type CityConfig,
} from '../../../../core/config/schema.ts'
import { createBindings } from '../../../../core/directory/bindings.ts'
import { createUnitDirectory, directorySource } from '../../../../core/directory/unit-directory.ts'
import { Accounts } from '../../../../core/door/accounts.ts'
import { MemoryBudget } from '../../../../core/door/budget.ts'
import { createHeldStore } from '../../../../core/door/held.ts'
import { guardOf } from '../../../lib/guard.ts'
import type { HeldDesk } from '../../../../core/door/port.ts'
import { Rejections } from '../../../../core/door/rejections.ts'
import { createDoor } from '../../../../core/door/door.ts'
import { asError, YizhanError } from '../../../../core/errors/error.ts'
import type { YizhanEvent } from '../../../../core/events/event.ts'
import { openLedger, type OpenedLedger } from '../../../../core/ledger/open.ts'
import type { DeliveryTarget } from '../../../../core/ledger/port.ts'
import { loadProfiles } from '../../../../core/mapping/profile/load.ts'
import { deliveryId } from '../../../../core/message/ids.ts'
import type { Message } from '../../../../core/message/schema.ts'
import { mergesOf } from '../../../../station/adapters.ts'

/** A small city: one unit behind each kind of system, and one account that speaks for two. */
export function smallCity(
  change: { readonly systems?: Readonly<Record<string, object>>; readonly station?: object } = {},
): CityConfig {
  const system = (value: { readonly id: string } & Record<string, unknown>) =>
    systemSchema.parse({ adapter: 'oa', name: value.id, ...value, ...change.systems?.[value.id] })
  const unit = (id: string, name: string, code: string, of: string) =>
    unitSchema.parse({ id, name, aliases: [], groups: ['department'], codes: [code], system: of })
  return {
    station: stationSchema.parse({ name: 'st', ...change.station }),
    systems: [
      system({ id: 'oa-yizhan', profile: 'yizhan', roles: ['calls-us'] }),
      system({ id: 'oa-epoint', profile: 'epoint', roles: ['calls-us'] }),
      system({
        id: 'docxg-centre',
        profile: 'docxg',
        roles: ['we-call'],
        url: 'http://127.0.0.1:9/docxg/services',
        pollMs: 20,
      }),
      system({
        id: 'oa-push',
        profile: 'yizhan',
        roles: ['calls-us', 'we-call'],
        url: 'http://127.0.0.1:9/oa/inbox',
        username: 'yizhan',
      }),
    ],
    accounts: [
      accountSchema.parse({ id: 'office', system: 'oa-yizhan', units: ['office'] }),
      accountSchema.parse({ id: 'two', system: 'oa-yizhan', units: ['office', 'science'] }),
      accountSchema.parse({ id: 'science', system: 'oa-yizhan', units: ['science'] }),
      accountSchema.parse({ id: 'edu', system: 'oa-epoint', units: ['edu'] }),
    ],
    units: [
      unit('office', '市政府办公室', 'D-01', 'oa-yizhan'),
      unit('science', '市科技局', 'D-02', 'oa-yizhan'),
      unit('edu', '市教育局', 'D-03', 'oa-epoint'),
      unit('health', '市卫生局', 'D-04', 'docxg-centre'),
      unit('finance', '市财政局', 'D-05', 'oa-push'),
    ],
    groups: {
      groups: [{ id: 'department', name: '市直部门' }],
      phrases: [{ phrase: '市人民政府各部门', groups: ['department'] }],
    },
    alerts: alertsSchema.parse({}),
    revision: 'test',
  }
}

export const PASSWORD = '口令-p&w<d'

/** The adapter on the real ledger and door behind a plain HTTP server; flows are played by `flow`. */
export class TestHouse {
  /** what looks at documents at the door */
  readonly screens: Screen[]
  readonly house: House
  readonly adapter: Adapter
  readonly opened: OpenedLedger
  readonly events: YizhanEvent[]
  readonly url: string
  /** moves the station's clock, ms */
  readonly clock: { skew: number }
  /** what is done before each request is handled */
  before: ((response: ServerResponse) => Promise<void>) | undefined
  readonly #server: Server
  /** whoever judges what was held */
  readonly desk: HeldDesk
  readonly folder: string
  readonly #city: CityConfig

  private constructor(parts: {
    house: House
    adapter: Adapter
    opened: OpenedLedger
    events: YizhanEvent[]
    url: string
    server: Server
    folder: string
    desk: HeldDesk
    city: CityConfig
    clock: { skew: number }
    screens: Screen[]
  }) {
    this.screens = parts.screens
    this.house = parts.house
    this.adapter = parts.adapter
    this.opened = parts.opened
    this.events = parts.events
    this.url = parts.url
    this.clock = parts.clock
    this.#server = parts.server
    this.folder = parts.folder
    this.desk = parts.desk
    this.#city = parts.city
  }

  /** @param folderOfProfiles a folder of profiles beside the project’s own */
  static async open(
    city: CityConfig = smallCity(),
    folderOfProfiles?: string,
    create: (house: House) => Adapter = createOaAdapter,
  ): Promise<TestHouse> {
    const folder = await mkdtemp(join(tmpdir(), 'yizhan-oa-'))
    const skewed = { skew: 0 }
    const clock = { now: () => Date.now() + skewed.skew }
    const opened = await openLedger({ folder, station: 'st', clock, hop: city.station.hop, verifyBodies: true })
    const { ledger, content } = opened
    await ledger.hops.subscribe([{ name: 'all', filter: { source: 'oa' } }], clock.now())
    const events: YizhanEvent[] = []
    const emit = { emit: (event: YizhanEvent) => void events.push(event) }
    const directory = createUnitDirectory(directorySource(city, { merges: mergesOf(city) }))
    const bindings = createBindings(city.units)
    const secret = (name: string): string => (name === 'files.hmac' ? 'a-key-of-the-station' : PASSWORD)
    const accounts = new Accounts(
      () => ({
        ...city,
        find: (text) => directory.find(text),
        boundTo: (unit, system) => bindings.systemOf(unit, clock.now()) === system,
        accepted: (account) => [{ secret: secret(`account.${account}`) }],
        usedOld: () => undefined,
        elsewhere: () => undefined,
      }),
      clock,
    )
    const profiles = await loadProfiles(folderOfProfiles)
    const budget = new MemoryBudget(city.station.limits.memoryBytes)
    const screens: Screen[] = []
    const door = createDoor({
      guard: guardOf(city.station.classified),
      held: createHeldStore(join(folder, 'held')),
      station: () => city.station,
      directory: () => directory,
      profileRevision: () => 'test',
      accounts,
      budget,
      ledger,
      clock,
      sink: emit,
      admit: () => undefined,
      flows: { preclaim: () => undefined, taken: () => undefined },
      screens: () => screens,
    })
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const house: House = {
      city: () => city,
      directory: () => directory,
      secret,
      accepted: (name) => [secret(name)],
      door,
      ledger,
      content,
      folder: () => folder,
      clock,
      emit,
      rejections: new Rejections(emit, opened.ledger.acceptance, clock),
      publicUrl: () => url,
      wake: () => undefined,
      profile: (id) => {
        const profile = profiles.get(id)
        if (profile === undefined) throw new Error(`no profile ${id}`)
        return profile
      },
    }
    const adapter = create(house)
    server.on('request', (request, response) => {
      const mount = adapter.mounts.find(({ prefix }) => (request.url ?? '').startsWith(prefix))
      if (mount === undefined) response.writeHead(404).end()
      else if (made.before === undefined) mount.handle(request, response)
      else
        made.before(response).then(
          () => mount.handle(request, response),
          (error: unknown) => response.destroy(asError(error)),
        )
    })
    const made = new TestHouse({
      house,
      adapter,
      opened,
      events,
      url,
      server,
      folder,
      desk: door.held,
      city,
      clock: skewed,
      screens,
    })
    return made
  }

  /** Plays the flows: whatever was accepted goes to its recipients' systems. Resolves with the messages, in order. */
  async flow(): Promise<Message[]> {
    const { hops } = this.opened.ledger
    const done: Message[] = []
    for (;;) {
      const claimed = await hops.claim({
        subscription: 'all',
        max: 100,
        owner: 'test',
        now: this.house.clock.now(),
        leaseUntil: this.house.clock.now() + 60_000,
      })
      if (claimed.length === 0) return done
      for (const { id, attempt, message } of claimed) {
        const targets = message.recipients.map((recipient) => this.#targetOf(recipient.unit))
        const result = await hops.commit({
          hops: [{ id, attempt }],
          owner: 'test',
          outputs: targets.length === 0 ? [] : [{ message: 'input', targets }],
          flowsRevision: 'test',
        })
        if (result.status !== 'committed') throw new Error(`hop ${id}: ${result.status}`)
        done.push(message)
      }
    }
  }

  /** Books a push as delivered, as the delivery engine would. */
  async delivered(message: string, unit: string, remoteId?: string): Promise<string> {
    const { deliveries } = this.opened.ledger
    const row = deliveryId(message, unit)
    const now = this.house.clock.now()
    const claim = await deliveries.claim({ row, owner: 'test', now, leaseUntil: now + 60_000 })
    if (claim.status !== 'claimed') throw new Error(`${row} cannot be claimed`)
    await deliveries.book({
      row,
      fence: claim.fence,
      owner: 'test',
      now,
      booking: { type: 'delivered', remoteId, ms: 1 },
    })
    return row
  }

  /** Codes of the events so far, without those of the flows. */
  codes(): string[] {
    return this.events.map((event) => event.code)
  }

  refused(): YizhanEvent[] {
    return this.events.filter((event) => event.code === 'message.refused')
  }

  async close(): Promise<void> {
    await this.adapter.close()
    await new Promise((resolve) => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
    await this.opened.ledger.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  #targetOf(unit: string): DeliveryTarget {
    const id = this.#city.units.find((one) => one.id === unit)?.system ?? ''
    const system = this.#city.systems.find((one) => one.id === id)
    if (system === undefined) throw new YizhanError('UNKNOWN_RECIPIENT', { value: unit })
    return { system: id, unit, mode: system.roles.includes('we-call') ? 'push' : 'pickup', order: 'document' }
  }
}
