import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { listen } from 'soap'
import { projectFolder } from '../../files/project.ts'
import { Host } from '../host.ts'
import type { Inboxes } from '../inboxes.ts'
import type { HostedPlant, UnitOa } from '../port.ts'
import { readItem } from './items.ts'
import { objectAt, textAt, type SoapObject } from './values.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'

const PATH = '/oa/inbox'

/**
 * An OA that offers an inbox service of its own, to which the station pushes: a node-soap server from the inbox WSDL.
 * Keeps what it is given before it answers, and recognises what it has by its id.
 */
export class HostedOa implements HostedPlant {
  readonly id: string
  readonly name: string
  readonly units: readonly UnitOa[]
  readonly #host = new Host()
  readonly #system: string
  readonly #inboxes: Inboxes
  readonly #login: { readonly name: string; readonly password: string }
  #thinking = 0

  constructor(oa: UnitOa, name: string, inboxes: Inboxes, login: { readonly name: string; readonly password: string }) {
    this.id = oa.unit
    this.name = name
    this.units = [oa]
    this.#system = oa.system
    this.#inboxes = inboxes
    this.#login = login
  }

  get on(): boolean {
    return this.#host.on
  }

  get url(): string {
    return `${this.#host.url}${PATH}`
  }

  async start(): Promise<void> {
    await this.#host.switchOn()
    const file = join(projectFolder(), 'adapters', 'oa', 'yizhan', 'yizhan-inbox.wsdl')
    const schema = join(projectFolder(), 'config', 'profiles', 'yizhan.xsd')
    const wsdl = readFileSync(file, 'utf8').replaceAll('{{address}}', this.url).replaceAll('{{schema}}', schema)
    const methods = {
      Deliver: (args: SoapObject) => this.#deliver(args),
      DeliveryStatus: (args: SoapObject) => this.#status(args),
    }
    await new Promise<void>((resolve, reject) => {
      const server = listen(this.#host.server, {
        path: PATH,
        xml: wsdl,
        uri: file,
        services: services(wsdl, methods),
        suppressStack: true,
        callback: (error: unknown) => (error instanceof Error ? reject(error) : resolve()),
      })
      server.authorizeConnection = (request, response) => {
        if (request.method === 'GET' || this.#knows(request)) return true
        if (response !== undefined) response.statusCode = 401
        return false
      }
    })
  }

  slowDown(ms: number): void {
    this.#thinking = ms
  }

  switch(on: boolean): Promise<void> {
    return on ? this.#host.switchOn() : this.#host.switchOff()
  }

  close(): Promise<void> {
    return this.#host.switchOff()
  }

  async #deliver(args: SoapObject): Promise<object> {
    if (this.#thinking > 0) await delay(this.#thinking)
    const item = readItem(objectAt(args, 'item'), this.#system, this.id)
    await this.#inboxes.keep(item)
    return { messageId: `${this.id}-${item.id}` }
  }

  /** Whether a delivery arrived: the station asks after a send that was never answered. */
  async #status(args: SoapObject): Promise<object> {
    const id = textAt(args, 'id') ?? ''
    const known = this.#inboxes.has(this.#system, this.id, id)
    return { taken: known, ...(known ? { messageId: `${this.id}-${id}` } : {}) }
  }

  #knows(request: IncomingMessage): boolean {
    const expected = `Basic ${Buffer.from(`${this.#login.name}:${this.#login.password}`).toString('base64')}`
    return sameSecret(request.headers.authorization ?? '', expected)
  }
}

/** Every port of every service of the WSDL, with the same methods: their names are the WSDL's affair. */
function services(wsdl: string, methods: object): Record<string, Record<string, never>> {
  const names = (tag: string): string[] =>
    [...wsdl.matchAll(new RegExp(`<(?:\\w+:)?${tag}\\s[^>]*?name="([^"]+)"`, 'g'))].map((match) => match[1] ?? '')
  return Object.fromEntries(
    names('service').map((service) => [
      service,
      Object.fromEntries(names('port').map((port) => [port, methods as never])),
    ]),
  )
}
