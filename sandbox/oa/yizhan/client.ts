import type { Inboxes } from '../inboxes.ts'
import type { Kept } from '../item.ts'
import type { Paper } from '../paper.ts'
import type { Sent, UnitOa } from '../port.ts'
import { readItem } from './items.ts'
import type { SoapClient } from './soap-client.ts'
import { listAt, objectAt, textAt } from './values.ts'

/** How many rows a look at the inbox asks for. */
const ROWS = 500

/** An OA that calls the station's own SOAP service, a node-soap client made from its WSDL. */
export class YizhanOa implements UnitOa {
  readonly unit: string
  readonly system: string
  readonly dialect = 'yizhan'
  readonly can = { withdraw: true, return: true, reply: true }
  readonly #client: SoapClient
  readonly #inboxes: Inboxes
  readonly #fetches: boolean

  /** @param fetches false where the station pushes instead */
  constructor(unit: string, system: string, client: SoapClient, inboxes: Inboxes, fetches: boolean) {
    this.unit = unit
    this.system = system
    this.#client = client
    this.#inboxes = inboxes
    this.#fetches = fetches
  }

  async submit(paper: Paper): Promise<string> {
    return answerOf(await this.#client.call('Submit', { document: this.documentOf(paper) }))
  }

  /** The `document` of a submission, for node-soap. */
  documentOf(paper: Paper): object {
    return {
      submissionId: paper.key,
      from: this.unit,
      ...(paper.issuers === undefined ? {} : { issuer: paper.issuers.map(({ name }) => name) }),
      documentType: paper.documentType,
      ...(paper.securityClass === undefined || paper.securityClass === ''
        ? {}
        : { securityClass: paper.securityClass }),
      emergencyDegree: paper.urgency,
      issuedNumberOfDocument: paper.number,
      ...(paper.signer === undefined ? {} : { signer: paper.signer }),
      documentTitle: paper.title,
      mainReceiverDepartment: paper.to,
      documentDate: paper.date,
      ...(paper.cc === undefined ? {} : { copyToDepartment: paper.cc }),
      ...(paper.releaseLevel === undefined ? {} : { releaseLevel: paper.releaseLevel }),
      files: {
        file: paper.files.map(({ name, role, bytes }) => ({
          name,
          role,
          size: bytes.length,
          content: bytes.toString('base64'),
        })),
      },
    }
  }

  async sign(item: Kept, by: string): Promise<string> {
    return answerOf(await this.#client.call('Sign', { id: item.id, by }))
  }

  async return(item: Kept, reason: string, by: string): Promise<string> {
    return answerOf(await this.#client.call('ReturnDocument', { id: item.id, reason, by }))
  }

  async reply(item: Kept, text: string, result: string | undefined, by: string): Promise<string> {
    return answerOf(
      await this.#client.call('Reply', {
        id: item.id,
        replyText: text,
        ...(result === undefined ? {} : { result }),
        by,
      }),
    )
  }

  async withdraw(sent: Sent, reason: string, by: string): Promise<string> {
    return answerOf(await this.#client.call('Withdraw', { id: sent.key, reason, by }))
  }

  async poll(): Promise<number> {
    if (!this.#fetches) return 0
    const entries = listAt(await this.#client.call('ListItems', { maxItems: ROWS }), 'entry')
    let found = 0
    for (const entry of entries) {
      const [id, kind] = [textAt(entry, 'id'), textAt(entry, 'kind')]
      if (id === undefined) continue
      if (!this.#inboxes.has(this.system, this.unit, id)) {
        const answer = await this.#client.call('Fetch', { id })
        await this.#inboxes.keep(readItem(objectAt(answer, 'item'), this.system, this.unit))
        found++
      }
      // What needs no clerk's decision is taken note of by the program: it leaves the list.
      if (kind !== 'document') await this.#client.call('Sign', { id })
    }
    return found
  }
}

function answerOf(answer: object): string {
  const id = textAt(answer as Record<string, string>, 'messageId')
  if (id === undefined) throw new Error('the station answered without an acceptance number')
  return id
}
