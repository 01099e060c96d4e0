import { z } from 'zod'
import { endpoint, type ViewOf } from './endpoint.ts'
import { actAnswer, inTwo, instant, reason, shownError } from './shared.ts'

export const taskSchema = z
  .strictObject({
    id: z.string(),
    what: inTwo,
    by: z.string(),
    startedAt: instant,
    endedAt: instant.optional(),
    stopped: z.boolean(),
    total: z.int(),
    done: z.int(),
    failures: z.int(),
    failed: z
      .array(z.strictObject({ id: z.string(), error: shownError }))
      .describe('前一百件不成的 the first hundred that failed'),
  })
  .meta({ id: 'Task', title: '长工作 long work' })
export type TaskView = ViewOf<typeof taskSchema>

export const TASK_ENDPOINTS = {
  tasks: endpoint({
    id: 'tasks',
    method: 'GET',
    path: '/api/v1/tasks',
    right: 'look',
    tag: 'work',
    summary: '长工作，新的在前；重启后不记得 / long work, the newest first; a restart forgets it',
    answer: z.strictObject({ items: z.array(taskSchema) }),
  }),
  task: endpoint({
    id: 'task',
    method: 'GET',
    path: '/api/v1/tasks/{id}',
    right: 'look',
    tag: 'work',
    summary: '一件长工作的进度 / progress of long work',
    answer: taskSchema,
  }),
  stopTask: endpoint({
    id: 'stopTask',
    method: 'POST',
    path: '/api/v1/tasks/{id}/stop',
    right: 'act',
    tag: 'work',
    summary: '停下长工作，做过的不退回 / stop long work; what is done stays',
    body: z.strictObject({ reason }),
    answer: actAnswer,
  }),
} as const
