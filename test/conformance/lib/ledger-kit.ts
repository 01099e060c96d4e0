import { digestOf } from '../../../core/content/digest.ts'
import type { ContentStore, NewBody } from '../../../core/content/port.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import type {
  AcceptEntry,
  AcceptResult,
  Announcement,
  ClaimedHop,
  DeliveryBooking,
  DeliveryClaim,
  DeliveryTarget,
  HopCommitResult,
  HopOutput,
  Ledger,
} from '../../../core/ledger/port.ts'
import type { DocumentMessage, Message, Recipient } from '../../../core/message/schema.ts'
import type { Urgency } from '../../../core/message/urgency.ts'

/** How a ledger is opened for the suite; `reopen` sees what the first one stored. */
export interface LedgerKind {
  open(options: { readonly clock: TestClock; readonly hop?: HopRules }): Promise<TestLedger>
}
export interface HopRules {
  readonly maxAttempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
}
export const HOP_RULES: HopRules = { maxAttempts: 3, backoffMs: 100, maxBackoffMs: 250 }

export interface TestLedger {
  readonly ledger: Ledger
  readonly content: ContentStore
  /** closes and opens again */
  reopen(): Promise<void>
  /** closes, and removes what it stored */
  remove(): Promise<void>
}

/** Time goes on when told. */
export class TestClock {
  at = Date.UTC(2011, 4, 20, 1, 0, 0)
  now(): number {
    return this.at
  }
  pass(ms: number): number {
    return (this.at += ms)
  }
}

export const LEASE_MS = 60_000

/** One ledger with the steps of a document's way as short calls. */
export class Steps {
  readonly clock: TestClock
  readonly opened: TestLedger
  #ids = 0

  constructor(opened: TestLedger, clock: TestClock) {
    this.opened = opened
    this.clock = clock
  }

  get ledger(): Ledger {
    return this.opened.ledger
  }

  id(): string {
    return `st-${(++this.#ids).toString().padStart(6, '0')}`
  }

  document(
    options: {
      readonly id?: string
      readonly from?: string
      readonly to?: readonly string[]
      readonly urgency?: Urgency
      readonly number?: string
      readonly mustNotReach?: string[]
      readonly system?: string
      readonly direction?: 'issue' | 'report'
    } = {},
  ): DocumentMessage {
    const id = options.id ?? this.id()
    return {
      schema: 'document/1',
      kind: 'document',
      id,
      trace: id,
      number: options.number ?? `周政办〔2011〕${id.slice(3)}号`,
      from: party(options.from ?? 'office'),
      recipients: (options.to ?? ['finance']).map(recipient),
      urgency: options.urgency ?? 'ordinary',
      acceptedAt: new Date(this.clock.now()).toISOString(),
      origin: { system: options.system ?? 'oa1', account: 'a1', externalId: `ext-${id}` },
      files: [],
      ...(options.mustNotReach === undefined ? {} : { mustNotReach: options.mustNotReach }),
      document: { direction: options.direction ?? 'issue', title: '关于测试的通知' },
    }
  }

  /** A receipt, return, withdrawal or reply. */
  act(kind: 'receipt' | 'return' | 'withdrawal' | 'reply', document: DocumentMessage, unit: string): Message {
    const at = new Date(this.clock.now()).toISOString()
    const shared = {
      id: this.id(),
      trace: document.trace,
      parent: document.id,
      number: document.number,
      from: party(unit),
      recipients: [],
      urgency: document.urgency,
      acceptedAt: at,
      origin: { system: 'oa1', account: 'a1' },
      files: [],
      about: {
        id: document.id,
        number: document.number,
        title: document.document.title,
        direction: document.document.direction,
      },
    }
    switch (kind) {
      case 'receipt':
        return { ...shared, schema: 'receipt/1', kind, receipt: { state: 'signed', by: '张三', at } }
      case 'return':
        return { ...shared, schema: 'return/1', kind, return: { reason: '附件缺页', by: '张三', at } }
      case 'withdrawal':
        return { ...shared, schema: 'withdrawal/1', kind, withdrawal: { reason: '内容有误', at } }
      case 'reply':
        return { ...shared, schema: 'reply/1', kind, reply: { text: '已办结', at } }
    }
  }

  subscribe(
    name = 'issue',
    filter: Parameters<Ledger['hops']['subscribe']>[0][number]['filter'] = { source: 'oa' },
  ): Promise<void> {
    return this.ledger.hops.subscribe([{ name, filter }], this.clock.now())
  }

  accept(message: Message, entry: Partial<AcceptEntry> = {}): Promise<AcceptResult> {
    return this.ledger.acceptance.accept({
      message,
      bodies: [],
      idempotencyKey: `id:a1:${message.id}`,
      fingerprint: `f-${message.id}`,
      revisions: { profile: 'p1', directory: 'd1' },
      ...(message.kind === 'document' ? { effect: { type: 'issue' as const } } : {}),
      ...entry,
    })
  }

  async accepted(
    message: Message,
    entry: Partial<AcceptEntry> = {},
  ): Promise<Extract<AcceptResult, { status: 'accepted' }>> {
    const result = await this.accept(message, entry)
    if (result.status !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(result)}`)
    return result
  }

  /** A unit's act with its effect. */
  performed(
    kind: 'receipt' | 'return' | 'withdrawal' | 'reply',
    document: DocumentMessage,
    unit: string,
  ): Promise<AcceptResult> {
    const type = ({ receipt: 'sign', return: 'return', withdrawal: 'withdraw', reply: 'reply' } as const)[kind]
    return this.accept(this.act(kind, document, unit), { effect: { type, document: document.id, unit } })
  }

  claimHops(subscription = 'issue', max = 10, owner = 'flows'): Promise<readonly ClaimedHop[]> {
    return this.ledger.hops.claim({
      subscription,
      max,
      owner,
      now: this.clock.now(),
      leaseUntil: this.clock.now() + LEASE_MS,
    })
  }

  async claimHop(subscription = 'issue', owner = 'flows'): Promise<ClaimedHop> {
    const [hop] = await this.claimHops(subscription, 1, owner)
    if (hop === undefined) throw new Error(`no hop of ${subscription}`)
    return hop
  }

  commit(
    hops: readonly Pick<ClaimedHop, 'id' | 'attempt'>[],
    outputs: readonly HopOutput[],
    owner = 'flows',
  ): Promise<HopCommitResult> {
    return this.ledger.hops.commit({
      hops: hops.map(({ id, attempt }) => ({ id, attempt })),
      owner,
      outputs,
      flowsRevision: 'r1',
    })
  }

  async committed(
    hop: ClaimedHop,
    outputs: readonly HopOutput[],
  ): Promise<Extract<HopCommitResult, { status: 'committed' }>> {
    const result = await this.commit([hop], outputs)
    if (result.status !== 'committed') throw new Error(`not committed: ${JSON.stringify(result)}`)
    return result
  }

  fail(hop: ClaimedHop, countAttempt = true, owner = 'flows') {
    return this.ledger.hops.fail({
      id: hop.id,
      attempt: hop.attempt,
      owner,
      failure: FAILURE,
      now: this.clock.now(),
      countAttempt,
    })
  }

  /** Accepts a message and sends it through its hop to these targets. */
  async sent(
    message: Message,
    targets: readonly DeliveryTarget[],
    entry: Partial<AcceptEntry> = {},
  ): Promise<readonly Announcement[]> {
    const preclaim = { owner: 'flows', leaseUntil: this.clock.now() + LEASE_MS, subscriptions: ['issue'] }
    const {
      hops: [hop],
    } = await this.accepted(message, { ...entry, preclaim })
    if (hop === undefined) throw new Error(`no hop for ${message.id}`)
    return (await this.committed(hop, [{ message: 'input', targets }])).announce
  }

  /** Finishes every hop of a subscription, so that what comes next stands alone. */
  async drain(subscription = 'issue'): Promise<void> {
    for (;;) {
      this.clock.pass(LEASE_MS * 10)
      const { events } = await this.ledger.hops.recover({ now: this.clock.now() })
      const hops = await this.claimHops(subscription, 1_000, 'drain')
      if (hops.length === 0 && events.length === 0) return
      for (const hop of hops) await this.commit([hop], [], 'drain')
    }
  }

  claim(row: string, owner = 'worker'): Promise<DeliveryClaim> {
    return this.ledger.deliveries.claim({ row, owner, now: this.clock.now(), leaseUntil: this.clock.now() + LEASE_MS })
  }

  async claimed(row: string, owner = 'worker'): Promise<Extract<DeliveryClaim, { status: 'claimed' }>> {
    const claim = await this.claim(row, owner)
    if (claim.status !== 'claimed') throw new Error(`not claimed: ${row}`)
    return claim
  }

  book(claim: { readonly row: string; readonly fence: number }, booking: DeliveryBooking, owner = 'worker') {
    return this.ledger.deliveries.book({
      row: claim.row,
      fence: claim.fence,
      owner,
      now: this.clock.now(),
      booking,
    })
  }

  /** Claims a row and books it. */
  async delivered(row: string, booking: DeliveryBooking = { type: 'delivered', ms: 5 }) {
    return this.book(await this.claimed(row), booking)
  }

  sweep(options: { readonly announcedBefore?: number; readonly max?: number; readonly deadOwner?: string } = {}) {
    return this.ledger.deliveries.sweep({
      now: this.clock.now(),
      announcedBefore: this.clock.now(),
      max: 100,
      ...options,
    })
  }

  async states(document: string): Promise<Record<string, string>> {
    const status = await this.ledger.journal.status(document)
    return Object.fromEntries((status?.recipients ?? []).map((r) => [r.unit, r.state]))
  }
}

export const FAILURE = {
  code: 'HOP_FAILED',
  message: '转换失败',
  node: 'n1',
  nodeName: '转换',
  nodeType: 'map',
} as const
export const ERROR = { code: 'SYSTEM_FAULT', zh: '对方应答异常', en: 'the system answered with a fault' } as const
export const REFUSED = { type: 'refused', error: ERROR } as const

export function push(unit: string, options: Partial<DeliveryTarget> = {}): DeliveryTarget {
  return { system: 'oa2', unit, mode: 'push', order: 'document', ...options }
}

export function pickup(unit: string, options: Partial<DeliveryTarget> = {}): DeliveryTarget {
  return push(unit, { mode: 'pickup', ...options })
}

export function party(unit: string) {
  return { unit, name: `${unit} 单位` }
}

function recipient(unit: string): Recipient {
  return { ...party(unit), role: 'to' }
}

export function bodyOf(text: string | Uint8Array): NewBody {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return { digest: digestOf(bytes), bytes }
}

export const rowsOf = (announce: readonly Announcement[]): string[] => announce.map((a) => a.row)
export const codesOf = (events: readonly YizhanEvent[]): string[] => events.map((e) => e.code)
