import { randomBytes } from 'node:crypto'
import { YizhanError } from '../../core/errors/error.ts'
import type { Clock } from '../../core/util/clock.ts'
import { pause } from '../../core/util/pause.ts'
import type { TaskView } from '../api/contract/tasks.ts'
import { shownThrown } from './shown.ts'

/** Ended ones that are remembered, failures that are named, and how often progress is told (milliseconds). */
const KEPT = 50
const NAMED = 100
const TOLD_MS = 500

interface Task {
  view: TaskView
  readonly stopping: AbortController
}

/** Long work that a person has begun: one item after the other, at a pace, with what failed; it goes on without him. */
export class Tasks {
  readonly #clock: Clock
  readonly #told: (task: TaskView) => void
  readonly #tasks = new Map<string, Task>()
  readonly #running = new Set<Promise<void>>()

  constructor(clock: Clock, told: (task: TaskView) => void) {
    this.#clock = clock
    this.#told = told
  }

  /** The newest first. */
  get list(): readonly TaskView[] {
    return [...this.#tasks.values()].map(({ view }) => view).reverse()
  }

  /** @throws YizhanError TASK_UNKNOWN */
  get(id: string): TaskView {
    return this.#need(id).view
  }

  /** @param each in order; what throws is counted and named, and the next goes on */
  start(
    what: TaskView['what'],
    by: string,
    ids: readonly string[],
    perSecond: number,
    each: (id: string) => Promise<unknown>,
  ): TaskView {
    const id = randomBytes(8).toString('hex')
    const task: Task = {
      view: {
        ...{ id, what, by, startedAt: this.#clock.now(), stopped: false },
        ...{ total: ids.length, done: 0, failures: 0, failed: [] },
      },
      stopping: new AbortController(),
    }
    this.#tasks.set(id, task)
    for (const [old, { view }] of this.#tasks)
      if (this.#tasks.size > KEPT && view.endedAt !== undefined) this.#tasks.delete(old)
    const running = this.#run(task, ids, 1000 / perSecond, each).finally(() => this.#running.delete(running))
    this.#running.add(running)
    return task.view
  }

  stop(id: string): TaskView {
    const task = this.#need(id)
    task.stopping.abort()
    return task.view
  }

  async close(): Promise<void> {
    for (const { stopping } of this.#tasks.values()) stopping.abort()
    await Promise.all(this.#running)
  }

  async #run(
    task: Task,
    ids: readonly string[],
    eachMs: number,
    each: (id: string) => Promise<unknown>,
  ): Promise<void> {
    const { signal } = task.stopping
    const began = performance.now()
    let told = began
    for (const [at, id] of ids.entries()) {
      // by the beginning, so that a pace of 1,000 a second is one although timers are coarse
      const early = began + at * eachMs - performance.now()
      if (early > 1) await pause(early, signal, false)
      if (signal.aborted) break
      task.view = await each(id).then(
        () => ({ ...task.view, done: task.view.done + 1 }),
        (error: unknown) => failed(task.view, id, error),
      )
      if (performance.now() - told < TOLD_MS) continue
      told = performance.now()
      this.#told(task.view)
    }
    task.view = { ...task.view, endedAt: this.#clock.now(), stopped: signal.aborted }
    this.#told(task.view)
  }

  #need(id: string): Task {
    const task = this.#tasks.get(id)
    if (task === undefined) throw new YizhanError('TASK_UNKNOWN', { value: id })
    return task
  }
}

function failed(view: TaskView, id: string, thrown: unknown): TaskView {
  const { failures, failed: before } = view
  return {
    ...view,
    failures: failures + 1,
    failed: before.length < NAMED ? [...before, { id, error: shownThrown(thrown) }] : before,
  }
}
