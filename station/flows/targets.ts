import type { CityConfig, SystemConfig } from '../../core/config/schema.ts'
import type { Bindings } from '../../core/directory/bindings.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { LinkOutput } from '../../core/hop/link.ts'
import { TIMER_SYSTEM, type DeliveryTarget, type HopOutput } from '../../core/ledger/port.ts'
import { message as messageSchema, type Message, type MessageKind } from '../../core/message/schema.ts'
import { urgencyRank } from '../../core/message/urgency.ts'
import { channelAddress } from '../channels.ts'

/** The system id under which channel deliveries run; its address stands in the unit column, so that each channel has a lane. */
export const CHANNEL_SYSTEM = 'channel'

/** Where the configuration in force sends what the flows put out. */
export interface Routes {
  readonly city: CityConfig
  readonly bindings: Bindings
  /** when a message may go to a system at the earliest */
  readonly notBefore?: ((system: SystemConfig, message: Message, now: number) => number | undefined) | undefined
}

/**
 * An output of a flow as the ledger takes it: the message checked against its schema (flows are programs of others),
 * its recipients turned into systems, modes and lanes. Rejects with FIELD_INVALID or UNKNOWN_RECIPIENT.
 */
export function resolveOutput(output: LinkOutput, input: Message, routes: Routes, now: number): HopOutput {
  const message = output.message === 'input' ? input : checkMessage(output.message)
  return { message: output.message === 'input' ? 'input' : message, hop: output.hop, targets: targetsOf(output, message, input, routes, now) }
}

function targetsOf(output: LinkOutput, message: Message, input: Message, routes: Routes, now: number): DeliveryTarget[] {
  switch (output.type) {
    case 'oa':
      return oaTargets(output, message, routes, now)
    case 'channel':
      return [channelTarget(output.address)]
    case 'timer':
      return [timerTarget(output)]
    default:
      refuseForbidden(message, input)
      return [systemTarget(output, message, routes, now)]
  }
}

function checkMessage(given: unknown): Message {
  const checked = messageSchema.safeParse(given)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  throw new YizhanError('FIELD_INVALID', { field: `msg.payload.${issue?.path.join('.') ?? ''}`, value: '', rule: issue?.message ?? 'schema' })
}

function oaTargets(output: Extract<LinkOutput, { type: 'oa' }>, message: Message, routes: Routes, now: number): DeliveryTarget[] {
  const field = output.units === undefined ? 'msg.payload.recipients' : 'units'
  const units = output.units ?? message.recipients.map((recipient) => recipient.unit)
  if (units.length === 0) throw new YizhanError('NO_RECIPIENT', { field, rule: '至少一个收文单位 / at least one unit' })
  return [...new Set(units)].map((unit) => {
    const id = routes.bindings.systemOf(unit, now)
    const system = routes.city.systems.find((candidate) => candidate.id === id)
    if (system === undefined) throw new YizhanError('UNKNOWN_RECIPIENT', { field, value: unit, rule: '未绑定系统 / bound to no system today' })
    const pushed = system.roles.includes('we-call') && system.url !== undefined
    return { system: system.id, unit, mode: pushed ? 'push' : 'pickup', order: system.pace.order, ...bounds(output, message, system, now) }
  })
}

function bounds(output: Extract<LinkOutput, { urgency?: unknown }>, message: Message, system: SystemConfig, now: number): Pick<DeliveryTarget, 'expiresAt' | 'rank'> {
  const own = message.expiresAt === undefined ? now + system.pace.expireMs : Date.parse(message.expiresAt)
  return {
    expiresAt: output.expiresIn === undefined ? own : now + output.expiresIn,
    rank: output.urgency === undefined ? undefined : urgencyRank(output.urgency),
  }
}

/** What each kind of system takes. */
const TAKES: Readonly<Record<Exclude<LinkOutput['type'], 'oa' | 'channel' | 'timer'>, readonly MessageKind[]>> = {
  portal: ['reply', 'document', 'withdrawal'], sms: ['notice'], mail: ['notice'], archive: ['archive-batch'],
}

/** Somebody may belong to several units, and a flow may have dropped the restriction from what it made. */
function refuseForbidden(message: Message, input: Message): void {
  const forbidden = [...(input.mustNotReach ?? []), ...(message.mustNotReach ?? [])]
  const hit = message.kind === 'notice' ? message.recipients.find(({ unit }) => forbidden.includes(unit)) : undefined
  if (hit !== undefined) throw new YizhanError('MUST_NOT_REACH', { value: hit.unit, rule: 'mustNotReach' })
}

/** A system that is no OA. A person's unit is named, so that what must not reach a unit reaches nobody of it either. */
function systemTarget(output: Extract<LinkOutput, { type: keyof typeof TAKES }>, message: Message, routes: Routes, now: number): DeliveryTarget {
  const takes = TAKES[output.type]
  if (!takes.includes(message.kind)) throw new YizhanError('FIELD_INVALID', { field: 'msg.payload.kind', value: message.kind, rule: `${output.type} out: ${takes.join(', ')}` })
  const candidates = routes.city.systems.filter((system) => system.adapter === output.type && (output.system === undefined || system.id === output.system))
  const [system] = candidates
  if (system === undefined) throw new YizhanError('UNKNOWN_RECIPIENT', { field: `${output.type} out`, value: output.system ?? '', rule: `systems.yaml 中没有此系统 / no such system (adapter ${output.type})` })
  if (candidates.length > 1) throw new YizhanError('UNKNOWN_RECIPIENT', { field: `${output.type} out`, value: '', rule: `须选择系统 / choose one of ${candidates.map(({ id }) => id).join(', ')}` })
  const unit = message.kind === 'notice' ? message.recipients[0]?.unit : undefined
  const dueAt = routes.notBefore?.(system, message, now)
  return {
    system: system.id, ...(unit === undefined ? {} : { unit }), mode: 'push', order: system.pace.order, ...(dueAt === undefined ? {} : { dueAt }),
    ...bounds(output, message, system, now),
  }
}

/** Each message waits in a lane of its own. */
function timerTarget({ name, at }: Extract<LinkOutput, { type: 'timer' }>): DeliveryTarget {
  return { system: TIMER_SYSTEM, unit: `${name}@${at}`, mode: 'push', order: 'document', dueAt: at }
}

function channelTarget(address: Extract<LinkOutput, { type: 'channel' }>['address']): DeliveryTarget {
  channelAddress(address)
  return { system: CHANNEL_SYSTEM, unit: JSON.stringify(address), mode: 'push', order: 'document' }
}
