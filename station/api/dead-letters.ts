import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Message } from '../../core/message/schema.ts'
import type { Clock } from '../../core/util/clock.ts'
import { isDoubtful, deadPlaceOf, type DeadGroups } from '../duty/dead-groups.ts'
import { fieldsToRepair, withChanges } from '../duty/repair-form.ts'
import { shownFault } from '../duty/shown.ts'
import type { Tasks } from '../duty/tasks.ts'
import { masked } from '../masking.ts'
import type { NamedLetter, Operations } from '../operations.ts'
import { DEAD_LETTER_ENDPOINTS as DEAD, type DeadLetterRow } from './contract/dead-letters.ts'
import type { ApiServer } from './serve.ts'

/** Named ones up to so many are done at once; more become a task. */
const AT_ONCE = 20
const MOST = 20_000

export interface DeadLetterRoutesParts {
  readonly operations: Pick<Operations, 'deadLetter' | 'replay' | 'drop' | 'checkRepair'>
  readonly groups: DeadGroups
  readonly tasks: Tasks
  readonly sink: EventSink
  readonly clock: Clock
  readonly changed: () => void
}

interface Many {
  readonly ids?: readonly string[] | undefined
  readonly group?: string | undefined
  readonly system?: string | undefined
  readonly subscription?: string | undefined
  readonly reason: string
  readonly dryRun: boolean
  readonly perSecond: number
}

export function serveDeadLetters(api: ApiServer, parts: DeadLetterRoutesParts): void {
  const { operations, groups, tasks, sink, clock } = parts

  api.serve(DEAD.deadLetterGroups, async () => {
    const { items, counted, more } = await groups.all()
    return { items, counted, more }
  })
  api.serve(DEAD.deadLetters, async ({ query }) => {
    const { max, ...filter } = query
    const items: DeadLetterRow[] = []
    for await (const letter of groups.letters(filter)) {
      if (items.length === max) return { items, next: items.at(-1)?.id ?? '' }
      items.push(letterView({ ...letter, message: masked(letter.message) }))
    }
    return { items }
  })
  api.serve(DEAD.deadLetter, async ({ query: { id, whole }, request }) => {
    if (whole !== undefined) api.gate.require(request, 'act')
    const letter = await operations.deadLetter({ id, actor: api.actorOf(request), whole: whole !== undefined })
    return { letter: letterView(letter), fields: fieldsToRepair(letter) }
  })
  api.serve(DEAD.repairDeadLetter, async ({ body: { id, reason, dryRun, changes }, request }) => {
    const actor = api.actorOf(request)
    const { message: before } = await operations.deadLetter({ id, actor, whole: true })
    const message = withChanges(before, changes)
    const paths = changes.map(({ path }) => path).join(', ')
    if (dryRun) await operations.checkRepair(before, message, actor)
    else {
      await operations.replay({ id, actor, message })
      acted(actor, `repair ${paths}: ${reason}`, message)
    }
    return {
      dryRun,
      affected: 1,
      effect: { zh: `更正 ${paths} 并重放，原件留着`, en: `${paths} repaired, and replayed; the original is kept` },
    }
  })
  api.serve(DEAD.replayDeadLetters, ({ body, request }) =>
    many(body, api.actorOf(request), { zh: '重放死信', en: 'replay of dead letters' }, (id, actor) =>
      operations.replay({ id, actor }),
    ),
  )
  api.serve(DEAD.dropDeadLetters, ({ body, request }) =>
    many(body, api.actorOf(request), { zh: '放弃死信', en: 'dropping of dead letters' }, (id, actor) =>
      operations.drop({ id, actor, reason: body.reason }),
    ),
  )

  async function many(
    asked: Many,
    actor: string,
    what: { readonly zh: string; readonly en: string },
    each: (id: string, actor: string) => Promise<unknown>,
  ) {
    const { reason, dryRun, perSecond } = asked
    const ids = asked.ids ?? (await idsOf(asked))
    const effect = { zh: `${what.zh} ${ids.length} 件，旧的在前`, en: `${what.en}: ${ids.length}, the oldest first` }
    if (dryRun) return { dryRun, affected: ids.length, effect }
    acted(actor, `${what.en}, ${ids.length}: ${reason}`)
    if (ids.length <= AT_ONCE) {
      for (const id of ids) await each(id, actor)
      parts.changed()
      return { dryRun, affected: ids.length, effect }
    }
    const task = tasks.start(what, actor, ids, perSecond, (id) => each(id, actor))
    return { dryRun, affected: ids.length, effect, task: task.id }
  }

  async function idsOf({ group, system, subscription }: Many): Promise<readonly string[]> {
    if ((group ?? system ?? subscription) === undefined)
      throw new YizhanError('FIELD_INVALID', {
        field: 'ids',
        value: '',
        rule: 'ids 或 group、system、subscription 之一 / ids, or one of group, system, subscription',
      })
    const ids: string[] = []
    for await (const { id } of groups.letters({ group, system, subscription })) {
      ids.push(id)
      if (ids.length === MOST) break
    }
    return ids
  }

  function acted(actor: string, detail: string, message?: Message): void {
    const about = message === undefined ? {} : { message: message.id, trace: message.trace }
    sink.emit({ code: 'duty.acted', at: clock.now(), actor, detail, ...about })
  }
}

function letterView(letter: NamedLetter): DeadLetterRow {
  const { id, at, attempts, error, message, unit, names = {} } = letter
  return {
    ...{ id, at, attempts, message },
    place: deadPlaceOf(letter),
    ...(unit === undefined ? {} : { unit: { id: unit, name: names[unit] ?? unit } }),
    error: shownFault(error.code, error.message),
    doubtful: isDoubtful(letter),
  }
}
