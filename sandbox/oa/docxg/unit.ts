import { hash, randomUUID } from 'node:crypto'
import { until } from '../../clerk/until.ts'
import type { CountedUnit } from '../../counting/units.ts'
import type { Kept } from '../item.ts'
import type { Paper, UrgencyWord } from '../paper.ts'
import { Refused, TryAgain, type UnitOa } from '../port.ts'
import type { CentreState } from './state.ts'

/** How long a unit waits for the station to fetch what it sent before it looks again, in milliseconds. */
const PATIENCE = 15_000
const PRIORITIES: Readonly<Record<UrgencyWord, string>> = { 特急: '特急', 加急: '紧急', 普通: '平件' }

/**
 * A unit behind the exchange centre: what it sends lies in the centre's queue until the station has fetched it, and
 * that is its acknowledgement; what it signs and returns stands in the centre's tables, where the station looks.
 */
export class DocxgUnit implements UnitOa {
  readonly unit: string
  readonly system: string
  readonly dialect = 'docxg'
  /** the dialect has neither withdrawal nor reply */
  readonly can = { withdraw: false, return: true, reply: false }
  readonly #entry: CountedUnit
  readonly #state: CentreState
  readonly #store: (bytes: Buffer) => string

  constructor(entry: CountedUnit, state: CentreState, store: (bytes: Buffer) => string) {
    this.unit = entry.id
    this.system = entry.system
    this.#entry = entry
    this.#state = state
    this.#store = store
  }

  async submit(paper: Paper): Promise<string> {
    const queueId = guid(`${paper.key}/queue`)
    if (this.#state.queued(queueId) === undefined) await this.#queue(queueId, paper)
    const done = (): boolean => this.#state.queued(queueId)?.state !== 'waiting'
    try {
      await until(done, this.#state, 'queue', PATIENCE, paper.number)
    } catch (error) {
      throw new TryAgain('站点尚未来取 the station has not fetched it yet', error)
    }
    const queued = this.#state.queued(queueId)
    if (queued?.state === 'refused')
      throw new Refused(/[A-Z][A-Z_]+/.exec(queued.remark ?? '')?.[0] ?? 'UNKNOWN', queued.remark ?? '')
    return queueId
  }

  async sign(item: Kept): Promise<string> {
    await this.#state.setStatus(item.id, this.unit, 1)
    return item.id
  }

  async return(item: Kept, reason: string): Promise<string> {
    const id = randomUUID()
    await this.#state.addUntread(id, item.id, this.unit, reason)
    return id
  }

  reply(): Promise<string> {
    return Promise.reject(new Refused('NOT_SUPPORTED', '该方言没有办理答复 / the dialect has no reply'))
  }

  withdraw(): Promise<string> {
    return Promise.reject(new Refused('NOT_SUPPORTED', '该方言没有撤回 / the dialect has no withdrawal'))
  }

  poll(): Promise<number> {
    return Promise.resolve(0)
  }

  #queue(queueId: string, paper: Paper): Promise<void> {
    const [, code = '', year = '', serial = ''] = /^(.+?)〔(\d{4})〕(\d+)号$/u.exec(paper.number) ?? []
    return this.#state.queue(queueId, {
      docguid: guid(paper.key),
      sender: this.#entry.codes[0] ?? this.unit,
      senderName: paper.issuers?.map(({ name }) => name).join(';') ?? this.#entry.name,
      number: { code, year, serial },
      title: paper.title,
      documentType: paper.documentType,
      priority: PRIORITIES[paper.urgency],
      toNames: paper.to,
      ccNames: paper.cc ?? '',
      signer: paper.signer ?? '',
      date: paper.date,
      keyword: '',
      files: paper.files.map(({ name, role, bytes }) => ({
        name,
        role,
        size: bytes.length,
        digest: this.#store(bytes),
      })),
    })
  }
}

/** A GUID that follows from a text: the same submission has the same one on every try. */
function guid(text: string): string {
  return hash('sha256', text, 'hex').replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/u, '$1-$2-4$3-8$4-$5')
}
