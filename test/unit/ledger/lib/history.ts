import { asYizhanError } from '../../../../core/errors/error.ts'
import type { ClaimedHop, DeliveryTarget, Ledger } from '../../../../core/ledger/port.ts'
import type { DeliveryRow } from '../../../../core/ledger/schema.ts'
import { subjectId, type DocumentMessage, type Message } from '../../../../core/message/schema.ts'
import { deliveryId, derivedId } from '../../../../core/message/ids.ts'
import type { Urgency } from '../../../../core/message/urgency.ts'
import { ERROR, FAILURE, LEASE_MS, Steps, TestClock } from '../../../conformance/lib/ledger-kit.ts'

/** What may happen next. Numbers choose among what there is; a choice among nothing does nothing. */
export type Happening =
  | { readonly type: 'issue'; readonly units: number; readonly urgency: Urgency; readonly repeat: boolean }
  | { readonly type: 'withdraw'; readonly pick: number }
  | { readonly type: 'claim-hops'; readonly owner: string; readonly max: number }
  | {
      readonly type: 'commit'
      readonly pick: number
      readonly order: 'document' | 'unit'
      readonly pickup: boolean
      readonly derive: boolean
      readonly answered: boolean
    }
  | { readonly type: 'fail'; readonly pick: number; readonly count: boolean }
  | { readonly type: 'claim'; readonly pick: number; readonly owner: string }
  | {
      readonly type: 'book'
      readonly pick: number
      readonly as: 'delivered' | 'refused' | 'retry' | 'uncounted' | 'in-doubt' | 'held'
    }
  | { readonly type: 'fetch'; readonly pick: number }
  | { readonly type: 'replay'; readonly pick: number }
  | { readonly type: 'recover'; readonly owner: string }
  | { readonly type: 'sweep'; readonly deadOwner: string | undefined; readonly max: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'crash' }

interface Expected {
  readonly row: string
  readonly message: Message
  readonly target: DeliveryTarget
}

const UNITS = ['u0', 'u1', 'u2']

/** A ledger that can be left in the middle and opened again. */
export interface HistoryLedger {
  readonly ledger: Ledger
  start(): Promise<void>
  /** as a kill leaves it */
  stop(): Promise<void> | void
  remove(): Promise<void> | void
  /** the table of deliveries */
  deliveries(): Promise<readonly DeliveryRow[]> | readonly DeliveryRow[]
}

/** One history: does what happens, and checks after each step what must always hold. */
export class History {
  readonly #clock = new TestClock()
  readonly #steps: Steps
  readonly #local: HistoryLedger
  readonly #documents: DocumentMessage[] = []
  readonly #accepted = new Map<string, Message>()
  readonly #held: { readonly hop: ClaimedHop; readonly owner: string }[] = []
  readonly #claims: { readonly row: string; readonly fence: number; readonly owner: string }[] = []
  /** rows that some call has announced, in any order */
  readonly #announced: string[] = []
  /** by lane: the claim that holds it, until it is booked or taken from its worker */
  readonly #busy = new Map<string, { readonly row: string; readonly fence: number; readonly owner: string }>()
  /** by hop: the attempt that was claimed last */
  readonly #attempts = new Map<string, number>()
  readonly expected = new Map<string, Expected>()
  readonly delivered = new Map<string, number>()
  readonly #committed = new Map<string, number>()

  private constructor(local: HistoryLedger, clock: TestClock) {
    this.#local = local
    this.#clock = clock
    this.#steps = new Steps(
      {
        get ledger() {
          return local.ledger
        },
        content: undefined as never,
        reopen: () => Promise.resolve(),
        remove: () => Promise.resolve(),
      },
      clock,
    )
  }

  static async begin(open: (clock: TestClock) => Promise<HistoryLedger>): Promise<History> {
    const clock = new TestClock()
    const history = new History(await open(clock), clock)
    await history.#steps.subscribe()
    return history
  }

  async remove(): Promise<void> {
    await this.#local.remove()
  }

  async happen(h: Happening): Promise<void> {
    switch (h.type) {
      case 'issue':
        return this.#issue(h)
      case 'withdraw':
        return this.#withdraw(h)
      case 'claim-hops':
        return this.#claimHops(h.owner, h.max)
      case 'commit':
        return this.#commit(h)
      case 'fail':
        return this.#fail(h)
      case 'claim':
        return this.#claim(pick(this.#announced, h.pick), h.owner)
      case 'book':
        return this.#book(h)
      case 'fetch':
        return this.#fetch(h)
      case 'replay':
        return this.#replay(h)
      case 'recover':
        await this.#steps.ledger.hops.recover({ owner: h.owner, now: this.#clock.now() })
        return
      case 'sweep':
        return this.#sweep(h.max, h.deadOwner)
      case 'pass':
        this.#clock.pass(h.ms)
        return
      case 'crash':
        // whoever asked has died too: what was held is only remembered, to come late
        await this.#local.stop()
        return this.#local.start()
    }
  }

  async #issue(h: Extract<Happening, { type: 'issue' }>): Promise<void> {
    const earlier = this.#documents.at(-1)
    if (h.repeat && earlier !== undefined) {
      const again = await this.#steps.accept(
        { ...earlier, id: this.#steps.id() },
        { idempotencyKey: `id:a1:${earlier.id}`, fingerprint: `f-${earlier.id}` },
      )
      if (again.status !== 'repeated' || again.id !== earlier.id) throw new Error(`a repetition was ${again.status}`)
      return
    }
    const document = this.#steps.document({ to: UNITS.slice(0, h.units), urgency: h.urgency })
    await this.#steps.accepted(document)
    this.#documents.push(document)
    this.#accepted.set(document.id, document)
  }

  async #withdraw(h: Extract<Happening, { type: 'withdraw' }>): Promise<void> {
    const document = pick(this.#documents, h.pick)
    if (document === undefined) return
    const withdrawal: Message = {
      ...this.#steps.act('withdrawal', document, 'office'),
      urgency: 'flash',
      recipients: document.recipients,
    }
    const result = await this.#steps.accept(withdrawal, {
      effect: { type: 'withdraw', document: document.id, unit: 'office' },
    })
    if (result.status === 'accepted') this.#accepted.set(withdrawal.id, withdrawal)
  }

  async #claimHops(owner: string, max: number): Promise<void> {
    for (const hop of await this.#steps.claimHops('issue', max, owner)) {
      this.#held.push({ hop, owner })
      this.#attempts.set(hop.id, hop.attempt)
    }
  }

  async #commit(h: Extract<Happening, { type: 'commit' }>): Promise<void> {
    const held = pick(this.#held, h.pick)
    if (held === undefined) return
    const { hop, owner } = held
    const input = this.#accepted.get(hop.message.id)
    if (input === undefined) throw new Error('a hop of what nobody sent')
    // What is said about a document goes as it is; a document may go on as another message.
    const message: Message =
      h.derive && input.kind === 'document' ? { ...input, id: derivedId(input.id, 'copy'), parent: input.id } : input
    const targets = input.recipients.map((r): DeliveryTarget => ({
      system: 'oa2',
      unit: r.unit,
      mode: h.pickup ? 'pickup' : 'push',
      order: h.order,
    }))
    const result = await this.#steps.commit([hop], [{ message: message === input ? 'input' : message, targets }], owner)
    if (result.status === 'refused') throw new Error('refused')
    if (result.status === 'stale') return
    if (hop.attempt !== this.#attempts.get(hop.id))
      throw new Error(`${hop.id} was committed by an attempt that is over`)
    this.#committed.set(hop.id, (this.#committed.get(hop.id) ?? 0) + 1)
    if (this.#committed.get(hop.id) !== 1) throw new Error(`${hop.id} was committed twice`)
    for (const target of targets) {
      const row = deliveryId(message.id, target.unit ?? '')
      this.expected.set(row, { row, message, target })
    }
    if (h.answered) this.#announced.push(...result.announce.map((a) => a.row))
  }

  async #fail(h: Extract<Happening, { type: 'fail' }>): Promise<void> {
    const held = pick(this.#held, h.pick)
    if (held === undefined) return
    await this.#steps.ledger.hops.fail({
      id: held.hop.id,
      attempt: held.hop.attempt,
      owner: held.owner,
      failure: FAILURE,
      now: this.#clock.now(),
      countAttempt: h.count,
    })
  }

  async #claim(row: string | undefined, owner: string): Promise<void> {
    if (row === undefined) return
    const claim = await this.#steps.claim(row, owner)
    if (claim.status === 'nothing') {
      this.#announced.push(...claim.announce.map((a) => a.row))
      return
    }
    const held = { row, fence: claim.fence, owner }
    await this.#mayBeClaimed(held)
    this.#claims.push(held)
  }

  /** A lane never runs two at once, and nothing about a document is claimed before what is earlier about it. */
  async #mayBeClaimed(claim: { readonly row: string; readonly fence: number; readonly owner: string }): Promise<void> {
    const { row } = claim
    const now = this.#expected(row)
    const lane = laneName(now)
    const other = this.#busy.get(lane)
    if (other !== undefined) throw new Error(`${row} was claimed while ${other.row} is under way in its lane`)
    this.#busy.set(lane, claim)
    for (const earlier of this.expected.values()) {
      if (earlier === now) break
      if (
        subjectId(earlier.message) === subjectId(now.message) &&
        earlier.target.unit === now.target.unit &&
        (await this.#isOpen(earlier.row))
      ) {
        throw new Error(`${row} was claimed before ${earlier.row} was finished`)
      }
    }
  }

  async #book(h: Extract<Happening, { type: 'book' }>): Promise<void> {
    const claim = pick(this.#claims, h.pick)
    if (claim === undefined) return
    const dueAt = this.#clock.now() + 500
    const booking = {
      delivered: { type: 'delivered', ms: 1 },
      refused: { type: 'refused', error: ERROR },
      held: { type: 'held', error: ERROR },
      retry: { type: 'retry', error: ERROR, dueAt, countAttempt: true },
      uncounted: { type: 'retry', error: ERROR, dueAt, countAttempt: false },
      'in-doubt': { type: 'in-doubt', error: ERROR, dueAt },
    } as const
    const held = this.#busy.get(laneName(this.#expected(claim.row))) === claim
    const result = await this.#steps.book(claim, booking[h.as], claim.owner)
    if (result.status === 'stale') return
    if (!held) throw new Error(`${claim.row} was booked by a worker that does not hold it`)
    this.#busy.delete(laneName(this.#expected(claim.row)))
    // its holder has let go of it, and will not book it again
    this.#claims.splice(this.#claims.indexOf(claim), 1)
    if (h.as === 'delivered') this.#count(claim.row)
    this.#announced.push(...result.announce.map((a) => a.row))
  }

  async #fetch(h: Extract<Happening, { type: 'fetch' }>): Promise<void> {
    for (const unit of UNITS) {
      const items = await this.#steps.ledger.pickup.list({ system: 'oa2', unit, max: 100 })
      const item = pick(items, h.pick)
      if (item === undefined) continue
      await this.#steps.ledger.pickup.fetched({ row: item.row, now: this.#clock.now(), ms: 1 })
      if (item.fetchedAt === undefined) this.#count(item.row)
    }
  }

  async #replay(h: Extract<Happening, { type: 'replay' }>): Promise<void> {
    const letter = pick(await this.#steps.ledger.deadLetters.list({ max: 100 }), h.pick)
    if (letter === undefined) return
    const replay = this.#steps.ledger.deadLetters.replay({ id: letter.id, actor: 'op', now: this.#clock.now() })
    if (this.#isWithdrawn(letter.message)) {
      const code = await replay.then(
        () => 'replayed',
        (error: unknown) => asYizhanError(error).code,
      )
      if (code !== 'WITHDRAWN') throw new Error(`${letter.id} was withdrawn, and replaying it was ${code}`)
      return
    }
    this.#announced.push(...(await replay).announce.map((a) => a.row))
  }

  #isWithdrawn(message: Message): boolean {
    if (message.kind !== 'document') return false
    const document = message.parent ?? message.id
    return [...this.#accepted.values()].some((other) => other.kind === 'withdrawal' && subjectId(other) === document)
  }

  async #sweep(max: number, deadOwner?: string): Promise<void> {
    const swept = await this.#steps.sweep({ max, ...(deadOwner === undefined ? {} : { deadOwner }) })
    for (const event of swept.events) {
      if (event.code !== 'delivery.in-doubt' || event.row === undefined) continue
      this.#busy.delete(laneName(this.#expected(event.row)))
    }
    this.#announced.push(...swept.announce.map((a) => a.row))
  }

  /** Everybody works until nothing is left to do; whatever is still open then was lost. */
  async finish(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      this.#clock.pass(LEASE_MS * 2)
      await this.#steps.ledger.hops.recover({ now: this.#clock.now() })
      this.#held.length = 0
      await this.#claimHops('last', 100)
      for (let i = this.#held.length; i > 0; i--)
        await this.#commit({
          type: 'commit',
          pick: i - 1,
          order: 'document',
          pickup: false,
          derive: false,
          answered: false,
        })
      this.#announced.length = 0
      await this.#sweep(1)
      const rows = [...this.#announced]
      for (const row of rows) {
        await this.#claim(row, 'last')
        const claim = this.#claims.at(-1)
        if (claim?.row === row) await this.#book({ type: 'book', pick: this.#claims.length - 1, as: 'delivered' })
      }
      for (let i = 0; i < 10; i++) await this.#fetch({ type: 'fetch', pick: i })
      if (rows.length === 0 && (await this.#open()) === 0) return
    }
    throw new Error(
      `still open after everybody has worked on it: ${JSON.stringify((await this.#local.deliveries()).filter(({ open }) => open === 1))}`,
    )
  }

  async check(): Promise<void> {
    const { dead } = await this.#steps.ledger.journal.backlog()
    const letters = new Set((await this.#steps.ledger.deadLetters.list({ max: 10_000 })).map((l) => l.id))
    if (letters.size !== dead) throw new Error('the dead letters do not add up')
    for (const id of this.#accepted.keys()) {
      const hop = `${id}@issue`
      if (!this.#committed.has(hop) && !letters.has(hop)) throw new Error(`${id} was lost before its flow`)
    }
    const rows = await this.#local.deliveries()
    if (rows.length !== this.expected.size)
      throw new Error(`${rows.length} deliveries instead of ${this.expected.size}`)
    for (const { id, state } of rows) {
      if (!this.expected.has(id)) throw new Error(`nobody asked for ${id}`)
      const times = this.delivered.get(id) ?? 0
      if (letters.has(id) ? times !== 0 : times !== 1) throw new Error(`${id} (${state}) was delivered ${times} times`)
    }
    const chain = await this.#steps.ledger.journal.verify()
    if (!chain.ok) throw new Error(`the chain is broken: ${chain.reason}`)
  }

  async #open(): Promise<number> {
    const backlog = await this.#steps.ledger.journal.backlog()
    return [backlog.hops, backlog.deliveries, backlog.pickup]
      .flatMap((b) => Object.values(b))
      .reduce((a, b) => a + b, 0)
  }

  #count(row: string): void {
    this.delivered.set(row, (this.delivered.get(row) ?? 0) + 1)
  }

  async #isOpen(row: string): Promise<boolean> {
    return (await this.#local.deliveries()).some(({ id, open }) => id === row && open === 1)
  }

  #expected(row: string): Expected {
    const expected = this.expected.get(row)
    if (expected === undefined) throw new Error(`nobody asked for ${row}`)
    return expected
  }
}

function laneName({ message, target }: Expected): string {
  return target.order === 'unit' ? `${target.system} ${target.unit}` : `${subjectId(message)} ${target.unit}`
}

function pick<T>(from: readonly T[], n: number): T | undefined {
  return from[n % from.length]
}
