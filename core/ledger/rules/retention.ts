import type { RetentionPolicy } from '../../config/retention.ts'
import type { YizhanEvent } from '../../events/event.ts'
import { DAY_MS, judgeStory, type Level } from '../../retention/rules.ts'
import type { Answer } from './answer.ts'
import type { Books } from './books.ts'
import type { StoryBatch, Pruning, StepResult, Survey } from '../port-retention.ts'
import { prunedText } from '../pruned-links.ts'
import type { StoryMessage } from './pruning.ts'
import { Turn } from './turn.ts'

type Request<Name extends keyof Pruning> = Parameters<Pruning[Name]>[0]

const NOTHING: StepResult = { rows: 0, bytes: 0, left: false }

/** How far a level has looked, and what it takes next: what is taken is looked at again until it has gone. */
export async function intend(books: Books, { level, survey, batch }: IntendCommand): Promise<void> {
  const { store } = books.pruning
  const { again, going, gone, position } = survey
  if (position > Number((await store.get(level)) ?? 0)) await store.put(level, String(position))
  for (const { root, due, stays } of again) await store.later(level, root, due, stays)
  for (const root of gone) await store.settled(level, root)
  for (const { root, at } of going) await store.later(level, root, at)
  if (batch !== undefined) await store.put('batch', JSON.stringify(batch))
}

interface IntendCommand {
  readonly level: Level
  readonly survey: Survey
  readonly batch: StoryBatch | undefined
}

export async function beginPruning(
  books: Books,
  { policy, now, keep }: { readonly policy: RetentionPolicy; readonly now: number; readonly keep: boolean },
): Promise<{ readonly begun: number; readonly stayed: number; readonly events: readonly YizhanEvent[] }> {
  const { store, stories, rows } = books.pruning
  // what this group has booked counts in a story's mark
  await books.chain.write()
  const text = await store.get('batch')
  await store.put('batch', undefined)
  if (text === undefined || !keep) return { begun: 0, stayed: 0, events: [] }
  const { level, file, digest, stories: intended } = JSON.parse(text) as StoryBatch
  const turn = new Turn(now)
  let begun = 0
  for (const { root, mark } of intended) {
    const story = await stories.story(root)
    const verdict = story === undefined ? undefined : judgeStory(level, story.facts, policy, now)
    if (story === undefined) await store.settled(level, root)
    else if (verdict?.goes === true && story.mark === mark) {
      begun += 1
      await store.settled(level, root)
      await store.begin(root, level)
      if (level === 'finished') for (const { id } of story.messages) await rows.document(id)
    } else await store.later(level, root, verdict?.goes === false ? verdict.again : now + DAY_MS)
  }
  if (file !== null && begun > 0)
    books.chain.book(turn, {
      code: 'retention.archived',
      at: now,
      actor: 'station',
      detail: `${file} ${digest ?? ''} ${begun}`,
    })
  return { begun, stayed: intended.length - begun, events: turn.events }
}

/** Leaves first, and the message with which it began last: so whoever goes on after a kill finds the rest. */
export async function pruneStep(books: Books, { now, max }: Request<'step'>): Promise<StepResult> {
  const { store, stories } = books.pruning
  let rows = 0
  let bytes = 0
  for (let next = await store.next(); next !== undefined; next = await store.next()) {
    if (rows >= max) return { rows, bytes, left: true }
    const { story, level } = next
    const messages = (await stories.messages(story)).reverse()
    // What it names is looked up before it is forgotten, or it would be found later and kept.
    const known = level === 'raw' ? Infinity : Number((await store.get('use')) ?? 0)
    if (messages.some(({ seq }) => seq > known)) {
      rows += (await indexBodies(books, { max })).rows
      continue
    }
    const done =
      level === 'finished'
        ? await takeAll(books, messages, now, max - rows)
        : await takeBytes(books, messages, level, now)
    rows += done.rows
    bytes += done.bytes
    if (!done.left) await store.ended(story)
  }
  return { rows, bytes, left: false }
}

async function takeBytes(
  books: Books,
  messages: readonly StoryMessage[],
  level: Level,
  now: number,
): Promise<StepResult> {
  let [rows, bytes] = [0, 0]
  for (const message of messages) {
    if (level === 'content') rows += await forgetBodies(books, message, now)
    const size = await books.pruning.rows.raw(message.id)
    if (size === undefined) continue
    rows += 1
    bytes += size
  }
  return { rows, bytes, left: false }
}

async function takeAll(books: Books, messages: readonly StoryMessage[], now: number, max: number): Promise<StepResult> {
  const { rows: taken, links } = books.pruning
  const { last } = await links.end(books.station)
  let [rows, bytes] = [0, 0]
  for (const trace of new Set(messages.map((message) => message.trace))) {
    rows += await taken.events(trace, books.station, last, max - rows)
    if (rows >= max) return { rows, bytes, left: true }
  }
  for (const message of messages) {
    if (rows >= max) return { rows, bytes, left: true }
    rows += await forgetBodies(books, message, now)
    bytes += (await taken.raw(message.id)) ?? 0
    rows += await taken.message(message)
  }
  return { rows, bytes, left: false }
}

/** Before its submission goes, which names some of them. */
async function forgetBodies(books: Books, { seq }: StoryMessage, now: number): Promise<number> {
  const { uses } = books.pruning
  const named = await uses.namedBy(seq)
  for (const digest of named) await uses.unuse(digest, seq, now)
  return named.size
}

export async function indexBodies(books: Books, { max }: Request<'indexBodies'>): Promise<StepResult> {
  const { uses, store } = books.pruning
  const next = await uses.after(Number((await store.get('use')) ?? 0), max)
  for (const seq of next) for (const digest of await uses.namedBy(seq)) await uses.use(digest, seq)
  const last = next.at(-1)
  if (last !== undefined) await store.put('use', String(last))
  return { rows: next.length, bytes: 0, left: next.length === max }
}

/** Nothing goes before it is known what every message names. */
export async function reapBodies(books: Books, { unusedSince, max }: Request<'reapBodies'>): Promise<StepResult> {
  const { uses, store } = books.pruning
  if (Number((await store.get('use')) ?? 0) < (await uses.last())) return { ...NOTHING, left: true }
  const digests = await uses.unusedSince(unusedSince, max)
  let bytes = 0
  for (const digest of digests) {
    if (await uses.isUsed(digest)) await uses.usedAgain(digest)
    else bytes += await uses.drop(digest)
  }
  return { rows: digests.length, bytes, left: digests.length === max }
}

const FIRST_KEY = { system: '', key: '' }

export async function pruneKeys(books: Books, { before, max }: Request<'pruneKeys'>): Promise<StepResult> {
  const { rows, store } = books.pruning
  const after = JSON.parse((await store.get('keys')) ?? 'null') as typeof FIRST_KEY | null
  const found = await rows.keysAfter(after ?? FIRST_KEY, max)
  let gone = 0
  for (const { system, key, message, at } of found) {
    if (at >= before || (await rows.isThere(message))) continue
    await rows.key(system, key)
    gone += 1
  }
  const last = found.length === max ? found.at(-1) : undefined
  await store.put('keys', last === undefined ? undefined : JSON.stringify({ system: last.system, key: last.key }))
  return { rows: gone, bytes: 0, left: last !== undefined }
}

/** The links that name keys stay as they are: without them nothing can be verified. */
const STAYS_WHOLE: ReadonlySet<string> = new Set(['audit.keyed'])

export async function pruneLinks(books: Books, { before, now, max }: Request<'pruneLinks'>): Promise<StepResult> {
  const { rows, store, links } = books.pruning
  const { station } = books
  const told = (await books.feed.position())?.events ?? Infinity
  const own = await rows.links(Number((await store.get('links')) ?? 0), max)
  const young = own.findIndex(({ at, seq }) => at >= before || seq > told)
  const next = young < 0 ? own : own.slice(0, young)
  const last = next.at(-1)
  if (last === undefined) return NOTHING
  await store.put('links', String(last.seq))
  const [first, ...rest] = next.filter((row) => row.station === station)
  if (first === undefined) return { ...NOTHING, left: true }
  const run = [first, ...rest]
  const end = await links.add(
    station,
    first.link,
    run.map(({ hash }) => hash),
  )
  let gone = 0
  for (const { seq, code, trace } of run) {
    if (STAYS_WHOLE.has(code) || (trace !== null && (await rows.isThere(trace)))) continue
    await rows.event(seq)
    gone += 1
  }
  const turn = new Turn(now)
  books.chain.book(turn, { code: 'audit.pruned', at: now, actor: 'station', detail: prunedText(station, end) })
  return { rows: gone, bytes: 0, left: next.length === max, events: turn.events }
}

export async function giveBack(books: Books, { pages }: Request<'giveBack'>): Promise<StepResult> {
  const { rows } = books.pruning
  if (!rows.givesBack) return NOTHING
  return { rows: 0, bytes: 0, left: (await rows.giveBack(pages)) > 0 }
}

export async function emptyVolume(books: Books, { volume, bytes }: Request<'emptyVolume'>): Promise<StepResult> {
  const moved = await books.pruning.volumes.move(volume, bytes)
  return { rows: 0, bytes: moved, left: moved > 0 }
}

export function settledVolumes(books: Books, _: undefined): readonly number[] {
  return books.pruning.volumes.settled()
}

export function emptyVolumes(books: Books, _: undefined): Answer<readonly number[]> {
  return books.pruning.volumes.empty()
}

export async function dropVolumes(books: Books, volumes: readonly number[]): Promise<StepResult> {
  return { rows: 0, bytes: await books.pruning.volumes.drop(volumes), left: false }
}
