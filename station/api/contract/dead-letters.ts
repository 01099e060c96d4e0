import { z } from 'zod'
import { endpoint, type ViewOf } from './endpoint.ts'
import { actAnswer, actBody, inTwo, instant, named, pageOf, pageQuery, shownError } from './shared.ts'

const placeSchema = z
  .strictObject({
    what: z.enum(['hop', 'delivery']).describe('流程处理不成，或投递不成'),
    subscription: z.string().optional(),
    tab: z.string().optional().describe('编辑器的页 the editor’s tab'),
    node: z.string().optional().describe('节点标识，编辑器 #node/<id> id of the node'),
    nodeName: z.string().optional(),
    system: named.optional(),
  })
  .meta({ id: 'DeadPlace', title: '在哪里 where' })

export const deadLetterSchema = z
  .strictObject({
    id: z.string(),
    at: instant,
    attempts: z.int(),
    place: placeSchema,
    unit: named.optional(),
    error: shownError,
    doubtful: z.boolean().describe('可能已送达，待人核实 it may have arrived'),
    message: z.looseObject({ id: z.string(), kind: z.string(), trace: z.string() }),
  })
  .meta({ id: 'DeadLetter', title: '死信 a dead letter' })
export type DeadLetterRow = ViewOf<typeof deadLetterSchema>

export const deadGroupSchema = z
  .strictObject({
    key: z.string().describe('同因同处，作 group 筛选 for the filter `group`'),
    code: z.string(),
    text: inTwo,
    place: placeSchema,
    count: z.int(),
    firstAt: instant,
    lastAt: instant,
  })
  .meta({ id: 'DeadGroup', title: '同因同处的死信 dead letters of one cause and place' })
export type DeadGroup = ViewOf<typeof deadGroupSchema>

const filter = {
  group: z.string().max(400).optional().describe('deadLetterGroups 的 key'),
  system: z.string().max(32).optional(),
  subscription: z.string().max(200).optional(),
}

const fieldSchema = z
  .strictObject({
    path: z.string().describe('在消息中的位置 place in the message'),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema'),
    value: z.unknown().describe('现在的值 as it is'),
    wrong: z.boolean().describe('错误所指 what the error names'),
  })
  .meta({ id: 'RepairField', title: '可更正的字段 a field that may be repaired' })

const one = z.strictObject({ id: z.string().max(400) })

export const DEAD_LETTER_ENDPOINTS = {
  deadLetterGroups: endpoint({
    id: 'deadLetterGroups',
    method: 'GET',
    path: '/api/v1/dead-letters/groups',
    right: 'look',
    tag: 'dead-letters',
    summary: '按原因与处所分组，多的在前 / by cause and place, the most first',
    answer: z.strictObject({
      items: z.array(deadGroupSchema),
      counted: z.int().describe('数到几件 so many were looked at'),
      more: z.boolean(),
    }),
  }),
  deadLetters: endpoint({
    id: 'deadLetters',
    method: 'GET',
    path: '/api/v1/dead-letters',
    right: 'look',
    tag: 'dead-letters',
    summary: '死信，旧的在前 / dead letters, the oldest first',
    query: z.strictObject({ ...pageQuery, ...filter }),
    answer: pageOf(deadLetterSchema),
  }),
  deadLetter: endpoint({
    id: 'deadLetter',
    method: 'GET',
    path: '/api/v1/dead-letters/one',
    right: 'look',
    tag: 'dead-letters',
    summary:
      '一件死信与可更正的字段；看全文（whole）须有办 / one dead letter, and what may be repaired of it; the whole wants 办 operate',
    query: one.extend({ whole: z.enum(['true']).optional() }),
    answer: z.strictObject({ letter: deadLetterSchema, fields: z.array(fieldSchema) }),
  }),
  repairDeadLetter: endpoint({
    id: 'repairDeadLetter',
    method: 'POST',
    path: '/api/v1/dead-letters/repair',
    right: 'act',
    tag: 'dead-letters',
    summary:
      '更正字段并重放；dryRun 只按收文规则检查 / repair fields and replay; dryRun only checks them by the door’s rules',
    body: z.strictObject({
      ...one.shape,
      ...actBody,
      changes: z
        .array(
          z.strictObject({
            path: z.string().min(1).max(200),
            value: z.unknown().optional().describe('没有：去掉 absent: taken away'),
          }),
        )
        .min(1)
        .max(50),
    }),
    answer: actAnswer,
  }),
  replayDeadLetters: endpoint({
    id: 'replayDeadLetters',
    method: 'POST',
    path: '/api/v1/dead-letters/replay',
    right: 'act',
    tag: 'dead-letters',
    summary:
      '重放：给出 ids，或按条件；旧的在前，按 perSecond 的快慢 / replay those named, or by filter; the oldest first, so many a second',
    body: z.strictObject({
      ...actBody,
      ...filter,
      ids: z.array(z.string().max(400)).min(1).max(1000).optional(),
      perSecond: z.number().positive().max(1000).default(50),
    }),
    answer: actAnswer.extend({ task: z.string().optional().describe('长工作，long work: /api/v1/tasks/{id}') }),
  }),
  dropDeadLetters: endpoint({
    id: 'dropDeadLetters',
    method: 'POST',
    path: '/api/v1/dead-letters/drop',
    right: 'act',
    tag: 'dead-letters',
    summary: '放弃：给出 ids，或按条件 / give up those named, or by filter',
    body: z.strictObject({
      ...actBody,
      ...filter,
      ids: z.array(z.string().max(400)).min(1).max(1000).optional(),
      perSecond: z.number().positive().max(1000).default(50),
    }),
    answer: actAnswer.extend({ task: z.string().optional() }),
  }),
} as const
