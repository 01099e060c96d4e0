import { YizhanError } from '../../core/errors/error.ts'
import type { CityView } from '../../core/hop/link.ts'
import type { MessageDraft } from '../../core/message/derive.ts'
import { NOTICE_MOST } from '../../core/message/notice.ts'
import type { RecipientState } from '../../core/message/recipient-state.ts'
import type { Recipient } from '../../core/message/schema.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { addresseesOf, type Addressee } from './people.ts'
import { propertyOf } from './property.ts'
import { onInput, type Node, type NodeDef, type NodeMessage, type Red, type OwnProperties } from './red.ts'
import { chosen } from './source.ts'
import { showLoss } from './status.ts'
import { checkTemplate, fillTemplate, fixedLength } from './template.ts'
import { checkProperty } from './settings.ts'
import { propertyText } from './text.ts'

/** What `sms out` and `mail out` are configured with. */
export interface NoticeDef extends NodeDef {
  /** empty: the only one of its kind */
  readonly system?: string
  /** where no system of the kind is configured, the hop fails, or nothing is sent */
  readonly whenNone?: 'fail' | 'skip'
  /** property with the people; empty: `people` */
  readonly people?: string
  /** template of the text */
  readonly text?: string
  /** template of a mail's subject */
  readonly subject?: string
  /** template of the event's name; empty: the id of what the message is about */
  readonly event?: string
  /** it goes out only while the person's unit is in one of these states about the document; empty: whatever it is in */
  readonly onlyWhile?: readonly RecipientState[]
}

export const NOTICE_PROPERTIES: OwnProperties<NoticeDef> = {
  system: true,
  whenNone: true,
  people: true,
  text: true,
  subject: true,
  event: true,
  onlyWhile: true,
}

/** So many people without an address are named in a warning. */
const NAMED = 20

/**
 * Puts one notice for each person into the message's hop, and sends the message on unchanged. One event and person give
 * one notice: its id is computed from the hop's input, the event and the person, whatever their order.
 */
export function startNotices(red: Red, node: Node, definition: NoticeDef, type: 'sms' | 'mail'): void {
  const { hops } = paletteRuntime(red)
  const field = definition.people || 'people'
  const system = definition.system || undefined
  const onlyWhile = chosen(definition.onlyWhile)
  showLoss(hops, node)
  let without = false
  onInput(node, (msg, send) => {
    if (
      definition.whenNone === 'skip' &&
      system === undefined &&
      hops.city?.systems.every(({ adapter }) => adapter !== type)
    ) {
      node.status({ fill: 'grey', shape: 'ring', text: '没有此类系统，不发 no such system' })
      without = true
      send(msg)
      return
    }
    // One was configured meanwhile.
    if (without) node.status({})
    without = false
    const { about, ...notice } = noticeOf(red, definition, msg, type)
    const { reached, missed } = addresseesOf(
      propertyOf(red, msg, field),
      `msg.${field.replace(/^msg\./, '')}`,
      type === 'sms' ? 'phone' : 'mail',
    )
    for (const person of reached) {
      const draft: MessageDraft = {
        kind: 'notice',
        recipients: recipientsOf(person, msg, hops.city),
        about,
        notice: { to: person.to, ...notice, ...(onlyWhile === undefined ? {} : { onlyWhile }) },
      }
      hops.put(
        node,
        msg,
        { type: 'system', adapter: type, ...(system === undefined ? {} : { system }) },
        { draft, role: JSON.stringify([notice.event, person.key]) },
      )
    }
    if (missed.length > 0) node.warn(missing(missed, type))
    send(msg)
  })
}

/**
 * Holds the settings against what every message would meet.
 *
 * @throws YizhanError FIELD_INVALID about templates that no message can fill, and about what is too long for a mail
 * whatever fills it; SMS_LENGTH about what is too long for the centre
 */
export function checkNotice(red: Red, definition: NoticeDef, type: 'sms' | 'mail'): void {
  const { people, text = '', subject = '', event } = definition
  checkProperty(red, 'people', people)
  for (const [field, template] of Object.entries({ text, subject, event })) checkTemplate(red, field, template)
  checkLengths({ text: fixedLength(text), subject: fixedLength(subject) })
  const systems = (paletteRuntime(red).hops.city?.systems ?? []).filter(({ adapter }) => adapter === type)
  const sending = definition.system ? systems.find(({ id }) => id === definition.system) : systems[0]
  const length = fixedLength(text)
  if (sending?.notices !== undefined && length > sending.notices.most)
    throw new YizhanError('SMS_LENGTH', { field: 'text', value: `${length} 字`, rule: sending.notices.rule })
}

/** @throws YizhanError FIELD_INVALID about what is longer than any notice */
function checkLengths(lengths: Readonly<Record<keyof typeof NOTICE_MOST, number>>): void {
  for (const field of ['text', 'subject'] as const) {
    const [length, most] = [lengths[field], NOTICE_MOST[field]]
    if (length > most)
      throw new YizhanError('FIELD_INVALID', { field, value: `${length} 字`, rule: `≤ ${most} 字 characters` })
  }
}

interface NoticeParts {
  readonly about: object
  readonly event: string
  readonly text: string
  readonly subject?: string
}

function noticeOf(red: Red, definition: NoticeDef, { payload }: NodeMessage, type: 'sms' | 'mail'): NoticeParts {
  if (typeof payload !== 'object' || payload === null)
    throw new YizhanError('FIELD_INVALID', {
      field: 'msg.payload',
      value: typeof payload,
      rule: '规范消息对象 / a canonical message',
    })
  const fill = (template: string | undefined): string => fillTemplate(red, template ?? '', payload)
  const about = aboutOf(payload as Readonly<Record<string, unknown>>)
  const event = fill(definition.event) || propertyText(about.id)
  if (event === '')
    throw new YizhanError('FIELD_INVALID', {
      field: 'msg.payload.id',
      value: '',
      rule: '须有事件名，或 about.id、id / an event, or an id to name it by',
    })
  const text = fill(definition.text)
  const subject = type === 'mail' ? fill(definition.subject) : undefined
  checkLengths({ text: text.length, subject: subject?.length ?? 0 })
  return { about, event, text, ...(subject === undefined ? {} : { subject }) }
}

type About = { readonly id?: unknown } & Readonly<Record<string, unknown>>

/** What the message is about, else the message itself. */
function aboutOf(payload: Readonly<Record<string, unknown>>): About {
  if (isRecord(payload['about'])) return payload['about']
  const body = [payload['document'], payload['petition']].find(isRecord)
  return {
    id: payload['id'],
    number: payload['number'],
    from: payload['from'],
    title: body?.['title'],
    direction: body?.['direction'],
  }
}

/**
 * The station looks at the first: a unit that the message must not reach stands there, so that it refuses the notice.
 */
function recipientsOf({ units }: Addressee, { payload }: NodeMessage, city: CityView | undefined): Recipient[] {
  const kept = isRecord(payload) && Array.isArray(payload['mustNotReach']) ? (payload['mustNotReach'] as unknown[]) : []
  const order = (unit: string): string => `${kept.includes(unit) ? 0 : 1}${unit}`
  return [...units]
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((unit) => ({ unit, name: city?.units.find(({ id }) => id === unit)?.name ?? unit, role: 'to' }))
}

function missing(people: readonly string[], type: 'sms' | 'mail'): string {
  const names = people.slice(0, NAMED).join('、') + (people.length > NAMED ? ' …' : '')
  return type === 'sms'
    ? `${people.length} 人没有手机号，不发短信 / without a phone number, no SMS: ${names}`
    : `${people.length} 人没有邮箱，不发邮件 / without an address, no mail: ${names}`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
