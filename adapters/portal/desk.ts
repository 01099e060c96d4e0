import type { House } from '../../core/adapter/port.ts'
import { accountSecret } from '../../core/config/needed-secrets.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { DraftFile, PetitionDraft } from '../../core/door/port.ts'
import { petitionPaper } from './paper.ts'
import type { Credentials } from '../kit/http/credentials.ts'
import type { Accepted, PortalCaller, PortalHouse, Submission } from './port.ts'
import { queryCodeOf } from './query-code.ts'
import { Shelf } from './shelf.ts'
import { petitionView } from './view.ts'
import { isOneOf, sameSecret } from '../../core/util/same-secret.ts'

const PAPER = '信访件.txt'

/** The house behind one portal's interface. */
export class PortalDesk implements PortalHouse {
  readonly #house: House
  readonly #system: string
  readonly #shelf: Shelf

  constructor(house: House, system: Pick<SystemConfig, 'id'>) {
    this.#house = house
    this.#system = system.id
    this.#shelf = new Shelf(house, system.id)
  }

  authenticate(credentials: Credentials, source = 'unknown'): PortalCaller {
    const { door } = this.#house
    const name = credentials.scheme === 'basic' ? credentials.name : this.#holderOf(credentials.token)
    const given = credentials.scheme === 'basic' ? credentials.password : credentials.token
    const account = door.authenticate(this.#system, name, (secret) => sameSecret(secret, given), source)
    return { account: account.id, system: this.#system }
  }

  async accept({ caller, petition, externalId, raw }: Submission): Promise<Accepted> {
    const { purpose, title, text, place, category, petitioner, accused, publish, files, notClassified } = petition
    const codeOf = (id: string): string => queryCodeOf(id, this.#house.secret(`${this.#system}.query`))
    const paper: DraftFile = {
      name: PAPER,
      role: 'main',
      mediaType: 'text/plain; charset=utf-8',
      bytes: petitionPaper(petition, files),
    }
    const draft: PetitionDraft = {
      kind: 'petition',
      externalId,
      notClassified,
      codeOf,
      petition: { purpose, title, text, place, category, petitioner, accused, publish },
      files: [
        paper,
        ...files.map(({ name, mediaType, bytes }): DraftFile => ({ name, mediaType, bytes, role: 'annex' })),
      ],
    }
    const account = { id: caller.account, system: caller.system, units: [] }
    const answer = await this.#house.door.accept(account, draft, {
      contentType: raw.contentType,
      pieces: [{ bytes: raw.bytes }],
    })
    // The first answer again, with its time, and its code: the secret may have changed since.
    const first = answer.repeated ? await this.#house.ledger.journal.message(answer.id) : undefined
    return {
      id: answer.id,
      queryCode: first?.number ?? codeOf(answer.id),
      acceptedAt: first?.acceptedAt ?? answer.acceptedAt,
    }
  }

  petition(queryCode: string) {
    return petitionView(this.#house, this.#system, queryCode)
  }

  publications(after: string | undefined, limit: number) {
    return this.#shelf.page(after, limit)
  }

  publication(id: string) {
    return this.#shelf.publication(id)
  }

  /**
   * The account with this token; every account is looked at, so that the time tells nothing. An empty name is nobody's.
   */
  #holderOf(token: string): string {
    let holder = ''
    for (const { id, system } of this.#house.city().accounts) {
      if (system === this.#system && isOneOf(token, this.#house.accepted(accountSecret(id)))) holder = id
    }
    return holder
  }
}
