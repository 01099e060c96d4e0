import type { House } from '../../core/adapter/port.ts'
import type { DocumentStatus } from '../../core/ledger/port.ts'
import type { RecipientState } from '../../core/message/recipient-state.ts'
import { derivedId } from '../../core/message/ids.ts'
import type { PetitionMessage, ReplyMessage } from '../../core/message/schema.ts'
import { portalFiles } from './files.ts'
import type { PetitionView } from './port.ts'
import { PETITION_STATES, type PetitionState } from '../../core/message/petition-states.ts'
import { SHANGHAI_MS } from '../../core/util/shanghai.ts'

const DAY_MS = 24 * 3600_000
/** Asia/Shanghai, which has no summer time. */
/** 信访工作条例 (2022), Art. 34: 60 days from acceptance by the responsible unit, for appeals. */
const APPEAL_DAYS = 60

interface Reply {
  readonly message: ReplyMessage
  readonly at: number
}

/** What the view is made from. */
export type PetitionViewHouse = Pick<House, 'directory'> & {
  readonly ledger: Pick<House['ledger'], 'journal' | 'shown'>
}

/**
 * What a citizen is told under a query code: where the petition is, by what became of the documents that flows made out
 * of it, and the reply, from the moment that a flow has put it out to the portal. Never who is reported on.
 */
export async function petitionView(
  { ledger, directory }: PetitionViewHouse,
  system: string,
  queryCode: string,
): Promise<PetitionView | undefined> {
  const found = await ledger.journal.find({ text: queryCode, max: 10, kinds: ['petition'] })
  const petition = found.find(
    (message): message is PetitionMessage =>
      message.kind === 'petition' && message.number === queryCode && message.origin.system === system,
  )
  if (petition === undefined) return undefined
  const derived = await ledger.shown.derived({ from: petition.id, kinds: ['document'] })
  const referrals = (await Promise.all(derived.map(({ id }) => ledger.journal.status(id)))).filter(
    (status) => status !== undefined,
  )
  const stories = await Promise.all([petition, ...derived].map(({ id }) => ledger.shown.about({ system, text: id })))
  const replies = stories
    .flat()
    .flatMap(({ message, at, position }) => (message.kind === 'reply' ? [{ message, at, position }] : []))
  return viewOf(
    petition,
    referrals,
    replies.toSorted((a, b) => a.position - b.position),
    (unit) => directory().nameOf(unit),
  )
}

/**
 * @param replies in the order in which they were put out
 * @param nameOf a unit's name, for one that the referral does not name: what it was addressed to has merged since
 */
export function viewOf(
  petition: PetitionMessage,
  referrals: readonly DocumentStatus[],
  replies: readonly Reply[],
  nameOf: (unit: string) => string | undefined = () => undefined,
): PetitionView {
  // Once the office has decided, what it was asked is no longer where the petition is.
  const released = derivedId(petition.id, 'decision')
  const isDecided = referrals.some(({ message }) => message.parent === released)
  const current = referrals.filter(({ message }) => !isDecided || message.parent !== petition.id)
  const handlers = current.flatMap(({ message, recipients }) =>
    recipients
      .filter(({ role, state }) => role === 'to' && state !== 'returned' && state !== 'withdrawn')
      .map((recipient) => ({
        ...recipient,
        name: message.recipients.find(({ unit }) => unit === recipient.unit)?.name ?? nameOf(recipient.unit),
      })),
  )
  // An id is no name: it never gets to a citizen.
  const names = handlers.flatMap(({ name }) => (name === undefined ? [] : [name]))
  const reply = replies.at(-1)
  const signed = handlers.filter(({ state }) => state === 'signed' || state === 'replied')
  const times = [Date.parse(petition.acceptedAt), ...handlers.map(({ at }) => at), ...replies.map(({ at }) => at)]
  return {
    state: reply === undefined ? stateBy(handlers.map(({ state }) => state)) : petitionStateOf(reply.message),
    acceptedAt: petition.acceptedAt,
    updatedAt: new Date(Math.max(...times)).toISOString(),
    unit: names.length === 0 ? undefined : names.join('、'),
    deadline:
      petition.petition.purpose === '申诉求决' && signed.length > 0
        ? dayAfter(Math.min(...signed.map(({ at }) => at)), APPEAL_DAYS)
        : undefined,
    reply:
      reply === undefined
        ? undefined
        : {
            text: reply.message.reply.text,
            unit: reply.message.from.name,
            at: reply.message.reply.at,
            files: portalFiles(reply.message.files),
          },
  }
}

/** A unit names one of the states in the result of its reply (不予受理, 延期办理, 已办结 …), or simply replies. */
export function petitionStateOf({ reply }: ReplyMessage): PetitionState {
  const result = reply.result?.trim() ?? ''
  const named = (Object.keys(PETITION_STATES) as PetitionState[]).find((state) => PETITION_STATES[state] === result)
  return named ?? 'replied'
}

/** Before a reply: signed by a unit, in its OA, or still with us. */
function stateBy(states: readonly RecipientState[]): PetitionState {
  if (states.some((state) => state === 'signed' || state === 'replied')) return 'handling'
  return states.includes('delivered') ? 'forwarded' : 'registered'
}

function dayAfter(at: number, days: number): string {
  return new Date(at + SHANGHAI_MS + days * DAY_MS).toISOString().slice(0, 10)
}
