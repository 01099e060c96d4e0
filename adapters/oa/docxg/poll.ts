import type { Round } from '../../../core/adapter/polling.ts'
import type { House } from '../../../core/adapter/port.ts'
import type { SystemConfig } from '../../../core/config/schema.ts'
import { asError } from '../../../core/errors/error.ts'
import { ExchangeCentre } from './centre.ts'
import { DocxgClient } from './client.ts'
import { Patience } from '../../kit/patience.ts'
import { receiveDocuments, type Refused } from './receive.ts'
import { collectReturns, type Unknown } from './returns.ts'
import { collectSignatures, type SignatureCursor } from './signatures.ts'

interface Known {
  readonly client: DocxgClient
  readonly refused: Refused
  readonly cursor: SignatureCursor
  readonly unknown: Unknown
  readonly patience: Patience
}

/** Polls exchange centres of dialect B: documents to receive, returns, and signatures for what was delivered. */
export class CentrePoll {
  readonly #house: House
  readonly #centres = new Map<string, Known>()

  constructor(house: House) {
    this.#house = house
  }

  /** One round; each of its three parts is tried whatever becomes of the others, and the first error is thrown. */
  readonly round: Round = async (system, signal) => {
    const { client, refused, cursor, unknown, patience } = this.#known(system)
    const centre = new ExchangeCentre(this.#house, client, signal)
    let failed: Error | undefined
    const left = { waiting: false }
    for (const part of [
      async () => {
        left.waiting = await receiveDocuments(centre, refused, patience)
      },
      () => collectReturns(centre, unknown),
      () => collectSignatures(centre, cursor),
    ]) {
      try {
        await part()
      } catch (thrown) {
        if (signal.aborted) throw thrown
        failed ??= asError(thrown)
      }
    }
    if (failed !== undefined) throw failed
    return left.waiting ? 'waiting' : 'good'
  }

  close(): void {
    for (const { client } of this.#centres.values()) client.close()
  }

  #known(system: SystemConfig): Known {
    const known = this.#centres.get(system.id)
    if (known?.client.system === system) return known
    known?.client.close()
    const fresh: Known = {
      client: new DocxgClient(system, () => this.#house.secret(`${system.id}.password`)),
      refused: known?.refused ?? (new Map() as Refused),
      cursor: { after: undefined },
      patience: new Patience(this.#house.clock),
      unknown: known?.unknown ?? (new Map() as Unknown),
    }
    this.#centres.set(system.id, fresh)
    return fresh
  }
}
