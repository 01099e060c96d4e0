import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createArchiveAdapter } from '../../../adapters/archive/index.ts'
import type { Adapter, House } from '../../../core/adapter/port.ts'
import { openBus } from '../../../core/bus/open.ts'
import { systemSchema, type CityConfig } from '../../../core/config/schema.ts'
import { startDelivery, type DeliveryEngine } from '../../../core/delivery/engine.ts'
import { deriveMessage } from '../../../core/message/derive.ts'
import type { ArchiveBatchMessage, ArchiveReceiptMessage } from '../../../core/message/schema.ts'
import { DeliverySystems } from '../../../station/senders.ts'
import { until } from '../../lib/wait.ts'
import { smallCity, TestHouse } from '../../unit/oa/lib/house.ts'
import type { ArchiveServer } from './archive-kit.ts'

/**
 * A small city with an archive system `archive`, one a test: ledger, door, deliveries, adapter; the flows are played.
 */
export let server: ArchiveServer
export let t: TestHouse
let city: CityConfig
export let house: House
let adapter: Adapter
let systems: DeliverySystems
let delivery: DeliveryEngine
let serial = 0
export const others: (() => Promise<unknown>)[] = []

function archiveCity(port: number, times: object, more: object): CityConfig {
  const settings = {
    server: { ...server.config, ...times, port },
    sender: '周口市人民政府公文交换站',
    receipts: { settleMs: 2_000 },
    classification: {
      fonds: { default: { code: '0094', name: '周口市人民政府' } },
      retention: { documentTypes: { 决定: 'Y' } },
    },
    ...more,
  }
  const base = smallCity()
  const archive = systemSchema.parse({
    id: 'archive',
    name: '市档案馆',
    adapter: 'archive',
    pollMs: 50,
    settings,
    pace: { timeoutMs: 5_000, backoffMs: 20, maxBackoffMs: 100, breakerMs: 50 },
  })
  return { ...base, systems: [...base.systems, archive] }
}

export async function open(
  opened: ArchiveServer,
  port = opened.config.port,
  times: object = {},
  more: object = {},
): Promise<void> {
  server = opened
  city = archiveCity(port, times, more)
  t = await TestHouse.open(city)
  const { password = '', privateKey = '' } = server.secrets
  house = {
    ...t.house,
    secret: (name) => ({ 'archive.password': password, 'archive.key': privateKey })[name] ?? t.house.secret(name),
  }
  await t.opened.ledger.hops.subscribe([{ name: 'archive', filter: { source: 'archive' } }], house.clock.now())
  await start()
}

export async function start(): Promise<void> {
  const { ledger } = t.opened
  adapter = createArchiveAdapter(house)
  t.screens.splice(0, t.screens.length, ...(adapter.screen === undefined ? [] : [adapter.screen]))
  const bus = await openBus({ url: 'embedded', confirmTimeoutMs: 1_000, prefix: 't.', emit: house.emit })
  const only = () => ({ ...city, systems: city.systems.filter(({ id }) => id === 'archive') })
  systems = new DeliverySystems(only, [adapter], {
    bus,
    take: house.door.take,
    clock: house.clock,
    ledger,
    station: 'st',
  })
  delivery = startDelivery({
    ledger,
    bus,
    clock: house.clock,
    owner: `test:${++serial}`,
    systems: () => systems.list(),
    emit: house.emit,
    onWaiting: () => undefined,
    sweepMs: 50,
  })
  await adapter.start()
}

export async function stop(): Promise<void> {
  await adapter.close()
  await delivery.close()
  await systems.close()
}

export async function closeHouse(): Promise<void> {
  await stop()
  await t.close()
  await server.close()
  for (const close of others.splice(0)) await close()
}

/** Issues documents; gives their ids. */
export async function issue(count: number, file = '正文.pdf', documentType = '通知'): Promise<string[]> {
  const account = house.door.authenticate('oa-yizhan', 'office', () => true)
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const number = `周政办〔2026〕${++serial}号`
    const { id } = await house.door.accept(account, {
      kind: 'document',
      number,
      document: { title: `第${serial}项通知`, documentType, date: '2026-11-20' },
      to: ['science'],
      files: [{ name: file, role: 'main', bytes: Buffer.alloc(40_000, number) }],
    })
    ids.push(id)
  }
  return ids
}

/** Plays the flow: a batch out of the documents' hops, or of a receipt's. */
export async function send(subscription: string, batch: ArchiveBatchMessage['batch']): Promise<ArchiveBatchMessage> {
  const { hops } = t.opened.ledger
  const now = house.clock.now()
  const claimed = await hops.claim({ subscription, max: 100, owner: 'flows', now, leaseUntil: now + 60_000 })
  const [first] = claimed
  if (first === undefined) throw new Error(`no hop of ${subscription}`)
  const message = deriveMessage({ kind: 'archive-batch', batch }, first.message, 'batch') as ArchiveBatchMessage
  const result = await hops.commit({
    hops: claimed,
    owner: 'flows',
    flowsRevision: 't',
    outputs: [{ message, targets: [{ system: 'archive', mode: 'push', order: 'document' }] }],
  })
  if (result.status !== 'committed') throw new Error(result.status)
  delivery.announce(result.announce)
  return message
}

/** The next receipt; its hop stays open for `send`, where that is wanted. */
export async function receipt(keepOpen = false): Promise<ArchiveReceiptMessage> {
  const { hops } = t.opened.ledger
  const now = house.clock.now()
  const [hop] = await until(
    async () => {
      const found = await hops.claim({ subscription: 'archive', max: 1, owner: 'flows', now, leaseUntil: now + 60_000 })
      return found.length > 0 && found
    },
    { what: 'a receipt', timeoutMs: 60_000 },
  )
  if (keepOpen) await hops.recover({ owner: 'flows', now })
  else await hops.commit({ hops: [hop!], owner: 'flows', flowsRevision: 't', outputs: [] })
  return hop!.message as ArchiveReceiptMessage
}

export const awaited = () => t.opened.ledger.journal.unsigned({ system: 'archive', max: 10 })
export const codes = () => t.events.map(({ code }) => code)
export const there = async (path: string): Promise<string[]> => readdir(join(server.home, path)).catch(() => [])
