import type { CityConfig } from '../../core/config/schema.ts'
import type { Bindings } from '../../core/directory/bindings.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { LinkOutput } from '../../core/hop/link.ts'
import type { DeliveryTarget, HopOutput } from '../../core/ledger/port.ts'
import { message as messageSchema, type Message } from '../../core/message/schema.ts'
import { urgencyRank } from '../../core/message/urgency.ts'
import { channelAddress } from '../channels.ts'

/** The system id under which channel deliveries run; its address stands in the unit column, so that each channel has a lane. */
export const CHANNEL_SYSTEM = 'channel'

/** Where the configuration in force sends what the flows put out. */
export interface Routes {
  readonly city: CityConfig
  readonly bindings: Bindings
}

/**
 * An output of a flow as the ledger takes it: the message checked against its schema (flows are programs of others),
 * its recipients turned into systems, modes and lanes. Rejects with FIELD_INVALID or UNKNOWN_RECIPIENT.
 */
export function resolveOutput(output: LinkOutput, input: Message, routes: Routes, now: number): HopOutput {
  const message = output.message === 'input' ? input : checkMessage(output.message)
  const targets = output.type === 'oa' ? oaTargets(output, message, routes, now) : [channelTarget(output.address)]
  return { message: output.message === 'input' ? 'input' : message, hop: output.hop, targets }
}

function checkMessage(given: unknown): Message {
  const checked = messageSchema.safeParse(given)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  throw new YizhanError('FIELD_INVALID', { field: `msg.payload.${issue?.path.join('.') ?? ''}`, value: '', rule: issue?.message ?? 'schema' })
}

function oaTargets(output: Extract<LinkOutput, { type: 'oa' }>, message: Message, routes: Routes, now: number): DeliveryTarget[] {
  const field = output.units === undefined ? 'msg.payload.recipients' : 'units'
  const expiresAt = output.expiresIn !== undefined ? now + output.expiresIn : message.expiresAt === undefined ? undefined : Date.parse(message.expiresAt)
  const rank = output.urgency === undefined ? undefined : urgencyRank(output.urgency)
  const units = output.units ?? message.recipients.map((recipient) => recipient.unit)
  if (units.length === 0) throw new YizhanError('NO_RECIPIENT', { field, rule: '至少一个收文单位 / at least one unit' })
  return [...new Set(units)].map((unit) => {
    const id = routes.bindings.systemOf(unit, now)
    const system = routes.city.systems.find((candidate) => candidate.id === id)
    if (system === undefined) throw new YizhanError('UNKNOWN_RECIPIENT', { field, value: unit, rule: '未绑定系统 / bound to no system today' })
    const pushed = system.roles.includes('we-call') && system.url !== undefined
    return { system: system.id, unit, mode: pushed ? 'push' : 'pickup', order: system.pace.order, expiresAt: expiresAt ?? now + system.pace.expireMs, rank }
  })
}

function channelTarget(address: Extract<LinkOutput, { type: 'channel' }>['address']): DeliveryTarget {
  channelAddress(address)
  return { system: CHANNEL_SYSTEM, unit: JSON.stringify(address), mode: 'push', order: 'document' }
}
