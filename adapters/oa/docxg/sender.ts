import type { House } from '../../../core/adapter/port.ts'
import type { SystemConfig } from '../../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../../core/delivery/port.ts'
import { guidOf } from '../../../core/message/ids.ts'
import type { FileLinks } from '../../kit/files/links.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import { readKnown, readSuccess } from './answers.ts'
import { DocxgClient } from './client.ts'

/**
 * Delivers to an exchange centre of dialect B: everything goes by saveDoc, with a DOCGUID computed from the delivery's
 * id by which the centre recognises a second copy and for which getDocStatusByDocguid is asked. Files are named by
 * signed addresses of ours. Receipts, returns, withdrawals and replies go as small documents, since units behind
 * a centre read documents, and since these, unlike entries of UntreadService, can be asked for.
 */
export class DocxgSender implements Sender {
  readonly #house: House
  readonly #units: UnitCodes
  readonly #links: FileLinks
  readonly #system: SystemConfig
  readonly #client: DocxgClient

  constructor(house: House, units: UnitCodes, links: FileLinks, system: SystemConfig) {
    this.#house = house
    this.#units = units
    this.#links = links
    this.#system = system
    this.#client = new DocxgClient(system, () => house.secret(`${system.id}.password`))
  }

  async send({ id, unit, message }: Outbound, signal: AbortSignal): Promise<Taken> {
    const profile = this.#house.profile(this.#system.profile)
    const xml = profile.write(message.kind === 'document' ? 'DOCSUMMARYS' : 'Notice', message, {
      deliveryId: id,
      unit: unit === undefined ? undefined : this.#units.context(unit),
      codeOf: this.#units.codeOf,
      urlOf: (file) => this.#links.urlOf(file),
    })
    const answer = await this.#client.call('saveDoc', [Buffer.concat(xml).toString('utf8')], signal)
    return { remoteId: (await readSuccess(this.#system.id, profile, answer)) ?? guidOf(id) }
  }

  async probe(
    { id }: Outbound,
    signal: AbortSignal,
  ): Promise<{ readonly taken: boolean; readonly remoteId?: string | undefined }> {
    const guid = guidOf(id)
    const answer = await this.#client.call('getDocStatusByDocguid', [guid], signal)
    const taken = await readKnown(this.#system.id, this.#house.profile(this.#system.profile), answer)
    return { taken, ...(taken ? { remoteId: guid } : {}) }
  }

  close(): Promise<void> {
    this.#client.close()
    return Promise.resolve()
  }
}
