import { deliveryId } from '../../message/ids.ts'
import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from './books.ts'
import { addressWord, isToItself, storedAddress } from '../address.ts'
import { announced, laneOf, orderKey } from './lanes.ts'
import type { DeliveryTarget } from '../port.ts'
import type { NewBody } from '../../content/port.ts'
import type { HopRow } from '../schema.ts'
import { parseMessage } from '../../message/json.ts'
import { toStored, type StoredMessage } from '../stored.ts'
import { storyOf } from './story.ts'
import { Turn, type AnnouncedRow } from './turn.ts'
import { wakeWithdrawals } from './open-hop.ts'
import { RESTORED } from '../schema.ts'
import { heldHop, hopEvent, staleHop } from './hops.ts'

export interface CommitCommand {
  readonly hops: readonly { readonly id: string; readonly attempt: number }[]
  readonly owner: string
  readonly outputs: readonly Output[]
  readonly flowsRevision: string
  /** ids of inputs that the caller has at hand */
  readonly known: readonly string[]
  readonly now: number
}

export interface Output {
  /** absent: the input of `hop`, unchanged */
  readonly message: StoredMessage | undefined
  /** absent: the first */
  readonly hop?: string | undefined
  /** roles by unit, for documents */
  readonly roles: Readonly<Record<string, string>>
  readonly bodies: readonly NewBody[]
  readonly targets: readonly DeliveryTarget[]
}

export type CommitAnswer =
  /** announced rows name their message; its body is given only where the caller does not have it */
  | {
      readonly status: 'committed'
      readonly announce: readonly AnnouncedRow[]
      readonly waiting: readonly string[]
      readonly events: readonly YizhanEvent[]
    }
  | { readonly status: 'stale'; readonly events: readonly YizhanEvent[] }
  | {
      readonly status: 'refused'
      readonly code: 'MUST_NOT_REACH'
      readonly value: string
      readonly events: readonly YizhanEvent[]
    }

/** What an output is once it is joined to its inputs. */
interface Joined extends Output {
  readonly message: StoredMessage
  /** whether the message is made here, and not the input */
  readonly made: boolean
  /** what the caller gave, if it did: it needs no copy of that */
  readonly given: StoredMessage | undefined
  /** content that an operator repaired, for the unchanged input */
  readonly repaired: string | null
  /** units that no copy of it may go to */
  readonly forbidden: readonly string[]
}

export async function commitHops(books: Books, command: CommitCommand): Promise<CommitAnswer> {
  const turn = new Turn(command.now)
  const rows: HopRow[] = []
  for (const { id, attempt } of command.hops) {
    const row = await heldHop(books, id, attempt, command.owner)
    if (row === undefined) return { status: 'stale', events: [await staleHop(books, turn, id, attempt)] }
    rows.push(row)
  }
  const [first] = rows
  if (first === undefined) return { status: 'stale', events: [] }

  const forbidden = new Set<string>()
  for (const row of rows) for (const unit of await restrictionsOf(books, row)) forbidden.add(unit)
  const outputs: Joined[] = []
  for (const output of command.outputs)
    outputs.push(await join(books, rows.find((row) => row.id === output.hop) ?? first, output, forbidden))
  for (const { forbidden: units, targets } of outputs) {
    const hit = targets.find((t) => t.unit !== undefined && units.includes(t.unit))
    if (hit?.unit !== undefined) return { status: 'refused', code: 'MUST_NOT_REACH', value: hit.unit, events: [] }
  }

  if (rows.some(({ message }) => books.doubtful.has(message)))
    for (const { message } of outputs) await books.doubtful.add(message.id)
  for (const output of outputs) await put(books, turn, output, command)
  for (const row of rows) {
    await books.hops.end(row, 'done')
    books.chain.book(turn, {
      ...(await hopEvent(books, turn, row)),
      code: 'hop.committed',
      detail: `flows ${command.flowsRevision}`,
    })
    await wakeWithdrawals(books, turn, await books.messages.need(row.message))
  }
  return { status: 'committed', announce: turn.announce, waiting: [...turn.waiting], events: turn.events }
}

/** What derives from a restricted message inherits the restriction, and keeps it when it is derived from again. */
async function join(books: Books, row: HopRow, output: Output, forbidden: ReadonlySet<string>): Promise<Joined> {
  const given = output.message ?? (await books.messages.need(row.message))
  const own = restrictions(given)
  const units = forbidden.size === 0 ? own : [...new Set([...own, ...forbidden])]
  if (output.message === undefined)
    return { ...output, message: given, made: false, given: undefined, repaired: row.repaired, forbidden: units }
  const message = units.length === own.length ? given : toStored({ ...parseMessage(given.body), mustNotReach: units })
  return { ...output, message, made: true, given, repaired: null, forbidden: units }
}

function restrictions(message: StoredMessage): string[] {
  return message.must_not_reach === null ? [] : (JSON.parse(message.must_not_reach) as string[])
}

async function restrictionsOf(books: Books, row: HopRow): Promise<string[]> {
  return row.repaired === null
    ? restrictions(await books.messages.need(row.message))
    : (parseMessage(row.repaired).mustNotReach ?? [])
}

async function put(books: Books, turn: Turn, output: Joined, command: CommitCommand): Promise<void> {
  const { message, targets } = output
  const flows = command.flowsRevision
  const known = output.made ? output.given === message : command.known.includes(message.id)
  await books.contents.add(output.bodies)
  if (output.made) await books.messages.insert(message, turn.now, { profile: null, directory: null, flows })
  let addressed = false
  for (const [position, target] of targets.entries()) {
    const row = await deliver(books, turn, output, target, flows, known)
    if (row !== undefined) turn.announce.push(row)
    if (message.kind !== 'document' || target.unit === undefined) continue
    if (
      await books.documents.addRecipient(message.id, target.unit, output.roles[target.unit] ?? 'to', position, turn.now)
    )
      addressed = true
  }
  // whoever gets a document from a flow may act on it, as those may whom its sender named
  if (addressed) await books.documents.add(message.id, message.from_unit)
}

/** One recipient's copy, unless it is there already. Returned if it can be claimed at once. */
async function deliver(
  books: Books,
  turn: Turn,
  output: Joined,
  target: DeliveryTarget,
  flows: string,
  known: boolean,
): Promise<AnnouncedRow | undefined> {
  const { message, repaired } = output
  const push = target.mode === 'push'
  const rank = target.rank ?? message.rank
  const { system, unit } = placeOf(target)
  // rows of an earlier house are named by what stands in their column
  const former = deliveryId(message.id, unit ?? system)
  const id = target.address === undefined ? former : deliveryId(message.id, addressWord(target.address))
  if (id !== former && (await books.deliveries.get(former)) !== undefined) return undefined
  // a reminder holds nobody's document, and waits for none; nor does what is only kept, for a collection
  const alone = message.kind === 'notice' || (target.address !== undefined && !push)
  const order_key = orderKey(alone ? message.id : await storyOf(books, message), { system, unit })
  const lane = push ? laneOf(order_key, { system, unit, order: target.order }) : `pickup ${id}`
  const { head, instead } = push
    ? await books.lanes.entering(lane, order_key, target.order, rank, message.id)
    : { head: false }
  if (instead !== undefined) {
    if ((await books.deliveries.get(id)) !== undefined) return undefined
    await books.lanes.stepBack(instead)
  }
  const later = target.dueAt !== undefined && target.dueAt > turn.now
  const made = await books.deliveries.insert({
    id,
    message: message.id,
    system,
    unit,
    mode: target.mode,
    ordered_by: target.order,
    lane,
    order_key,
    rank,
    state: later ? 'waiting' : 'ready',
    due_at: later ? (target.dueAt ?? 0) : 0,
    head: head ? 1 : 0,
    listed: push ? 0 : 1,
    expires_at: target.expiresAt ?? null,
    ...(push && books.doubtful.has(message.id) && !isToItself(system) ? IN_DOUBT : CERTAIN),
    announced_at: head && !later ? turn.now : 0,
    created_at: turn.now,
    repaired,
    flows_revision: flows,
  })
  if (!made || !head || later) return undefined
  const { body, ...row } = announced({ id, system, unit, rank, attempt: 0, message: message.id, repaired }, message)
  return (known && repaired === null) || body === undefined ? row : { ...row, body }
}

const CERTAIN = { in_doubt: 0, doubts: 0 } as const
/** It may have left once already, before this ledger was restored. */
const IN_DOUBT = { in_doubt: 1, doubts: RESTORED } as const

function placeOf({ system, unit, address }: DeliveryTarget): ReturnType<typeof storedAddress> {
  return storedAddress(address ?? (unit === undefined ? { to: 'system', system } : { to: 'unit', system, unit }))
}
