import { adapterOf } from '../../core/adapter/manifest.ts'
import type { CityConfig, SystemConfig } from '../../core/config/schema.ts'
import type { Bindings } from '../../core/directory/bindings.ts'
import type { UnitDirectory } from '../../core/directory/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { LinkOutput } from '../../core/hop/link.ts'
import { CHANNEL_SYSTEM, COLLECT_SYSTEM, TIMER_SYSTEM, type CollectAddress } from '../../core/ledger/address.ts'
import type { DeliveryTarget, HopOutput } from '../../core/ledger/port.ts'
import type { Message, Recipient } from '../../core/message/schema.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import { PUBLIC_LEVELS, publishes } from '../../core/message/release-level.ts'
import { urgencyRank } from '../../core/message/urgency.ts'
import { MANIFESTS } from '../adapters.ts'
import { channelAddress } from '../channels.ts'

/** Where the configuration in force sends what the flows put out. */
export interface Routes {
  readonly city: CityConfig
  readonly bindings: Bindings
  /** which units have merged */
  readonly directory: Pick<UnitDirectory, 'receiverOf'>
}

/**
 * An output of a flow as the ledger takes it: the message checked against its schema (flows are programs of others),
 * its recipients turned into systems, modes and lanes. Rejects with FIELD_INVALID, UNKNOWN_RECIPIENT, or
 * what a system says of a notice that is too long for it.
 */
export function resolveOutput(output: LinkOutput, input: Message, routes: Routes, now: number): HopOutput {
  const message =
    output.message === 'input' ? input : received(wholeMessage(output.message, 'msg.payload'), routes, now)
  return {
    message: output.message === 'input' ? 'input' : message,
    hop: output.hop,
    targets: targetsOf(output, message, input, routes, now),
  }
}

/** Addressed to whoever receives it: a unit that has merged would stand in it by its id, and by nobody's name. */
function received(message: Message, routes: Routes, now: number): Message {
  const recipients = new Map<string, Recipient>()
  for (const recipient of message.recipients) {
    const unit = receiverOf(recipient.unit, message, routes, now)
    const name = unit === recipient.unit ? recipient.name : nameOf(unit, routes)
    if (!recipients.has(unit)) recipients.set(unit, { ...recipient, unit, name })
  }
  return message.recipients.every(({ unit }) => recipients.has(unit))
    ? message
    : { ...message, recipients: [...recipients.values()] }
}

/** By the unit's name: whoever reads it knows no ids. */
export function mustNotReach(unit: string, routes: Routes): YizhanError {
  const rule =
    '信访件反映的单位，不得收到由其派生的任何内容 / a petition reports on it: nothing derived from that may go there'
  return new YizhanError('MUST_NOT_REACH', { value: nameOf(unit, routes), rule })
}

function nameOf(unit: string, { city }: Routes): string {
  return city.units.find(({ id }) => id === unit)?.name ?? unit
}

function targetsOf(
  output: LinkOutput,
  message: Message,
  input: Message,
  routes: Routes,
  now: number,
): DeliveryTarget[] {
  switch (output.type) {
    case 'units':
      return unitTargets(output, message, input, routes, now)
    case 'channel':
      return [channelTarget(output.address)]
    case 'timer':
      return [timerTarget(output)]
    case 'collect':
      return collectTargets(output, message)
    case 'system':
      if (MANIFESTS.some(({ id, publishes }) => id === output.adapter && publishes === true))
        refusePublishing(message, input, routes)
      if (message.kind === 'notice')
        refuseForbidden(
          message.recipients.map(({ unit }) => unit),
          message,
          input,
          routes,
          now,
        )
      return [systemTarget(output, message, routes, now)]
  }
}

function unitTargets(
  output: Extract<LinkOutput, { type: 'units' }>,
  message: Message,
  input: Message,
  routes: Routes,
  now: number,
): DeliveryTarget[] {
  const field = output.units === undefined ? 'msg.payload.recipients' : 'units'
  const addressed = output.units ?? message.recipients.map((recipient) => recipient.unit)
  if (addressed.length === 0)
    throw new YizhanError('NO_RECIPIENT', { field, rule: '至少一个收文单位 / at least one unit' })
  const units = [...new Set(addressed.map((unit) => receiverOf(unit, message, routes, now)))]
  refuseForbidden(units, message, input, routes, now)
  return units.map((unit) => {
    // Accepted on a unit's last day, it goes where it would have gone then.
    const id = routes.bindings.systemOf(unit, now) ?? routes.bindings.systemOf(unit, Date.parse(message.acceptedAt))
    const system = routes.city.systems.find((candidate) => candidate.id === id)
    if (system === undefined)
      throw new YizhanError('UNKNOWN_RECIPIENT', {
        field,
        value: nameOf(unit, routes),
        rule: '未绑定系统 / bound to no system today',
      })
    const pushed =
      adapterOf(MANIFESTS, system).pushes?.(system) ?? (system.roles.includes('we-call') && system.url !== undefined)
    return {
      system: system.id,
      unit,
      mode: pushed ? 'push' : 'pickup',
      order: system.pace.order,
      ...bounds(output, message, system, now),
    }
  })
}

function bounds(
  output: Extract<LinkOutput, { urgency?: unknown }>,
  message: Message,
  system: SystemConfig,
  now: number,
): Pick<DeliveryTarget, 'expiresAt' | 'rank'> {
  const own = message.expiresAt === undefined ? now + system.pace.expireMs : Date.parse(message.expiresAt)
  return {
    expiresAt: output.expiresIn === undefined ? own : now + output.expiresIn,
    rank: output.urgency === undefined ? undefined : urgencyRank(output.urgency),
  }
}

/**
 * The unit, or what it had merged into when the message was accepted. A withdrawal follows its document, wherever that
 * was sent; and where nobody is left to take it, whoever took over does.
 */
function receiverOf(unit: string, message: Message, { directory, bindings }: Routes, now: number): string {
  const receiver = message.kind === 'withdrawal' ? unit : directory.receiverOf(unit, Date.parse(message.acceptedAt)).id
  return bindings.systemOf(receiver, now) === undefined ? directory.receiverOf(receiver, now).id : receiver
}

/**
 * Somebody may belong to several units, a flow may have dropped the restriction from what it made, and a unit that has
 * merged is its successor now: what the ledger's own check cannot know.
 */
function refuseForbidden(
  units: readonly string[],
  message: Message,
  input: Message,
  routes: Routes,
  now: number,
): void {
  refuseUndecided(units, input, routes)
  const named = [...(input.mustNotReach ?? []), ...(message.mustNotReach ?? [])]
  const forbidden = new Set(named.flatMap((unit) => [unit, routes.directory.receiverOf(unit, now).id]))
  const hit = units.find((unit) => forbidden.has(unit))
  if (hit !== undefined) throw mustNotReach(hit, routes)
}

/** A petition that reports on somebody stays with the petition office until a person there has released it. */
function refuseUndecided(units: readonly string[], input: Message, routes: Routes): void {
  if (input.kind !== 'petition' || input.review?.state !== 'pending' || !input.review.officeFirst) return
  const { office } = input.review
  const other = units.find((unit) => unit !== office?.unit)
  if (other !== undefined)
    throw new YizhanError('MUST_NOT_REACH', {
      value: nameOf(other, routes),
      rule: `${office?.name ?? '信访机构'}尚未核定 / the petition office has not decided yet`,
    })
}

/**
 * What is published reaches everybody, whoever must not get it too; and a citizen's petition, with its contact data, is
 * nothing to publish.
 */
function refusePublishing(message: Message, input: Message, routes: Routes): void {
  if (message.kind !== 'document') return
  const [hidden] = [...(input.mustNotReach ?? []), ...(message.mustNotReach ?? [])]
  if (hidden !== undefined) throw mustNotReach(hidden, routes)
  if (input.kind === 'petition')
    throw new YizhanError('FIELD_INVALID', {
      field: 'portal out',
      value: input.kind,
      rule: '信访件不得公开 / a petition is not published',
    })
  // Without a level it is the flow that says so; a level that says something else is never overruled.
  const level = message.document.releaseLevel?.trim() ?? ''
  if (level !== '' && !publishes(level))
    throw new YizhanError('FIELD_INVALID', {
      field: 'portal out document.releaseLevel',
      value: level,
      rule: `${PUBLIC_LEVELS.join('、')}；其他一律不公开 / nothing else is published`,
    })
}

/** A system that is no OA. A person's unit is named, so that what must not reach a unit reaches nobody of it either. */
function systemTarget(
  output: Extract<LinkOutput, { type: 'system' }>,
  message: Message,
  routes: Routes,
  now: number,
): DeliveryTarget {
  const { adapter } = output
  const takes = MANIFESTS.find(({ id }) => id === adapter)?.takes ?? []
  if (!takes.includes(message.kind))
    throw new YizhanError('FIELD_INVALID', {
      field: 'msg.payload.kind',
      value: message.kind,
      rule: `${adapter} out: ${takes.join(', ')}`,
    })
  const candidates = routes.city.systems.filter(
    (system) => system.adapter === adapter && (output.system === undefined || system.id === output.system),
  )
  const [system] = candidates
  if (system === undefined)
    throw new YizhanError('UNKNOWN_RECIPIENT', {
      field: `${adapter} out`,
      value: output.system ?? '',
      rule: `systems.yaml 中没有此系统 / no such system (adapter ${adapter})`,
    })
  if (candidates.length > 1)
    throw new YizhanError('UNKNOWN_RECIPIENT', {
      field: `${adapter} out`,
      value: '',
      rule: `须选择系统 / choose one of ${candidates.map(({ id }) => id).join(', ')}`,
    })
  // Now, while its node can be named, and not when the system is to get it.
  if (message.kind === 'notice') adapterOf(MANIFESTS, system).notices?.(system)?.check(message.notice.text)
  const unit = message.kind === 'notice' ? message.recipients[0]?.unit : undefined
  return {
    system: system.id,
    ...(unit === undefined ? {} : { unit }),
    mode: 'push',
    order: system.pace.order,
    ...bounds(output, message, system, now),
  }
}

/** Each message waits in a lane of its own. */
function timerTarget({ name, at }: Extract<LinkOutput, { type: 'timer' }>): DeliveryTarget {
  return { system: TIMER_SYSTEM, address: { to: 'timer', name, at }, mode: 'push', order: 'document', dueAt: at }
}

/**
 * Of a time: the message is kept until then, and a row beside it looks whether time is up, one after the other. Of
 * answers: a row for the end, and one that looks at once, for answers may have been faster; an answer only looks.
 */
function collectTargets(
  { name, until, answers }: Extract<LinkOutput, { type: 'collect' }>,
  message: Message,
): DeliveryTarget[] {
  const target = (
    place: Omit<CollectAddress, 'to'>,
    rest: Pick<DeliveryTarget, 'mode' | 'order' | 'dueAt'>,
  ): DeliveryTarget => ({
    system: COLLECT_SYSTEM,
    address: { to: 'collection', ...place },
    ...rest,
  })
  if (answers === undefined) {
    return [
      target({ name, until }, { mode: 'pickup', order: 'document' }),
      target({ name, until, look: true }, { mode: 'push', order: 'unit', dueAt: until }),
    ]
  }
  const look = target({ name, answers, look: true }, { mode: 'push', order: 'document' })
  return message.kind === 'document'
    ? [target({ name, answers, until }, { mode: 'push', order: 'document', dueAt: until }), look]
    : [look]
}

function channelTarget(address: Extract<LinkOutput, { type: 'channel' }>['address']): DeliveryTarget {
  channelAddress(address)
  return { system: CHANNEL_SYSTEM, address: { to: 'channel', ...address }, mode: 'push', order: 'document' }
}
