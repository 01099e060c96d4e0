import { hash, randomBytes } from 'node:crypto'
import type { OpenedLedger } from '../core/ledger/open.ts'
import { newMessageId } from '../core/message/ids.ts'
import type { DocumentMessage } from '../core/message/schema.ts'
import type { Clock } from '../core/util/clock.ts'
import { numberOf, recipient, SENDER, submissionBodies, submissionId } from './documents.ts'

/** The four durable steps of a document's life. */
export type LifeStep = 'accept' | 'commit' | 'claim' | 'book'

export interface Life {
  readonly serial: number
  /** of its one file */
  readonly fileBytes: number
  /** units that it is delivered to */
  readonly recipients: number
}

export interface LifeOptions {
  readonly clock: Clock
  /** of the hop that takes it; a message that none wants has no life */
  readonly subscription: string
  /** is given each call of the ledger and how long it took, milliseconds */
  readonly took?: (step: LifeStep, ms: number) => void
}

const OWNER = 'bench'
const LEASE_MS = 60_000
const DAY_MS = 86_400_000

/** Leads documents through a ledger by its own port, from acceptance to the last booking. */
export class Lives {
  readonly #opened: OpenedLedger
  readonly #options: LifeOptions
  /** XML around a file, as it comes from a sender; numbers in it differ in nothing that matters here */
  readonly #before: Buffer
  readonly #after: Buffer

  constructor(opened: OpenedLedger, options: LifeOptions) {
    this.#opened = opened
    this.#options = options
    const nowhere = { port: 1, path: '/', account: '', password: '' }
    const [before] = submissionBodies(nowhere, 24, 1_000_000)(0)
    this.#before = before.subarray(0, before.indexOf('<content>') + '<content>'.length)
    this.#after = Buffer.from('</content></file></files></document></Submit></soapenv:Body></soapenv:Envelope>')
  }

  async subscribe(others: readonly Parameters<OpenedLedger['ledger']['hops']['subscribe']>[0][number][] = []) {
    const { clock, subscription } = this.#options
    const own = { name: subscription, filter: { source: 'oa', kinds: ['document'] } } as const
    await this.#opened.ledger.hops.subscribe([own, ...others], clock.now())
  }

  /** Resolves when the document is delivered to all and booked. */
  async live(life: Life): Promise<void> {
    const { acceptance, hops, deliveries } = this.#opened.ledger
    const { clock, subscription } = this.#options
    const body = randomBytes(life.fileBytes)
    const message = document(life, body, clock.now())
    const digest = message.files[0]?.digest ?? ''
    const leaseUntil = clock.now() + LEASE_MS
    const accepted = await this.#timed(
      'accept',
      acceptance.accept({
        message,
        bodies: [{ digest, bytes: body }],
        idempotencyKey: `id:${OWNER}:${submissionId(life.serial)}`,
        fingerprint: hash('sha256', message.id, 'hex'),
        raw: {
          contentType: 'text/xml; charset=utf-8',
          pieces: [{ bytes: this.#before }, { base64Of: digest }, { bytes: this.#after }],
        },
        claimsNumber: { issuer: SENDER.id, number: message.number ?? '' },
        effect: { type: 'issue' },
        revisions: { profile: 'p1', directory: 'd1' },
        preclaim: { owner: OWNER, leaseUntil, subscriptions: [subscription] },
      }),
    )
    if (accepted.status !== 'accepted') throw new Error(JSON.stringify(accepted))
    const [hop] = accepted.hops
    if (hop === undefined) throw new Error('no hop')
    const targets = message.recipients.map(({ unit }) => ({
      system: 'receiver',
      unit,
      mode: 'push' as const,
      order: 'document' as const,
      expiresAt: leaseUntil + DAY_MS,
    }))
    const committed = await this.#timed(
      'commit',
      hops.commit({ hops: [hop], owner: OWNER, flowsRevision: 'f1', outputs: [{ message: 'input', targets }] }),
    )
    if (committed.status !== 'committed') throw new Error(committed.status)
    await Promise.all(
      committed.announce.map(async ({ row }) => {
        const now = clock.now()
        const claim = await this.#timed('claim', deliveries.claim({ row, owner: OWNER, now, leaseUntil }))
        if (claim.status !== 'claimed') throw new Error(claim.status)
        const booking = { type: 'delivered', ms: 5, remoteId: 'r-1' } as const
        await this.#timed('book', deliveries.book({ row, fence: claim.fence, owner: OWNER, now, booking }))
      }),
    )
  }

  async #timed<T>(step: LifeStep, call: Promise<T>): Promise<T> {
    const at = performance.now()
    const result = await call
    this.#options.took?.(step, performance.now() - at)
    return result
  }
}

function document({ serial, recipients }: Life, body: Buffer, now: number): DocumentMessage {
  const id = newMessageId(OWNER, now)
  return {
    schema: 'document/1',
    kind: 'document',
    id,
    trace: id,
    number: numberOf(serial),
    from: { unit: SENDER.id, name: SENDER.name },
    recipients: Array.from({ length: recipients }, (_, n) => {
      const { id: unit, name } = recipient(n)
      return { unit, name, role: 'to' }
    }),
    urgency: 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: 'sender', account: OWNER, externalId: submissionId(serial) },
    files: [
      {
        name: '关于做好公文网上运行工作的通知.pdf',
        role: 'main',
        mediaType: 'application/pdf',
        size: body.byteLength,
        digest: `sha256:${hash('sha256', body, 'hex')}`,
      },
    ],
    document: {
      direction: 'issue',
      title: '关于做好二〇一一年度公文网上运行有关工作的通知',
      documentType: '通知',
      issuerMark: '市人民政府办公室文件',
      signature: '市人民政府办公室',
      mainRecipients: recipient(0).name,
      date: '2011-05-20',
      printer: '市人民政府办公室',
      printDate: '2011-05-20',
    },
  }
}
