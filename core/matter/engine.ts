import { YizhanError } from '../errors/error.ts'
import type { ClockEvent } from './clock/plan.ts'
import type { ClockRule } from './clock/schema.ts'
import type { Act, Kind, Actor } from './kind/schema.ts'

/** A unit that handles a matter: 主办 lead (several: 分办) or 协办 co-handler. */
export interface Handler {
  readonly unit: string
  readonly role: 'lead' | 'co'
  readonly state: string
}

/** A matter as far as its kind's tables decide about it. */
export interface Matter {
  readonly state: string
  readonly handlers: readonly Handler[]
  readonly outcome?: string
  /** units that must never have it, nor anything of it; its children inherit them */
  readonly mustNotReach: readonly string[]
  readonly parent?: string
}

/** What somebody wants to do. */
export interface ActRequest {
  readonly act: string
  readonly role: Actor
  /** whose handling it is about; needed for acts of handlers */
  readonly unit?: string
  /** to whom, for acts that assign */
  readonly to?: readonly { readonly unit: string; readonly role: 'lead' | 'co'; readonly deadline?: number }[]
  readonly reason?: string
  readonly outcome?: string
  /** ms since 1970 */
  readonly at: number
}

/** What happened, as it is kept. */
export interface MatterEvent extends ClockEvent {
  readonly by: Actor
  /** the handler whom it concerns; absent: the matter */
  readonly unit?: string
  readonly reason?: string
  readonly outcome?: string
}

export interface Acted {
  readonly matter: Matter
  readonly events: readonly MatterEvent[]
  readonly documents: readonly string[]
}

/** A new matter; a child has what its parent must not reach. */
export function openMatter(
  kind: Kind,
  at: number,
  {
    mustNotReach = [],
    parent,
    deadline,
  }: {
    readonly mustNotReach?: readonly string[]
    readonly parent?: { readonly id: string; readonly matter: Matter }
    readonly deadline?: number
  } = {},
): Acted {
  const matter: Matter = {
    state: kind.initial,
    handlers: [],
    mustNotReach: [...new Set([...mustNotReach, ...(parent?.matter.mustNotReach ?? [])])],
    ...(parent === undefined ? {} : { parent: parent.id }),
  }
  const opened: MatterEvent = { at, act: 'open', by: 'office', ...(deadline === undefined ? {} : { deadline }) }
  return { matter, events: [opened], documents: [] }
}

/** Acts that a role may do now; of a handler, where its unit is named. */
export function legalActs(kind: Kind, matter: Matter, role: Actor, unit?: string): readonly string[] {
  const own = Object.keys(kind.acts).filter((name) => refusal(kind, matter, { act: name, role }) === undefined)
  if (unit === undefined) return own
  const handling = Object.keys(kind.handling.acts).filter(
    (name) => refusal(kind, matter, { act: name, role, unit }) === undefined,
  )
  return [...own, ...handling]
}

/**
 * Does it, or says what would be legal. Nothing is written: what comes back is the matter as it is then, what happened
 * (for its clocks), and the documents that are issued.
 *
 * @throws YizhanError MATTER_ACT_ILLEGAL, MATTER_ACT_INCOMPLETE, MUST_NOT_REACH
 */
export function actOnMatter(kind: Kind, matter: Matter, request: ActRequest): Acted {
  const { act: name, role, unit, at } = request
  const why = refusal(kind, matter, request)
  if (why !== undefined) {
    const legal = legalActs(kind, matter, role, unit)
    const may = legal.length === 0 ? '没有 / none' : legal.map((one) => titleOf(kind, one)).join('、')
    throw new YizhanError('MATTER_ACT_ILLEGAL', {
      field: titleOf(kind, name),
      value: stateTitle(kind, matter, request),
      rule: `${why}；可行 / may be done: ${may}`,
    })
  }
  const own = kind.acts[name]
  const act = own ?? kind.handling.acts[name]
  if (act === undefined) throw new Error(`${name} was judged to be an act`)
  complete(kind, act, request)
  const told = {
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    ...(request.outcome === undefined ? {} : { outcome: request.outcome }),
  }
  const deadline = own === undefined ? undefined : request.to?.find((one) => one.deadline !== undefined)?.deadline
  const event: MatterEvent = {
    at,
    act: name,
    by: role,
    ...(own === undefined && unit !== undefined ? { unit } : {}),
    ...(deadline === undefined ? {} : { deadline }),
    ...told,
  }
  const next =
    own === undefined
      ? { ...matter, handlers: matter.handlers.map((one) => moved(one, one.unit === unit ? act.to : undefined)) }
      : {
          ...matter,
          state: act.to ?? matter.state,
          ...(request.outcome === undefined ? {} : { outcome: request.outcome }),
        }
  const assigned = act.assigns ? assign(kind, next, request) : { matter: next, events: [] }
  const ended = kind.states[assigned.matter.state]?.end === true ? finish(kind, assigned.matter, at) : undefined
  return {
    matter: ended?.matter ?? assigned.matter,
    events: [event, ...assigned.events, ...(ended?.events ?? [])],
    documents: act.documents,
  }
}

/** What one clock of a matter has to know of its events: of a handler's clock, those that concern this handler. */
export function eventsFor(
  { of, for: only }: Pick<ClockRule, 'of' | 'for'>,
  matter: Matter,
  events: readonly MatterEvent[],
  unit?: string,
): readonly MatterEvent[] {
  const roleOf = (one: string): Handler['role'] | undefined => matter.handlers.find((it) => it.unit === one)?.role
  // What a co-handler does, it does towards the lead unit: the matter's own clocks do not look at it.
  if (of === 'matter') return events.filter((event) => event.unit === undefined || roleOf(event.unit) !== 'co')
  if (unit === undefined || (only !== undefined && roleOf(unit) !== only)) return []
  return events.filter((event) => event.unit === undefined || event.unit === unit)
}

/** Why it may not be done, in both languages; undefined where it may. */
function refusal(
  kind: Kind,
  matter: Matter,
  { act: name, role, unit }: Pick<ActRequest, 'act' | 'role' | 'unit'>,
): string | undefined {
  const own = kind.acts[name]
  const act = own ?? kind.handling.acts[name]
  if (act === undefined) return '没有这种行为 / there is no such act'
  if (!act.by.includes(role)) return `此行为由 ${act.by.join('、')} 作出 / it is done by ${act.by.join(', ')}`
  if (own !== undefined) {
    if (!act.from.includes(matter.state)) return '状态不合 / not in this state'
    return act.needs === 'leads' && !leadsDone(kind, matter)
      ? '主办单位还没有全部办结 / not every lead unit has answered'
      : undefined
  }
  if (kind.states[matter.state]?.handled !== true) return '整件现在不在承办中 / the matter is not being handled'
  const handler = matter.handlers.find((one) => one.unit === unit)
  if (handler === undefined) return '不是承办单位 / is no handler'
  if ((role === 'lead' || role === 'co') && handler.role !== role) return `是 ${handler.role} / it is ${handler.role}`
  if (!act.from.includes(handler.state)) return '状态不合 / not in this state'
  const waits = act.needs === 'coHandlers' && handler.role === 'lead' && !coHandlersDone(kind, matter)
  return waits ? '协办单位还没有全部答复 / not every co-handler has answered' : undefined
}

function leadsDone(kind: Kind, { handlers }: Matter): boolean {
  const leads = handlers.filter((one) => one.role === 'lead' && !isOut(kind, one))
  return leads.length > 0 && leads.every((one) => isDone(kind, one))
}

function coHandlersDone(kind: Kind, { handlers }: Matter): boolean {
  return handlers.every((one) => one.role === 'lead' || isOut(kind, one) || isDone(kind, one))
}

function isDone({ handling }: Kind, { state }: Handler): boolean {
  return handling.states[state]?.done === true
}

/** Whether it has nothing to do with the matter any more. */
function isOut({ handling }: Kind, { state }: Handler): boolean {
  return handling.states[state]?.end === true
}

function complete(kind: Kind, act: Act, { to = [], reason, outcome }: ActRequest): void {
  if (act.reason && (reason ?? '').trim() === '')
    throw incomplete('reason', reason, '须说明理由 / reasons have to be given')
  if (act.outcome ? outcome === undefined || !Object.hasOwn(kind.outcomes, outcome) : outcome !== undefined)
    throw incomplete(
      'outcome',
      outcome,
      act.outcome
        ? `须为其一 / must be one of: ${Object.keys(kind.outcomes).join('、')}`
        : '此行为没有结果可选 / this act has no outcome',
    )
  if (act.assigns !== to.length > 0)
    throw incomplete(
      'to',
      undefined,
      act.assigns ? '须列出承办单位 / units have to be named' : '此行为不交办 / this act assigns nothing',
    )
}

function assign(
  kind: Kind,
  matter: Matter,
  { to = [], at, role }: ActRequest,
): { matter: Matter; events: MatterEvent[] } {
  const handlers = new Map(matter.handlers.map((one) => [one.unit, one]))
  const named = new Set<string>()
  for (const { unit, role: as } of to) {
    if (matter.mustNotReach.includes(unit))
      throw new YizhanError('MUST_NOT_REACH', {
        field: 'to',
        value: unit,
        rule: '办件反映的正是该单位 / the matter is about this unit',
      })
    const before = handlers.get(unit)
    if (named.has(unit) || (before !== undefined && !isOut(kind, before) && !isDone(kind, before)))
      throw incomplete('to', unit, '该单位已在承办 / this unit is handling it already')
    named.add(unit)
    handlers.set(unit, { unit, role: as, state: kind.handling.initial })
  }
  const all = [...handlers.values()]
  if (!all.some((one) => one.role === 'lead' && !isOut(kind, one)))
    throw incomplete('to', undefined, '须有主办单位 / one of them has to be the lead unit')
  const events = to.map(({ unit, deadline }): MatterEvent => ({
    at,
    act: 'assign',
    by: role,
    unit,
    ...(deadline === undefined ? {} : { deadline }),
  }))
  return { matter: { ...matter, handlers: all }, events }
}

/** With the matter its handlers have finished. */
function finish(kind: Kind, matter: Matter, at: number): { matter: Matter; events: MatterEvent[] } {
  const open = matter.handlers.filter((one) => !isOut(kind, one))
  const act = kind.handling.acts['finish']
  return {
    matter: { ...matter, handlers: matter.handlers.map((one) => moved(one, open.includes(one) ? act?.to : undefined)) },
    events: [
      ...open.map(({ unit }): MatterEvent => ({ at, act: 'finish', by: 'system', unit })),
      { at, act: 'end', by: 'system' },
    ],
  }
}

function moved(handler: Handler, state: string | undefined): Handler {
  return state === undefined ? handler : { ...handler, state }
}

function titleOf(kind: Kind, act: string): string {
  const title = (kind.acts[act] ?? kind.handling.acts[act])?.name
  return title === undefined ? act : `${title.zh} ${title.en}`
}

function stateTitle(kind: Kind, matter: Matter, { act, unit }: ActRequest): string {
  const handler = matter.handlers.find((one) => one.unit === unit)
  const ofHandler = kind.acts[act] === undefined && handler !== undefined
  const state = ofHandler ? kind.handling.states[handler.state] : kind.states[matter.state]
  return state === undefined ? matter.state : `${state.name.zh} ${state.name.en}`
}

function incomplete(field: string, value: string | undefined, rule: string): YizhanError {
  return new YizhanError('MATTER_ACT_INCOMPLETE', { field, value: value ?? '', rule })
}
