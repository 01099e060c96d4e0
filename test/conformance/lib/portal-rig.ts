import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPortalAdapter } from '../../../adapters/portal/index.ts'
import type { House } from '../../../core/adapter/port.ts'
import { openBus } from '../../../core/bus/open.ts'
import type { Bus } from '../../../core/bus/port.ts'
import { accountSchema, systemSchema, unitSchema, type CityConfig } from '../../../core/config/schema.ts'
import { startDelivery, type DeliveryEngine } from '../../../core/delivery/engine.ts'
import { createBindings } from '../../../core/directory/bindings.ts'
import { createUnitDirectory } from '../../../core/directory/unit-directory.ts'
import type { LinkTarget } from '../../../core/hop/link.ts'
import type { ClaimedHop, PickupItem } from '../../../core/ledger/port.ts'
import { compileMapping, loadMappings, type MessageMap } from '../../../core/mapping/message-map.ts'
import { deriveMessage } from '../../../core/message/derive.ts'
import type { Message } from '../../../core/message/schema.ts'
import type { CitizenForm } from '../../../sandbox/portal/client.ts'
import { PortalSite } from '../../../sandbox/portal/site.ts'
import { resolveOutput } from '../../../station/flows/targets.ts'
import { DeliverySystems } from '../../../station/senders.ts'
import { PASSWORD, smallCity, TestHouse } from '../../unit/oa/lib/house.ts'

export const BASIC = `Basic ${Buffer.from(`portal:${PASSWORD}`).toString('base64')}`

/** A city with a petition office and a portal. */
function portalCity(settings: object): CityConfig {
  const city = smallCity()
  return {
    ...city,
    systems: [
      ...city.systems,
      systemSchema.parse({
        id: 'portal',
        name: '市政府门户',
        adapter: 'portal',
        settings,
        pace: { backoffMs: 20, maxBackoffMs: 50, breakerMs: 50 },
      }),
    ],
    accounts: [
      ...city.accounts,
      accountSchema.parse({ id: 'portal', system: 'portal', units: '*' }),
      accountSchema.parse({ id: 'xinfangju', system: 'oa-yizhan', units: ['xinfangju'] }),
    ],
    units: [
      ...city.units,
      unitSchema.parse({
        id: 'xinfangju',
        name: '市信访局',
        aliases: ['信访局'],
        groups: ['department'],
        codes: ['D-66'],
        system: 'oa-yizhan',
      }),
    ],
  }
}

/** The portal adapter on the real ledger, door and delivery; the shipped flows are played step by step. */
export class PortalRig {
  readonly t: TestHouse
  readonly url: string
  readonly site: PortalSite
  readonly #server: Server
  readonly #folder: string
  readonly #bus: Bus
  readonly #systems: DeliverySystems
  readonly #delivery: DeliveryEngine
  readonly #referral: MessageMap
  readonly #city: CityConfig

  private constructor(parts: {
    t: TestHouse
    url: string
    site: PortalSite
    server: Server
    folder: string
    bus: Bus
    systems: DeliverySystems
    delivery: DeliveryEngine
    referral: MessageMap
    city: CityConfig
  }) {
    this.t = parts.t
    this.url = parts.url
    this.site = parts.site
    this.#server = parts.server
    this.#folder = parts.folder
    this.#bus = parts.bus
    this.#systems = parts.systems
    this.#delivery = parts.delivery
    this.#referral = parts.referral
    this.#city = parts.city
  }

  static async open(options: { readonly callback?: boolean; readonly settings?: object } = {}): Promise<PortalRig> {
    const folder = mkdtempSync(join(tmpdir(), 'yizhan-portal-'))
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const site = new PortalSite({
      folder: join(folder, 'portal'),
      memory: join(folder, 'memory'),
      station: () => url,
      account: 'portal',
      password: PASSWORD,
      callbackSecret: PASSWORD,
    })
    await site.switchOn(0)
    const callback = options.callback === true ? { callback: { url: site.callbackUrl, timeoutMs: 300 } } : {}
    const city = portalCity({
      query: { perClientPerMinute: 1000, perCodePerMinute: 1000 },
      ...callback,
      ...options.settings,
    })
    const t = await TestHouse.open(city)
    await t.opened.ledger.hops.subscribe([{ name: 'petition', filter: { source: 'portal' } }], t.house.clock.now())
    const house: House = { ...t.house, publicUrl: () => url }
    const adapter = createPortalAdapter(house)
    await adapter.start()
    server.on('request', (request, response) => adapter.mounts[0]?.handle(request, response))
    const bus = await openBus({ url: 'embedded', confirmTimeoutMs: 1_000, prefix: 't.', emit: t.house.emit })
    const { ledger } = t.opened
    const portals = { ...city, systems: city.systems.filter((system) => system.adapter === 'portal') }
    const systems = new DeliverySystems(() => portals, [adapter], {
      bus,
      take: t.house.door.take,
      clock: t.house.clock,
      ledger,
      station: 'st',
    })
    const delivery = startDelivery({
      ledger,
      bus,
      clock: t.house.clock,
      owner: 'test:1',
      systems: () => systems.list(),
      emit: t.house.emit,
      onWaiting: () => undefined,
      sweepMs: 50,
    })
    const referral = (await loadMappings()).find(({ id }) => id === 'petition-to-referral')
    if (referral === undefined) throw new Error('the mapping is missing')
    return new PortalRig({
      t,
      url,
      site,
      server,
      folder,
      bus,
      systems,
      delivery,
      referral: compileMapping(referral),
      city,
    })
  }

  /** The tab 信访, first half: `units` are what the decision table said. */
  async refer(...units: readonly string[]): Promise<Message | undefined> {
    const hop = await this.#claim('petition')
    if (hop === undefined) return undefined
    const recipients = units.map((unit) => ({
      unit,
      name: this.#city.units.find(({ id }) => id === unit)?.name ?? unit,
      role: 'to' as const,
    }))
    const made = deriveMessage(await this.#referral.apply({ ...hop.message, recipients }), hop.message, 'map')
    await this.#commit(hop, made, { type: 'units' })
    return made
  }

  /** Whatever units sent next goes to the portal as it is. */
  async show(): Promise<Message> {
    const hop = await this.#claim('all')
    if (hop === undefined) throw new Error('nothing came')
    await this.#commit(hop, 'input', { type: 'system', adapter: 'portal' })
    return hop.message
  }

  /** What a flow would be told of an output. */
  resolve(message: Message, input: Message, target: LinkTarget) {
    return resolveOutput({ ...target, node: 'n', message }, input, this.#routes(), this.t.house.clock.now())
  }

  inbox(unit: string): Promise<readonly PickupItem[]> {
    return this.t.opened.ledger.pickup.list({ system: 'oa-yizhan', unit, max: 100 })
  }

  /** Files a petition as the portal's own program does. */
  async post(form: CitizenForm & { readonly externalId?: string }): Promise<Response> {
    return fetch(`${this.url}/portal/petitions`, {
      method: 'POST',
      headers: { authorization: BASIC, 'content-type': 'application/json' },
      body: JSON.stringify(form),
    })
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(`${this.url}${path}`, { headers: { authorization: BASIC } })).json()
  }

  async close(): Promise<void> {
    await this.#delivery.close()
    await this.#systems.close()
    await this.#bus.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.site.close()
    await this.t.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #claim(subscription: string): Promise<ClaimedHop | undefined> {
    const now = this.t.house.clock.now()
    return (
      await this.t.opened.ledger.hops.claim({ subscription, max: 1, owner: 'flows', now, leaseUntil: now + 60_000 })
    )[0]
  }

  async #commit(hop: ClaimedHop, message: Message | 'input', target: LinkTarget): Promise<void> {
    const output = resolveOutput(
      { ...target, node: 'n', message },
      hop.message,
      this.#routes(),
      this.t.house.clock.now(),
    )
    const result = await this.t.opened.ledger.hops.commit({
      hops: [hop],
      owner: 'flows',
      flowsRevision: 't',
      outputs: [output],
    })
    if (result.status !== 'committed') throw new Error(result.status)
    this.#delivery.announce(result.announce)
  }

  #routes() {
    return { city: this.#city, bindings: createBindings(this.#city.units), directory: createUnitDirectory(this.#city) }
  }
}
