import { collectChannel } from '../core/hop/channels.ts'
import type { Sender } from '../core/delivery/port.ts'
import type { Take } from '../core/door/port.ts'
import { asYizhanError } from '../core/errors/error.ts'
import { COLLECT_SYSTEM, type CollectAddress } from '../core/ledger/address.ts'
import type { Journal, Pickup } from '../core/ledger/port.ts'
import { derivedId, newMessageId } from '../core/message/ids.ts'
import type {
  Collected,
  CollectionMessage,
  DocumentMessage,
  Message,
  MessageKind,
  Party,
} from '../core/message/schema.ts'
import type { Clock } from '../core/util/clock.ts'

export interface CollectParts {
  readonly ledger: { readonly journal: Pick<Journal, 'status' | 'answers' | 'deliveriesOf'>; readonly pickup: Pickup }
  readonly take: Take
  readonly clock: Clock
  readonly station: string
}

/** Messages in one collection; what is left makes the next one. */
const MOST = 9_999
const MOST_LOOKS = 3
/** Characters of all texts of a collection together: each answer has its share, and its own message has all of it. */
const MOST_TEXT = 2_000_000

/** Collections are made where timers ring: by rows that are due, so that they outlive whatever is killed. */
export function collectSender(parts: CollectParts): Sender {
  return {
    async send({ id, address: place, message }) {
      if (place?.to !== 'collection') throw new Error(`${id} goes to no collection`)
      if (place.answers === undefined) await ofTime(parts, place)
      else await ofAnswers(parts, { ...place, answers: place.answers }, message)
      return {}
    },
    close: () => Promise.resolve(),
  }
}

/** What units answered to a document: as soon as nobody is missing, or when time is up; once. */
async function ofAnswers(
  parts: CollectParts,
  place: CollectAddress & { readonly answers: readonly MessageKind[] },
  message: Message,
): Promise<void> {
  const { name, answers: kinds, look } = place
  const { journal } = parts.ledger
  const id = 'about' in message ? message.about.id : message.id
  const status = await journal.status(id)
  if (status?.message.kind !== 'document' || status.withdrawn || (look && !(await isOpen(parts, id, name)))) return
  const document = status.message
  const answers = latest(
    (await journal.answers({ document: id, kinds })).filter(
      (answer) => answer.kind !== 'receipt' || answer.receipt.state === 'signed',
    ),
  )
  const missing = status.recipients.filter(({ unit }) => !answers.has(unit)).map(({ unit }) => partyOf(document, unit))
  if (look && missing.length > 0) return
  const collection = collectionOf(derivedId(id, `collect ${name}`), storyOf(document), {
    name,
    complete: missing.length === 0,
    entries: entriesOf([...answers.values()]),
    missing,
    at: new Date(parts.clock.now()).toISOString(),
  })
  await takeOnce(parts, collection, `collect:${name}:${id}`)
}

/** Whether the document was given to this node, and time is not up: other documents are answered too. */
async function isOpen({ ledger }: CollectParts, id: string, name: string): Promise<boolean> {
  const rows = await ledger.journal.deliveriesOf({ message: id, system: COLLECT_SYSTEM })
  return rows.some(
    ({ address, open }) =>
      open &&
      address?.to === 'collection' &&
      address.name === name &&
      address.until !== undefined &&
      address.answers !== undefined,
  )
}

/** A unit that answered twice means its last word. */
function latest(answers: readonly Message[]): Map<string, Message> {
  const byUnit = new Map<string, Message>()
  for (const answer of answers) if (answer.from.unit !== undefined) byUnit.set(answer.from.unit, answer)
  return byUnit
}

function partyOf({ recipients }: DocumentMessage, unit: string): Party {
  return { unit, name: recipients.find((recipient) => recipient.unit === unit)?.name ?? '收文单位' }
}

/**
 * What was kept for a time, in one message, which takes it off the list in the same transaction: so nothing is in two.
 */
async function ofTime(parts: CollectParts, { name, until = 0 }: CollectAddress): Promise<void> {
  for (let looks = 0; ; looks++) {
    const now = parts.clock.now()
    const kept = await parts.ledger.pickup.kept({ address: { to: 'collection', name, until }, max: MOST })
    if (kept.length === 0) return
    const messages = kept.map(({ message }) => message)
    const id = newMessageId(parts.station, now)
    const collection = collectionOf(id, ownStory(id, messages), {
      name,
      complete: true,
      entries: entriesOf(messages),
      missing: [],
      at: new Date(now).toISOString(),
    })
    try {
      await parts.take(collection, {
        key: `collect:${id}`,
        channel: collectChannel(name),
        collects: kept.map(({ row }) => row),
      })
      return
    } catch (thrown) {
      // An attempt that took too long was in time after all.
      if (looks === MOST_LOOKS || asYizhanError(thrown).code !== 'ID_IN_USE') throw thrown
    }
  }
}

/** Made before, perhaps with fewer entries: that one stands. */
async function takeOnce({ take }: CollectParts, message: CollectionMessage, key: string): Promise<void> {
  try {
    await take(message, { key, channel: collectChannel(message.collection.name) })
  } catch (thrown) {
    if (asYizhanError(thrown).code !== 'ID_IN_USE') throw thrown
  }
}

type Story = Pick<CollectionMessage, 'trace' | 'parent' | 'number' | 'from' | 'urgency' | 'mustNotReach' | 'about'>

function storyOf({
  id,
  trace,
  number,
  from,
  urgency,
  mustNotReach,
  document: { title, direction },
  origin: { externalId },
}: DocumentMessage): Story {
  return {
    trace,
    parent: id,
    number,
    from,
    urgency,
    mustNotReach,
    about: { id, number, title, from, direction, externalId },
  }
}

/** A time's messages belong to many stories; what one of them must not reach, none of this may. */
function ownStory(id: string, messages: readonly Message[]): Story {
  const mustNotReach = [...new Set(messages.flatMap((message) => message.mustNotReach ?? []))]
  return {
    trace: id,
    from: { name: '驿站 Yizhan' },
    urgency: 'ordinary',
    about: { id },
    ...(mustNotReach.length === 0 ? {} : { mustNotReach }),
  }
}

function collectionOf(id: string, story: Story, collection: CollectionMessage['collection']): CollectionMessage {
  return {
    schema: 'collection/1',
    kind: 'collection',
    id,
    recipients: [],
    acceptedAt: collection.at,
    origin: { system: COLLECT_SYSTEM },
    files: [],
    ...story,
    collection,
  }
}

function entriesOf(messages: readonly Message[]): Collected[] {
  return messages.map((message) => entryOf(message, Math.floor(MOST_TEXT / messages.length)))
}

/** @param most characters of its text */
function entryOf(message: Message, most: number): Collected {
  const base = {
    message: message.id,
    kind: message.kind,
    number: message.number,
    from: message.from,
    at: message.acceptedAt,
  }
  switch (message.kind) {
    case 'reply':
      return { ...base, result: message.reply.result, text: shortened(message.reply.text, most), by: message.reply.by }
    case 'receipt':
      return { ...base, result: message.receipt.state, by: message.receipt.by }
    case 'return':
      return { ...base, text: shortened(message.return.reason, most), by: message.return.by }
    default:
      return base
  }
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
