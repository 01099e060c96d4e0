import type { House } from '../../../core/adapter/port.ts'
import type { SystemConfig } from '../../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../../core/delivery/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { contentTypeOf, writeEnvelope } from '../soap/envelope.ts'
import { digestsOf } from '../../../core/message/bodies.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { CallAgents } from '../../kit/http/agents.ts'
import { exchange, type HttpResponse } from '../../kit/http/exchange.ts'
import { questionFailure } from '../../kit/http/verdict.ts'
import { readAnswerRecord, textIn } from '../../kit/exchange/records.ts'
import { readAnswerBody } from '../soap/answers.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { YIZHAN_NAMESPACE } from './operations.ts'

/** Operations of the inbox service that an OA hosts, see `yizhan-inbox.wsdl`. */
type InboxOperation = 'Deliver' | 'DeliveryStatus'

/**
 * Pushes items in our own dialect to an OA that hosts an inbox service; asks by `DeliveryStatus` whether one arrived.
 */
export class YizhanPush implements Sender {
  readonly #house: House
  readonly #units: UnitCodes
  readonly #system: SystemConfig
  readonly #url: URL
  readonly #agents: CallAgents
  /** each reads as the body element's name needs it; HTTP Basic where the system has a user name */
  readonly #headers: Readonly<Record<InboxOperation, Record<string, string>>>

  constructor(house: House, units: UnitCodes, system: SystemConfig) {
    if (system.url === undefined)
      throw new YizhanError('CONFIG_INVALID', {
        field: `systems.yaml: ${system.id}.url`,
        value: '',
        rule: 'we-call: url',
      })
    this.#house = house
    this.#units = units
    this.#system = system
    this.#url = new URL(system.url)
    const options = { keepAlive: true, maxSockets: system.pace.concurrency, scheduling: 'lifo' } as const
    this.#agents = new CallAgents(options, system.tls)
    const shared = { 'content-type': contentTypeOf('1.1'), ...this.#authorization() }
    this.#headers = {
      Deliver: { ...shared, soapaction: actionOf('Deliver') },
      DeliveryStatus: { ...shared, soapaction: actionOf('DeliveryStatus') },
    }
  }

  async send(outbound: Outbound, signal: AbortSignal): Promise<Taken> {
    const { message } = outbound
    const bodies = new Map(
      await Promise.all(
        digestsOf(message).map(async (digest) => [digest, await this.#house.content.read(digest)] as const),
      ),
    )
    const chunks = this.#profile.write('Deliver', message, {
      deliveryId: outbound.id,
      unit: outbound.unit === undefined ? undefined : this.#units.context(outbound.unit),
      codeOf: this.#units.codeOf,
      bodies,
    })
    const answer = await this.#bodyOf('Deliver', await this.#post('Deliver', chunks, signal))
    const values = readAnswerRecord(this.#system.id, this.#profile, 'DeliverResponse', answer)
    return { remoteId: textIn(values, 'id') }
  }

  async probe(
    outbound: Outbound,
    signal: AbortSignal,
  ): Promise<{ readonly taken: boolean; readonly remoteId?: string | undefined }> {
    const chunks = this.#profile.writeRecord('DeliveryStatus', { id: outbound.id })
    const posted = await this.#post('DeliveryStatus', chunks, signal)
    try {
      const answer = await this.#bodyOf('DeliveryStatus', posted)
      const values = readAnswerRecord(this.#system.id, this.#profile, 'DeliveryStatusResponse', answer)
      return { taken: values['taken'] === true, remoteId: textIn(values, 'id') }
    } catch (thrown) {
      throw questionFailure(thrown, posted.status)
    }
  }

  close(): Promise<void> {
    this.#agents.destroy()
    return Promise.resolve()
  }

  get #profile() {
    return this.#house.profile(this.#system.profile)
  }

  #post(operation: InboxOperation, chunks: readonly Buffer[], signal: AbortSignal): Promise<HttpResponse> {
    return exchange({
      system: this.#system.id,
      url: this.#url,
      agent: this.#agents.of(this.#url),
      headers: this.#headers[operation],
      chunks: writeEnvelope('1.1', chunks),
      signal,
    })
  }

  async #bodyOf(operation: InboxOperation, posted: HttpResponse): Promise<XmlElement> {
    const body = await readAnswerBody(this.#system.id, posted)
    // It answered, but not to this: whether it took the item, nobody knows.
    if (body.local !== `${operation}Response`)
      throw new YizhanError('SYSTEM_FAULT', { field: this.#system.id, detail: `Body/${body.local}` }, { inDoubt: true })
    return body
  }

  #authorization(): { readonly authorization?: string } {
    const { username, id } = this.#system
    if (username === undefined) return {}
    return {
      authorization: `Basic ${Buffer.from(`${username}:${this.#house.secret(`${id}.password`)}`, 'utf8').toString('base64')}`,
    }
  }
}

function actionOf(operation: InboxOperation): string {
  return `"${YIZHAN_NAMESPACE}/${operation}"`
}
