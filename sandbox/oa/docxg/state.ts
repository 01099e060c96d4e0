import { EventEmitter } from 'node:events'
import { JsonLog, readJsonLog } from '../../files/json-log.ts'

/** 未接收、已接收、已阅读 */
export type ReceiveStatus = 0 | 1 | 2

/** A document in the centre's tables, on its way to the station or come from there. Files are named by digest. */
export interface CentreDocument {
  /** the centre's id of the document */
  readonly docguid: string
  /** who put it in: a department code, and the name as written */
  readonly sender: string
  readonly senderName: string
  readonly number: { readonly code: string; readonly year: string; readonly serial: string }
  readonly title: string
  readonly documentType: string
  /** 特急、紧急、急件、平件 */
  readonly priority: string
  readonly toNames: string
  readonly ccNames: string
  readonly signer: string
  readonly date: string
  readonly keyword: string
  readonly files: readonly {
    readonly name: string
    readonly role: 'main' | 'annex'
    readonly size: number
    readonly digest: string
  }[]
}

type Change =
  | { readonly e: 'queued'; readonly queueId: string; readonly document: CentreDocument }
  | { readonly e: 'received'; readonly queueId: string }
  | { readonly e: 'refused'; readonly docguid: string; readonly remark: string }
  | {
      readonly e: 'saved'
      readonly docguid: string
      readonly units: readonly string[]
      readonly sender: string
      readonly number: string
    }
  | {
      readonly e: 'status'
      readonly docguid: string
      readonly unit: string
      readonly status: ReceiveStatus
      readonly at: string
    }
  | {
      readonly e: 'untread'
      readonly id: string
      readonly docguid: string
      readonly unit: string
      readonly remark: string
      readonly at: string
    }
  | { readonly e: 'seen'; readonly id: string }

/** A document that units of the centre sent, waiting for the station to fetch it. */
export interface Queued {
  readonly queueId: string
  readonly document: CentreDocument
  readonly state: 'waiting' | 'received' | 'refused'
  readonly remark?: string
}
/** What the station put in, and how far each unit is with it. */
export interface Saved {
  readonly docguid: string
  readonly sender: string
  readonly number: string
  readonly states: ReadonlyMap<string, { readonly status: ReceiveStatus; readonly at: string }>
}
/** A return that the station has not looked at yet. */
export interface Untread {
  readonly id: string
  readonly docguid: string
  readonly unit: string
  readonly remark: string
  readonly at: string
  readonly seen: boolean
}

/**
 * The exchange centre's tables: made from a log of changes, each durable before it counts, so that a centre that is
 * started again knows what it knew. `queue` is emitted when a queued document is received or refused.
 */
export class CentreState extends EventEmitter<{ queue: [string] }> {
  readonly #log: JsonLog<Change>
  readonly #queue = new Map<string, Queued>()
  readonly #saved = new Map<string, Saved>()
  readonly #untread = new Map<string, Untread>()

  constructor(path: string) {
    super()
    this.setMaxListeners(100)
    for (const change of readJsonLog<Change>(path)) this.#apply(change)
    this.#log = new JsonLog(path)
  }

  get waiting(): readonly Queued[] {
    return [...this.#queue.values()].filter((one) => one.state === 'waiting')
  }

  queued(queueId: string): Queued | undefined {
    return this.#queue.get(queueId)
  }

  saved(docguid: string): Saved | undefined {
    return this.#saved.get(docguid)
  }

  /** Returns not looked at (0), looked at (1) or all (2), oldest first. */
  untread(status: number): readonly Untread[] {
    return [...this.#untread.values()].filter((one) => status === 2 || one.seen === (status === 1))
  }

  queue(queueId: string, document: CentreDocument): Promise<void> {
    return this.#change({ e: 'queued', queueId, document })
  }

  /** The station has it. False if there is no such thing in the queue. */
  async receive(queueId: string): Promise<boolean> {
    if (!this.#queue.has(queueId)) return false
    await this.#change({ e: 'received', queueId })
    this.emit('queue', queueId)
    return true
  }

  /** The station gives it back to its sender. */
  async refuse(docguid: string, remark: string): Promise<boolean> {
    const found = [...this.#queue.values()].find((one) => one.document.docguid === docguid || one.queueId === docguid)
    if (found === undefined) return false
    await this.#change({ e: 'refused', docguid: found.document.docguid, remark })
    this.emit('queue', found.queueId)
    return true
  }

  save(docguid: string, units: readonly string[], sender: string, number: string): Promise<void> {
    return this.#change({ e: 'saved', docguid, units, sender, number })
  }

  setStatus(docguid: string, unit: string, status: ReceiveStatus): Promise<void> {
    return this.#change({ e: 'status', docguid, unit, status, at: new Date().toISOString() })
  }

  addUntread(id: string, docguid: string, unit: string, remark: string): Promise<void> {
    return this.#change({ e: 'untread', id, docguid, unit, remark, at: new Date().toISOString() })
  }

  /** The station has looked at returns of this document, or at this return. False if there are none. */
  async see(idOrDocguid: string): Promise<boolean> {
    const found = [...this.#untread.values()].filter((one) => one.id === idOrDocguid || one.docguid === idOrDocguid)
    for (const one of found) await this.#change({ e: 'seen', id: one.id })
    return found.length > 0
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  async #change(change: Change): Promise<void> {
    await this.#log.add(change)
    this.#apply(change)
  }

  #apply(change: Change): void {
    switch (change.e) {
      case 'queued':
        this.#queue.set(change.queueId, { queueId: change.queueId, document: change.document, state: 'waiting' })
        break
      case 'received': {
        const one = this.#queue.get(change.queueId)
        if (one?.state === 'waiting') this.#queue.set(change.queueId, { ...one, state: 'received' })
        break
      }
      case 'refused':
        for (const one of this.#queue.values())
          if (one.document.docguid === change.docguid)
            this.#queue.set(one.queueId, { ...one, state: 'refused', remark: change.remark })
        break
      case 'saved': {
        const states = new Map(this.#saved.get(change.docguid)?.states)
        for (const unit of change.units) if (!states.has(unit)) states.set(unit, { status: 0, at: '' })
        this.#saved.set(change.docguid, {
          docguid: change.docguid,
          sender: change.sender,
          number: change.number,
          states,
        })
        break
      }
      case 'status': {
        // A unit may be quicker with its signature than the centre with the rest of its tables.
        const saved = this.#saved.get(change.docguid) ?? {
          docguid: change.docguid,
          sender: '',
          number: '',
          states: new Map(),
        }
        this.#saved.set(change.docguid, {
          ...saved,
          states: new Map([...saved.states, [change.unit, { status: change.status, at: change.at }]]),
        })
        break
      }
      case 'untread':
        this.#untread.set(change.id, {
          id: change.id,
          docguid: change.docguid,
          unit: change.unit,
          remark: change.remark,
          at: change.at,
          seen: false,
        })
        break
      case 'seen': {
        const one = this.#untread.get(change.id)
        if (one !== undefined) this.#untread.set(change.id, { ...one, seen: true })
      }
    }
  }
}
