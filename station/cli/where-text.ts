import { EVENTS } from '../../core/events/catalogue.ts'
import { addressText } from '../../core/ledger/address.ts'
import { issuerNames } from '../../core/message/issuers.ts'
import { padEnd } from '../../core/util/columns.ts'
import type { NamedLetter, Whereabouts } from '../operations.ts'
import { when } from './text.ts'

/** What the command line shows: the same as JSON, for eyes. */
export type DeadLetterView = NamedLetter
export type WhereView = Whereabouts

const STATES: Readonly<Record<string, string>> = {
  waiting: '待送',
  delivered: '已送达',
  signed: '已签收',
  returned: '已退文',
  replied: '已反馈',
  withdrawn: '已撤回',
  refused: '被拒收',
  expired: '逾期',
}
/** By its number; a petition by its acceptance number, as the other is the citizen's query code. */
export function shownName({ kind, number, id }: DeadLetterView['message']): string {
  return kind === 'petition' ? id : (number ?? id)
}

export function shownTitle(message: DeadLetterView['message']): string {
  return message.kind === 'document' ? message.document.title : message.kind
}

export function deadLetterLines(letter: DeadLetterView): string[] {
  const called = callingBy(letter.names)
  const { address, unit, system } = letter
  const to = address === undefined ? (unit === undefined ? '' : called(unit)) : addressText(address)
  return [
    letter.id,
    `  ${when(letter.at)}  ${shownName(letter.message)}  ${shownTitle(letter.message)}`,
    `  ${letter.what === 'hop' ? `流程 flow ${letter.subscription ?? ''}` : `系统 system ${system === undefined ? '' : called(system)} ${to}`}  ${letter.attempts} 次 attempts  ${letter.error.code} ${letter.error.message}${letter.error.nodeName === undefined ? '' : `（${letter.error.nodeName}）`}`,
  ]
}

/** Operators need the id; the name tells them whose it is. */
function callingBy(names: Readonly<Record<string, string>> = {}): (id: string) => string {
  return (id) => {
    const name = names[id] ?? id
    return name === id ? id : `${name} (${id})`
  }
}

export function timelineLines(found: WhereView): string[] {
  const { message, status, timeline, names = {}, archived } = found
  const who = message.kind === 'document' ? issuerNames(message) : message.from.name
  const head = `${shownName(message)}  ${shownTitle(message)}  ${who}`
  const called = callingBy(names)
  const unitName = (unit: string): string => {
    const name = message.recipients.find((r) => r.unit === unit)?.name
    return name === undefined ? called(unit) : `${name} (${unit})`
  }
  const recipients = (status?.recipients ?? []).map(
    (r) =>
      `  ${padEnd(STATES[r.state] ?? r.state, 8)} ${unitName(r.unit)}  ${when(r.at)}${r.by === undefined ? '' : `  ${r.by}`}${r.reason === undefined ? '' : `  ${r.reason}`}`,
  )
  const events = timeline.map(
    (event) =>
      `  ${when(event.at)}  ${EVENTS[event.code].zh} ${event.code}${event.unit === undefined ? '' : `  ${unitName(event.unit)}`}${event.place === undefined ? '' : `  ${event.place}`}${event.system === undefined ? '' : `  ${called(event.system)}`}${event.detail === undefined ? '' : `  ${event.detail}`}`,
  )
  const file = archived === undefined ? [] : [`  已归档 archived: ${archived}`]
  return [head, ...file, ...recipients, ...reviewLines(message), ...unreadLines(message), ...events, '']
}

/** What came with it that its dialect does not describe. */
function unreadLines({ unread = [] }: WhereView['message']): string[] {
  if (unread.length === 0) return []
  return [
    '  方言未定义而保留的内容 kept, though the dialect does not describe it:',
    ...unread.map(({ path, text }) => `    ${path}  ${text.replace(/\s+/gu, ' ')}`),
  ]
}

/** Whom a petition may report on, and what the petition office made of that. */
function reviewLines(message: WhereView['message']): string[] {
  const review = message.kind === 'petition' ? message.review : undefined
  if (review === undefined) return []
  const names = (list: readonly { readonly name: string }[]): string =>
    list.length === 0 ? '—' : list.map(({ name }) => name).join('、')
  const { decision } = review
  return [
    `  拟列被反映 proposed: ${names(review.proposed.map(({ name, as }) => ({ name: `${name}（${as}）` })))}`,
    decision === undefined
      ? `  待核定 to be decided by: ${review.office?.name ?? '—'}`
      : `  已核定 decided: ${decision.by}  被反映 accused ${names(decision.accused)}  责任单位 to ${names(decision.to)}`,
  ]
}
