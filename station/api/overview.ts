import { YizhanError } from '../../core/errors/error.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { DeliveryEngine } from '../../core/delivery/engine.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { OverviewModel } from '../duty/overview.ts'
import type { Paused } from '../duty/paused.ts'
import { OVERVIEW_ENDPOINTS as OVERVIEW } from './contract/overview.ts'
import type { ActAnswer } from './contract/shared.ts'
import type { ApiServer } from './serve.ts'

export interface OverviewRoutesParts {
  readonly overview: OverviewModel
  readonly paused: Paused
  readonly systems: () => readonly SystemConfig[]
  readonly delivery: Pick<DeliveryEngine, 'stats' | 'tryNow'>
  readonly sink: EventSink
  readonly clock: Clock
}

export function serveOverview(api: ApiServer, parts: OverviewRoutesParts): void {
  const { overview, paused, delivery, sink, clock } = parts
  /** one that we deliver to, whether or not it is paused now */
  const called = (id: string): SystemConfig => {
    const system = parts.systems().find((one) => one.id === id)
    if (system === undefined) throw new YizhanError('SYSTEM_UNKNOWN', { value: id })
    const isCalled = paused.of(id) !== undefined || delivery.stats().systems.some((one) => one.id === id)
    if (!isCalled) throw new YizhanError('SYSTEM_NOT_CALLED', { value: system.name })
    return system
  }
  const done = (dryRun: boolean, effect: ActAnswer['effect']): ActAnswer => {
    if (!dryRun) overview.changed()
    return { dryRun, affected: 1, effect }
  }

  api.serve(OVERVIEW.overview, () => overview.now())
  api.serve(OVERVIEW.pauseSystem, async ({ parts: { id }, body: { reason, dryRun }, request }) => {
    const { name } = called(id)
    if (paused.of(id) !== undefined)
      throw new YizhanError('SYSTEM_STATE', { value: name, rule: '已经暂停 / it is paused already' })
    if (!dryRun) await paused.pause(id, api.actorOf(request), reason)
    return done(dryRun, {
      zh: `不再向 ${name} 投递，积压留着，重启后仍停；手上的一件做完`,
      en: `nothing more is delivered to ${name}; what waits stays, over a restart too; what is in hand is finished`,
    })
  })
  api.serve(OVERVIEW.resumeSystem, async ({ parts: { id }, body: { reason, dryRun }, request }) => {
    const { name } = called(id)
    if (paused.of(id) === undefined)
      throw new YizhanError('SYSTEM_STATE', { value: name, rule: '没有暂停 / it is not paused' })
    if (!dryRun) await paused.resume(id, api.actorOf(request), reason)
    return done(dryRun, { zh: `恢复向 ${name} 投递，积压依次送出`, en: `deliveries to ${name} go on, in their order` })
  })
  api.serve(OVERVIEW.trySystem, ({ parts: { id }, body: { reason, dryRun }, request }) => {
    const { name } = called(id)
    const isWaiting = delivery.stats().systems.some((one) => one.id === id && one.breaker === 'open')
    if (!isWaiting)
      throw new YizhanError('SYSTEM_STATE', { value: name, rule: '没有在等着再试 / nothing waits to be tried' })
    if (!dryRun) {
      delivery.tryNow(id)
      const detail = `try: ${reason}`
      sink.emit({ code: 'duty.acted', at: clock.now(), actor: api.actorOf(request), system: id, detail })
    }
    return done(dryRun, { zh: `现在就试着送 ${name} 一件`, en: `one delivery to ${name} is tried now` })
  })
}
