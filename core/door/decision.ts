import { keyOf } from '../directory/key.ts'
import type { UnitDirectory } from '../directory/port.ts'
import { YizhanError } from '../errors/error.ts'
import { fitting } from '../errors/fitting.ts'
import { derivedId } from '../message/ids.ts'
import { PETITION_RESULTS } from '../message/petition-states.ts'
import { simplified } from '../text/simplified.ts'
import { petitionMessage, type DocumentMessage, type PetitionMessage } from '../message/schema.ts'
import { hasDecisionFields, readDecision, readsAsDecision, type WrittenDecision } from './decision-form.ts'
import type { DoorParts, Prepared } from './parts.ts'
import { withSuccessors } from './petition.ts'
import { classified } from './secrecy.ts'
import type { Account, ActDraft, PetitionDecision } from './port.ts'

/** The result by which the petition office's reply is its decision and no answer to the citizen. */
const DECISION_RESULT = '转送'
/** A unit's reply as the office's decision on a petition; undefined where it is an ordinary reply. */
export async function prepareDecision(
  parts: DoorParts,
  account: Account,
  from: { readonly id: string; readonly name: string },
  draft: ActDraft,
  document: DocumentMessage,
): Promise<Prepared | undefined> {
  if (draft.kind !== 'reply') return undefined
  const petition = document.trace === document.id ? undefined : await parts.ledger.journal.message(document.trace)
  if (petition?.kind !== 'petition') {
    if (hasDecisionFields(draft)) refuseNoPetition(document, from)
    return undefined
  }
  const review = petition.review
  const isOffice =
    review?.office?.unit === from.id && document.recipients.some((r) => r.unit === from.id && r.role === 'to')
  if (draft.result?.trim() !== DECISION_RESULT) {
    if (hasDecisionFields(draft) || (isOffice && document.parent === petition.id)) refuseUnclear(draft)
    return undefined
  }
  if (review === undefined || !isOffice) refuseNoPetition(document, from)
  const { accused, to, note, again } = readDecision(draft)
  for (const key of ['accused', 'to'] as const)
    if (again?.[key] !== undefined) mustAgree(parts.directory(), key, { accused, to }[key], again[key])
  const decision: PetitionDecision = {
    petition: petition.id,
    by: draft.by ?? from.name,
    accused: accused ?? review.proposed.map(({ name }) => name),
    to: to ?? [],
    ...(note === undefined ? {} : { note }),
  }
  return {
    ...decided(parts, account, from, petition, decision),
    key: draft.externalId === undefined ? undefined : `id:${account.id}:${draft.externalId}`,
    effect: { type: 'reply', document: document.id, unit: from.id },
  }
}

/**
 * An answer to what is to be decided on goes to the citizen: a decision that was written in another way must not. The
 * petition stays among those that wait for a person.
 */
function refuseUnclear(draft: ActDraft): void {
  const { result = '', text = '' } = draft
  const named = result.trim()
  if (named !== '' && !PETITION_RESULTS.includes(named))
    throw new YizhanError('FIELD_INVALID', {
      field: '办理结果 result',
      value: named,
      rule: `核定填“${DECISION_RESULT}” for a decision；自行办理填 for an answer：${PETITION_RESULTS.join('、')}，或不填 or nothing`,
    })
  if (hasDecisionFields(draft) || readsAsDecision(text))
    throw new YizhanError('FIELD_INVALID', {
      field: '办理结果 result',
      value: named,
      rule: `所写是核定意见，办理结果须为“${DECISION_RESULT}” / this is a decision: its result is ${DECISION_RESULT}`,
    })
}

function refuseNoPetition(document: DocumentMessage, from: { readonly name: string }): never {
  throw new YizhanError('PETITION_NOT_PENDING', { value: document.number ?? document.id, field: from.name })
}

/** A text beside the fields may say who they are, not somebody else: it is what people read. */
function mustAgree(
  directory: UnitDirectory,
  key: 'accused' | 'to',
  field: WrittenDecision['to'],
  text: readonly string[],
): void {
  const label = key === 'accused' ? '被反映单位' : '责任单位'
  const units = (names: readonly string[]): string =>
    names
      .map((name) => known(directory, name, label).unit)
      .sort()
      .join()
  if (field !== undefined && units(field) === units(text)) return
  const element = key === 'accused' ? 'accused' : 'transferTo'
  throw new YizhanError('FIELD_INVALID', {
    field: `核定意见 decision`,
    value: `${label}：${text.join('、') || '无'}`.slice(0, 60),
    rule:
      `内容与 ${element} 不一致（${field === undefined ? '未写' : field.join('、') || '无'}）：改其一，或内容只写说明` +
      ` / the text says another ${element} than the field: change either, or let the text be the note alone`,
  })
}

/**
 * The petition as the office released it: flows get it as they got it first, and it keeps out whom the office named.
 * What the office writes passes the guard like every other text.
 */
export function decided(
  parts: DoorParts,
  account: Account,
  from: { readonly id?: string | undefined; readonly name: string },
  petition: PetitionMessage,
  decision: PetitionDecision,
): Prepared {
  const finding = parts.guard.decision(decision)
  if (finding !== undefined) throw classified(finding)
  const { review } = petition
  if (review === undefined || review.state !== 'pending')
    throw new YizhanError('PETITION_NOT_PENDING', { value: petition.id, field: from.name })
  const directory = parts.directory()
  const now = parts.clock.now()
  const accused = decision.accused.map((name) => known(directory, name, '被反映单位'))
  const to = decision.to.map((name) => known(directory, name, '责任单位'))
  const hidden = withSuccessors(
    accused.map(({ unit }) => unit),
    directory,
    now,
  )
  for (const { unit, name } of to)
    if (hidden.includes(directory.receiverOf(unit, now).id))
      throw new YizhanError('MUST_NOT_REACH', { field: '责任单位', value: name, rule: '被反映单位 / reported on' })
  const rest = { ...petition, number: undefined, mustNotReach: undefined }
  const candidate: PetitionMessage = {
    ...rest,
    id: derivedId(petition.id, 'decision'),
    parent: petition.id,
    from: { ...(from.id === undefined ? {} : { unit: from.id }), name: from.name },
    acceptedAt: new Date(now).toISOString(),
    origin: { system: petition.origin.system, account: account.id },
    ...(hidden.length === 0 ? {} : { mustNotReach: hidden }),
    review: {
      ...review,
      state: 'decided',
      decision: {
        by: decision.by,
        at: new Date(now).toISOString(),
        accused,
        to,
        ...(decision.note === undefined ? {} : { note: decision.note }),
      },
    },
  }
  const names = (list: readonly { readonly name: string }[]): string =>
    list.length === 0 ? '无 none' : list.map(({ name }) => name).join('、')
  return {
    message: fitting(petitionMessage, candidate),
    bodies: [],
    content: [petition.id, accused.map(({ unit }) => unit).sort(), to.map(({ unit }) => unit).sort(), decision.note],
    // Once: whoever decides again must decide the same.
    claimsNumber: { issuer: 'petition decision', number: petition.id },
    notes: [
      {
        code: 'petition.decided',
        detail: `${decision.by}：被反映单位 accused ${names(accused)}；责任单位 to ${to.length === 0 ? '按决策表 by the table' : names(to)}`,
      },
    ],
  }
}

/** As the office writes it: a name of the directory, or one that people use and that nothing but this unit bears. */
function known(
  directory: Pick<UnitDirectory, 'find' | 'mentions'>,
  name: string,
  field: string,
): { readonly unit: string; readonly name: string } {
  const [first, ...others] = directory.mentions(name)
  const spoken = others.length === 0 && first !== undefined && first.as === simplified(keyOf(name)) ? first : undefined
  const unit = directory.find(name) ?? spoken
  if (unit === undefined)
    throw new YizhanError('UNKNOWN_RECIPIENT', {
      field,
      value: name,
      rule: '不在单位目录中 / not in the directory of units',
    })
  return { unit: unit.id, name: unit.name }
}
