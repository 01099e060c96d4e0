import { openLedger } from '../../../../core/ledger/open.ts'
import type { AcceptEntry, DeliveryTarget, Ledger } from '../../../../core/ledger/port.ts'
import { compileMapping, loadMappings } from '../../../../core/mapping/message-map.ts'
import { deriveMessage } from '../../../../core/message/derive.ts'
import type { DocumentMessage, Message } from '../../../../core/message/schema.ts'
import { systemClock as clock } from '../../../../core/util/clock.ts'
import { petition, writeCity, type BusyStation } from './busy-station.ts'
import { runStation, smallStation } from './small-station.ts'

/** Units that have the one document and signed it: more than `where` finds messages. */
export const SIGNERS = Array.from({ length: 25 }, (_, n) => `s${n + 1}`)

/**
 * A running station in which units have acted: a document that all have signed, two copies that expired, two dead
 * letters that can be mended, and petitions that lie with the petition office’s OA.
 */
export async function actingStation(): Promise<BusyStation> {
  const small = await smallStation('petitions: { offices: [市信访局] }\n')
  await writeCity(small, { x: ['xf'] })
  await change(small.data, seed)
  const before = await runStation(small.arguments)
  const petitions = [await petition(before.said.http, '住建局某科长'), await petition(before.said.http, '住建局另一人')]
  await before.stop()
  await change(small.data, refer)
  return { small, run: await runStation(small.arguments), petitions }
}

async function change(folder: string, act: (ledger: Ledger) => Promise<void>): Promise<void> {
  const hop = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
  const { ledger } = await openLedger({ folder, station: 'st', clock, hop })
  await act(ledger)
  await ledger.close()
}

async function seed(ledger: Ledger): Promise<void> {
  await ledger.hops.subscribe(
    [
      { name: 'issue', filter: { source: 'oa', kinds: ['document'] } },
      { name: 'petition', filter: { source: 'portal' } },
    ],
    clock.now(),
  )
  const accept = (message: Message, entry: Partial<AcceptEntry>) =>
    ledger.acceptance.accept({
      message,
      bodies: [],
      idempotencyKey: `id:a:${message.id}`,
      fingerprint: message.id,
      revisions: { directory: 'd' },
      ...entry,
    })
  // returned, say: another one bears its number now, and its acts are those that are found first
  await accept(documentOf('st-first', '周政办〔2026〕31号', ['zj']), { effect: { type: 'issue' } })
  await commit(ledger, 'issue', () => ({ message: 'input', targets: [] }))
  const signed = documentOf('st-signed', '周政办〔2026〕31号', SIGNERS)
  await accept(signed, { effect: { type: 'issue' } })
  await commit(ledger, 'issue', () => ({ message: 'input', targets: [] }))
  for (const unit of SIGNERS)
    await accept(receiptOf(signed, unit), { effect: { type: 'sign', document: signed.id, unit } })
  for (const n of [1, 2]) {
    await accept(documentOf(`st-late${n}`, `周政办〔2026〕4${n}号`, ['zj']), { effect: { type: 'issue' } })
    const expiresAt = clock.now()
    await commit(ledger, 'issue', () => ({ message: 'input', targets: [{ ...pickup('zj'), expiresAt }] }))
  }
  await ledger.deliveries.sweep({ now: clock.now() + 1, announcedBefore: 0, max: 10 })
  for (const n of [1, 2])
    await accept(documentOf(`st-dead${n}`, `周政办〔2026〕5${n}号`, ['zj']), {
      effect: { type: 'issue' },
      dead: { code: 'INTERNAL', message: '节点出错 / failed' },
    })
}

/** What the flow 信访 does, first half: the petitions go to the office’s OA. */
async function refer(ledger: Ledger): Promise<void> {
  const found = (await loadMappings()).find(({ id }) => id === 'petition-to-referral')
  if (found === undefined) throw new Error('the mapping is missing')
  const mapping = compileMapping(found)
  const recipients = [{ unit: 'xf', name: '市信访局', role: 'to' as const }]
  for (let n = 0; n < 2; n++)
    await commit(ledger, 'petition', async (input) => ({
      message: deriveMessage(await mapping.apply({ ...input, recipients }), input, 'map'),
      targets: [pickup('xf')],
    }))
}

async function commit(
  ledger: Ledger,
  subscription: string,
  output: (input: Message) => Output | Promise<Output>,
): Promise<void> {
  const now = clock.now()
  const [hop] = await ledger.hops.claim({ subscription, max: 1, owner: 'flows', now, leaseUntil: now + 60_000 })
  if (hop === undefined) throw new Error(`no hop of ${subscription}`)
  const { id, attempt } = hop
  const result = await ledger.hops.commit({
    hops: [{ id, attempt }],
    owner: 'flows',
    outputs: [await output(hop.message)],
    flowsRevision: 'f',
  })
  if (result.status !== 'committed') throw new Error(result.status)
}
interface Output {
  readonly message: Message | 'input'
  readonly targets: readonly DeliveryTarget[]
}

function pickup(unit: string): DeliveryTarget {
  return { system: 'oa', unit, mode: 'pickup', order: 'document' }
}

const party = (unit: string): { readonly unit: string; readonly name: string } => ({ unit, name: `${unit} 单位` })

function documentOf(id: string, number: string, to: readonly string[]): DocumentMessage {
  return {
    schema: 'document/1',
    kind: 'document',
    id,
    trace: id,
    number,
    from: { unit: 'u1', name: '市政府办公室' },
    recipients: to.map((unit) => ({ ...party(unit), role: 'to' })),
    urgency: 'ordinary',
    acceptedAt: new Date(clock.now()).toISOString(),
    origin: { system: 'oa', account: 'a', externalId: `ext-${id}` },
    files: [],
    document: { direction: 'issue', title: '关于测试的通知' },
  }
}

function receiptOf(document: DocumentMessage, unit: string): Message {
  const { id, number, trace, urgency, acceptedAt, origin, files } = document
  return {
    schema: 'receipt/1',
    kind: 'receipt',
    id: `${id}-${unit}`,
    trace,
    parent: id,
    number,
    from: party(unit),
    recipients: [],
    urgency,
    acceptedAt,
    origin: { system: origin.system },
    files,
    about: { id, number },
    receipt: { state: 'signed', at: acceptedAt, by: `${unit} 收发员` },
  }
}
