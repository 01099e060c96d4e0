import type { Adapter, House, HttpMount } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Sender } from '../../core/delivery/port.ts'
import { EVENTS } from '../../core/events/catalogue.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import { internalError } from '../../core/events/internal.ts'
import { FileLinks } from '../kit/files/links.ts'
import { filesMount } from '../kit/files/mount.ts'
import { portalSchema } from './config.ts'
import { PortalDesk } from './desk.ts'
import { fileSource } from './files.ts'
import { itemOf } from './items.ts'
import { portalMount } from './mount.ts'
import { PortalSender } from './sender.ts'

/**
 * The web portal: petitions and questions come in over HTTP; replies, states and publications are shown, and told where
 * it wants call-backs.
 */
export function createPortalAdapter(house: House): Adapter {
  const portals = (): readonly SystemConfig[] => house.city().systems.filter(({ adapter }) => adapter === 'portal')
  let current: { readonly system: SystemConfig; readonly mount: HttpMount } | undefined

  /** Made anew when the configuration changes; limits of callers begin anew with it. */
  const mount = (): HttpMount | undefined => {
    const [system] = portals()
    if (system === undefined) return undefined
    if (JSON.stringify(current?.system) !== JSON.stringify(system)) current = { system, mount: mountOf(house, system) }
    return current?.mount
  }
  return {
    name: 'portal',
    mounts: [
      {
        prefix: '/portal',
        served: 'portal',
        described: '/portal/openapi.json',
        handle: (request, response) => {
          const open = mount()
          if (open === undefined) response.writeHead(404).end()
          else open.handle(request, response)
        },
      },
      filesMount(house, new FileLinks(house, 'portal')),
    ],
    sender: (system) => senderTo(house, system),
    start: () => undefined,
    close: () => Promise.resolve(),
  }
}

function mountOf(house: House, system: SystemConfig): HttpMount {
  const emit = booking(house)
  return portalMount({
    config: portalSchema.parse(system.settings),
    house: new PortalDesk(house, system),
    files: fileSource(house),
    publicUrl: () => house.publicUrl('portal'),
    memory: (source, account) => house.door.memory(source, account),
    emit,
    rejections: house.rejections,
    clock: house.clock,
  })
}

/** A portal that wants no call-backs has what it shows as soon as the flow has committed it. */
function senderTo(house: House, system: SystemConfig): Sender {
  const config = portalSchema.parse(system.settings)
  const portal =
    config.callback === undefined
      ? undefined
      : new PortalSender({
          system: system.id,
          config: config.callback,
          tls: system.tls,
          filesAs: config.files,
          files: fileSource(house),
          secret: () => house.secret(`${system.id}.callback`),
          clock: house.clock,
        })
  return {
    async send({ id, message }, signal) {
      const item = await itemOf(house, system.id, message)
      return portal === undefined || item === undefined ? {} : portal.send(id, item, signal)
    },
    ...(portal === undefined ? {} : { probe: ({ id }, signal) => portal.probe(id, signal) }),
    close: () => portal?.close() ?? Promise.resolve(),
  }
}

/** Refusals before the door are logged and, where the catalogue says so, booked. */
function booking(house: House): EventSink {
  return {
    emit(event: YizhanEvent) {
      house.emit.emit(event)
      if (!('audit' in EVENTS[event.code])) return
      house.ledger.acceptance.book([event]).catch((failure: unknown) => {
        house.emit.emit(internalError(failure, house.clock.now(), { doing: `audit ${event.code}` }))
      })
    },
  }
}
