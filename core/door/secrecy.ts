import { YizhanError } from '../errors/error.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { RawRecord } from '../ledger/port.ts'
import type { NewBody } from '../content/port.ts'
import { newMessageId } from '../message/ids.ts'
import type { ChannelMessage, Message } from '../message/schema.ts'
import type { Finding } from '../secrecy/finding.ts'
import type { Guard, Judgement } from '../secrecy/guard.ts'
import type { DoorParts } from './parts.ts'
import type { Account, Draft } from './port.ts'

/** What is booked beside the acceptance of what the guard has let pass. */
export type Note = Pick<YizhanEvent, 'code' | 'actor' | 'detail'>

/**
 * Nothing classified enters: throws CLASSIFIED for a mark; for a doubtful word, and for a file that cannot be read,
 * what the station's rules say. A declaration of the sender lifts a doubt, never a mark. The facts of what it throws
 * name field and rule only: no value, no title, no number is kept of such a paper.
 */
export async function passGuard(
  parts: Pick<DoorParts, 'guard' | 'held' | 'station' | 'clock'>,
  account: Account,
  draft: Draft,
  raw: RawRecord | undefined,
): Promise<readonly Note[]> {
  const { doubt, unreadable } = parts.station().classified
  const { finding, unread } = await parts.guard.draft(draft)
  if (finding?.seen === 'mark') throw classified(finding)
  const declared = declarationOf(draft)
  const notes: Note[] = []
  if (declared !== undefined && (finding !== undefined || unread.length > 0))
    notes.push({ code: 'message.declared', actor: account.id, detail: detailOf(declared, finding, unread) })
  notes.push(...noteOf(unread))
  if (declared !== undefined) return notes

  const isHeld = (finding !== undefined && doubt === 'hold') || (unread.length > 0 && unreadable === 'hold')
  const isRefused = (finding !== undefined && doubt === 'refuse') || (unread.length > 0 && unreadable === 'refuse')
  if (!isHeld && !isRefused) return notes
  const id = parts.held.idOf(account, draft)
  const verdict = await parts.held.verdict(id)
  if (verdict !== undefined && 'cleared' in verdict) return notes
  if (verdict !== undefined)
    throw classified({
      seen: 'mark',
      field: finding?.field ?? '文件',
      rule: '经人工核定不收 / a person has refused it',
    })
  if (isRefused) throw finding === undefined ? unreadError(unread) : doubtful(finding)
  const why = finding === undefined ? unread.join('；').slice(0, 500) : `${finding.field}：${finding.rule}`
  if ((await parts.held.get(id)) === undefined) {
    const now = parts.clock.now()
    await parts.held.keep({
      id,
      at: now,
      system: account.system,
      account: account.id,
      units: account.units,
      kind: draft.kind,
      why,
      draft: { ...draft, id: newMessageId(parts.station().name, now) },
      raw,
    })
  }
  throw new YizhanError('HELD_FOR_REVIEW', {
    field: finding?.field ?? '文件',
    value: id,
    rule: finding?.rule ?? '文件无法读取 / a file cannot be read',
  })
}

/**
 * What comes in as a whole message: a text from a phone, a message of another application or of a flow. Marks refuse;
 * doubtful words and files that cannot be read do where another application wrote them, unless the payload itself
 * declares it (`notClassified`). A refusal for secrecy is booked here, without a word of it. What is kept as a dead
 * letter is with a person already.
 */
export async function passMessage(
  parts: Pick<DoorParts, 'guard' | 'ledger' | 'sink' | 'clock'>,
  message: Message,
  bodies: readonly NewBody[],
  isDead: boolean,
): Promise<readonly Note[]> {
  const { finding, unread } = await judgementOf(parts.guard, message, bodies)
  const declared = message.kind === 'channel' ? declarationIn(message.channel.payload) : undefined
  const isFree = message.kind !== 'channel' || declared !== undefined
  if (finding !== undefined && (finding.seen === 'mark' || !isFree)) {
    const error = finding.seen === 'mark' ? classified(finding) : doubtful(finding)
    const event: YizhanEvent = {
      code: finding.seen === 'mark' ? 'message.classified' : 'message.doubtful',
      at: parts.clock.now(),
      kind: message.kind,
      system: message.origin.system,
      error: error.code,
      detail: `${finding.field}（${finding.rule}）`,
    }
    parts.sink.emit(event)
    await parts.ledger.acceptance.book([event])
    throw error
  }
  if (unread.length > 0 && parts.guard.rules().unreadable !== 'take' && !isFree && !isDead) throw unreadError(unread)
  return [
    ...(declared !== undefined && (finding !== undefined || unread.length > 0)
      ? [{ code: 'message.declared' as const, detail: detailOf(declared, finding, unread) }]
      : []),
    ...noteOf(unread),
  ]
}

function declarationIn(payload: ChannelMessage['channel']['payload']): Declaration | undefined {
  const declared =
    typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload['notClassified'] : undefined
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) return undefined
  const [name, reason] = [declared['name'], declared['reason']].map((text) =>
    typeof text === 'string' ? text.trim().slice(0, 500) : '',
  )
  return name === undefined || reason === undefined || name === '' || reason === '' ? undefined : { name, reason }
}

/**
 * All of a message: what it says, files that come with it, and a body that was no text, which comes or goes as base64.
 */
async function judgementOf(
  guard: Pick<Guard, 'message' | 'files'>,
  message: Message,
  bodies: readonly NewBody[],
): Promise<Judgement> {
  const said = guard.message(message)
  if (said?.seen === 'mark') return { finding: said, unread: [] }
  const files = bodies.map(({ digest, bytes }) => ({
    name: message.files.find((file) => file.digest === digest)?.name ?? 'body',
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  }))
  const payload = message.kind === 'channel' ? message.channel.payload : undefined
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) {
    const { base64 } = payload
    if (typeof base64 === 'string') files.push({ name: 'body', bytes: Buffer.from(base64, 'base64') })
  }
  if (files.length === 0) return { finding: said, unread: [] }
  const { finding, unread } = await guard.files(files)
  return { finding: finding?.seen === 'mark' ? finding : (said ?? finding), unread }
}

/**
 * A message that somebody has repaired, or that a flow puts out: marks refuse; a doubtful word does where it is new,
 * for what was there before has been judged.
 */
export async function passDerived(
  guard: Pick<Guard, 'message' | 'files'>,
  message: Message,
  before: Message | undefined,
): Promise<void> {
  const { finding } = await judgementOf(guard, message, [])
  if (finding === undefined) return
  if (finding.seen === 'mark') throw classified(finding)
  if (before !== undefined && (await judgementOf(guard, before, [])).finding === undefined) throw doubtful(finding)
}

export function classified({ field, rule }: Pick<Finding, 'field' | 'rule'> & Partial<Finding>): YizhanError {
  return new YizhanError('CLASSIFIED', { field, rule })
}

function doubtful({ field, rule }: Finding): YizhanError {
  return new YizhanError('CLASSIFIED_DOUBT', { field, rule })
}

function noteOf(unread: readonly string[]): readonly Note[] {
  return unread.length === 0 ? [] : [{ code: 'message.unread', detail: unread.slice(0, 20).join('；').slice(0, 1000) }]
}

function unreadError(unread: readonly string[]): YizhanError {
  const [first = ''] = unread
  return new YizhanError('FILE_UNREADABLE', { field: '文件', value: first, rule: 'classified.unreadable' })
}

interface Declaration {
  readonly name: string
  readonly reason: string
}

/** Whoever says that a paper is not classified gives a name and a reason. */
function declarationOf({ notClassified }: Draft): Declaration | undefined {
  if (notClassified === undefined) return undefined
  const { name, reason } = notClassified
  for (const [key, value] of Object.entries({ name, reason }))
    if (value === undefined || value.trim() === '')
      throw new YizhanError('FIELD_INVALID', { field: `notClassified.${key}`, value: '', rule: '必填 / required' })
  return { name: name?.trim().slice(0, 100) ?? '', reason: reason?.trim().slice(0, 500) ?? '' }
}

function detailOf({ name, reason }: Declaration, finding: Finding | undefined, unread: readonly string[]): string {
  const what = finding === undefined ? `${unread.length} 个文件无法读取` : `${finding.field}（${finding.rule}）`
  return `${name}：${reason}；${what}`
}
