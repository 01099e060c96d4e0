import { hash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openLedger, type OpenedLedger } from '../core/ledger/open.ts'
import { newMessageId } from '../core/message/ids.ts'
import type { DocumentMessage } from '../core/message/schema.ts'
import { systemClock } from '../core/util/clock.ts'

/**
 * The ledger alone: accept, hop commit, delivery claim, booking, from so many callers at once.
 * `node bench/ledger.ts --bytes 1024 --callers 32 --seconds 5 --recipients 1 --outcomes`
 */
const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '1024' },
    callers: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    recipients: { type: 'string', default: '1' },
    outcomes: { type: 'boolean', default: false },
  },
})
const bytes = Number(values.bytes)
const callers = Number(values.callers)
const seconds = Number(values.seconds)
const recipients = Number(values.recipients)

const folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-bench-'))
const opened = await openLedger({
  folder,
  station: 'bench',
  clock: systemClock,
  hop: { maxAttempts: 5, backoffMs: 1_000, maxBackoffMs: 60_000 },
})
const { ledger } = opened
await ledger.hops.subscribe(
  [
    { name: 'issue', filter: { source: 'oa', kinds: ['document'] } },
    ...(values.outcomes ? [{ name: 'outcomes', filter: { source: 'outcome' } } as const] : []),
  ],
  Date.now(),
)

const ENVELOPE = Buffer.from('<x>'.repeat(200))
const waits = { accept: 0, commit: 0, claim: 0, book: 0 }
let done = 0
await Promise.all(Array.from({ length: callers }, (_, caller) => run(opened, caller, Date.now() + 1_000)))
done = 0
for (const key of Object.keys(waits) as (keyof typeof waits)[]) waits[key] = 0
const before = threads()
const started = performance.now()
await Promise.all(Array.from({ length: callers }, (_, caller) => run(opened, caller, Date.now() + seconds * 1_000)))
const elapsed = (performance.now() - started) / 1_000
const after = threads()

const busy = [...after]
  .map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / done] as const)
  .filter(([, ms]) => ms > 0.001)
console.log(
  JSON.stringify({
    bytes,
    callers,
    recipients,
    perSecond: Math.round(done / elapsed),
    waitMs: Object.fromEntries(Object.entries(waits).map(([k, v]) => [k, Number((v / done).toFixed(2))])),
    cpuMsPerDocument: Object.fromEntries(busy.map(([name, ms]) => [name, Number(ms.toFixed(3))])),
  }),
)
await ledger.close()
await rm(folder, { recursive: true })

async function run({ ledger }: OpenedLedger, caller: number, until: number): Promise<void> {
  const owner = 'bench'
  while (Date.now() < until) {
    const body = randomBytes(bytes)
    const message = document(caller, body)
    const leaseUntil = Date.now() + 60_000
    const a = await timed(
      'accept',
      ledger.acceptance.accept({
        message,
        bodies: [{ digest: message.files[0]?.digest ?? '', bytes: body }],
        idempotencyKey: `id:a:${message.id}`,
        fingerprint: hash('sha256', message.id, 'hex'),
        raw: {
          contentType: 'text/xml; charset=utf-8',
          pieces: [{ bytes: ENVELOPE }, { base64Of: message.files[0]?.digest ?? '' }, { bytes: ENVELOPE }],
        },
        claimsNumber: { issuer: 'u00', number: message.number ?? '' },
        effect: { type: 'issue' },
        revisions: { profile: 'p1', directory: 'd1' },
        preclaim: { owner, leaseUntil, subscriptions: ['issue'] },
      }),
    )
    if (a.status !== 'accepted') throw new Error(JSON.stringify(a))
    const hop = a.hops[0]
    if (hop === undefined) throw new Error('no hop')
    const c = await timed(
      'commit',
      ledger.hops.commit({
        hops: [hop],
        owner,
        flowsRevision: 'f1',
        outputs: [
          {
            message: 'input',
            targets: message.recipients.map((r) => ({
              system: 'oa',
              unit: r.unit,
              mode: 'push',
              order: 'document',
              expiresAt: leaseUntil + 86_400_000,
            })),
          },
        ],
      }),
    )
    if (c.status !== 'committed') throw new Error(c.status)
    await Promise.all(
      c.announce.map(async ({ row }) => {
        const d = await timed('claim', ledger.deliveries.claim({ row, owner, now: Date.now(), leaseUntil }))
        if (d.status !== 'claimed') throw new Error(d.status)
        await timed(
          'book',
          ledger.deliveries.book({
            row,
            fence: d.fence,
            owner,
            now: Date.now(),
            booking: { type: 'delivered', ms: 5, remoteId: 'r-1' },
          }),
        )
      }),
    )
    done += 1
  }
}

async function timed<T>(name: keyof typeof waits, call: Promise<T>): Promise<T> {
  const at = performance.now()
  const result = await call
  waits[name] += performance.now() - at
  return result
}

function document(caller: number, body: Buffer): DocumentMessage {
  const now = Date.now()
  const id = newMessageId('bench', now)
  return {
    schema: 'document/1',
    kind: 'document',
    id,
    trace: id,
    number: `周政办〔2011〕${id}号`,
    from: { unit: 'u00', name: '市政府办公室' },
    recipients: Array.from({ length: recipients }, (_, i) => ({
      unit: `u${caller}-${i}`,
      name: `第${i}号单位`,
      role: 'to',
    })),
    urgency: 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: 'oa1', account: 'a1', externalId: `x-${id}` },
    files: [
      {
        name: '关于做好有关工作的通知.pdf',
        role: 'main',
        mediaType: 'application/pdf',
        size: body.byteLength,
        digest: `sha256:${hash('sha256', body, 'hex')}`,
      },
    ],
    document: {
      direction: 'issue',
      title: '关于进一步做好二〇一一年有关工作的通知',
      documentType: '通知',
      mainRecipients: '各县（市、区）人民政府，市人民政府各部门',
      date: '2011-05-20',
    },
  }
}

/** CPU milliseconds of each thread of this process (Linux). */
function threads(): Map<string, number> {
  const all = new Map<string, number>()
  for (const tid of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    all.set(tid === String(process.pid) ? 'main' : `thread ${tid}`, (Number(fields[11]) + Number(fields[12])) * 10)
  }
  return all
}
