import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Tasks } from '../duty/tasks.ts'
import { TASK_ENDPOINTS as TASKS } from './contract/tasks.ts'
import type { ApiServer } from './serve.ts'

export function serveTasks(
  api: ApiServer,
  { tasks, sink, clock }: { readonly tasks: Tasks; readonly sink: EventSink; readonly clock: Clock },
): void {
  api.serve(TASKS.tasks, () => ({ items: tasks.list }))
  api.serve(TASKS.task, ({ parts: { id } }) => tasks.get(id))
  api.serve(TASKS.stopTask, ({ parts: { id }, body: { reason }, request }) => {
    const { total, done, failures, what } = tasks.stop(id)
    const left = total - done - failures
    const detail = `stop ${what.en}, ${left} left: ${reason}`
    sink.emit({ code: 'duty.acted', at: clock.now(), actor: api.actorOf(request), detail })
    return { dryRun: false, affected: left, effect: { zh: `停下，还剩 ${left} 件`, en: `stopped, ${left} left` } }
  })
}
