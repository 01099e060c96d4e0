import { z } from 'zod'
import { RECIPIENT_STATES } from '../../../core/message/recipient-state.ts'
import { URGENCIES } from '../../../core/message/urgency.ts'
import { endpoint, type ViewOf } from './endpoint.ts'
import { inTwo, instant, named, shownError } from './shared.ts'

/** A message as the house has it; of people's data masked unless the whole was asked for. */
const anyMessage = z
  .looseObject({ id: z.string(), kind: z.string(), trace: z.string() })
  .meta({ id: 'Message', title: '内部统一的消息，见 docs/reference a canonical message' })

const STEP_STATES = ['done', 'waiting', 'failed', 'doubt'] as const

const stepSchema = z
  .strictObject({
    at: instant,
    until: instant.optional().describe('折叠的最后一次 the last of those folded'),
    times: z.int().min(1).describe('折叠了几次 so many folded'),
    code: z.string().describe('事件 event, docs/logs.md'),
    what: inTwo,
    state: z.enum(STEP_STATES),
    message: z.string().optional(),
    kind: z.string().optional(),
    row: z.string().optional().describe('流程处理或投递的编号 hop or delivery'),
    system: named.optional(),
    unit: named.optional(),
    place: z.string().optional().describe('流程、节点或通道 flow, node or channel'),
    actor: z.string().optional(),
    attempt: z.int().optional(),
    ms: z.number().optional(),
    error: shownError.optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'DocumentStep', title: '经过的一步 a step of its way' })
export type DocumentStep = ViewOf<typeof stepSchema>

const recipientSchema = z
  .strictObject({
    unit: named,
    role: z.enum(['to', 'cc']),
    state: z.enum(RECIPIENT_STATES),
    since: instant,
    by: z.string().optional(),
    reason: z.string().optional(),
    system: named.optional(),
    attempts: z.int().describe('投递了几次 attempts'),
    doubtful: z.boolean().describe('结果不明，待人核实 in doubt, for a person'),
    delivery: z.string().optional().describe('投递的编号 id of the delivery'),
    lastError: shownError.optional(),
    nextTryAt: instant.optional(),
  })
  .meta({ id: 'Recipient', title: '一个收文单位 a recipient' })

const fileSchema = z
  .strictObject({
    name: z.string(),
    role: z.enum(['main', 'annex']),
    mediaType: z.string(),
    size: z.int(),
    digest: z.string(),
  })
  .meta({ id: 'File', title: '文件 a file' })

export const documentSchema = z
  .strictObject({
    id: z.string(),
    trace: z.string(),
    kind: z.string(),
    number: z.string().optional(),
    title: z.string().optional(),
    documentType: z.string().optional(),
    direction: z.enum(['issue', 'report', 'peer']).optional(),
    from: z.strictObject({ unit: z.string().optional(), name: z.string() }),
    urgency: z.enum(URGENCIES),
    acceptedAt: instant,
    system: named.describe('来自 where it came from'),
    externalId: z.string().optional(),
    withdrawn: z.boolean(),
    protected: z.boolean().describe('含个人信息，已掩码 personal data is masked'),
    archived: z.string().optional().describe('已归档，在此文件 archived, in this file'),
    recipients: z.array(recipientSchema),
    steps: z.array(stepSchema).describe('经过，重试已折叠 its way, retries folded'),
    files: z.array(fileSchema),
    message: anyMessage,
    repairs: z.array(z.strictObject({ row: z.string(), actor: z.string(), at: instant, message: anyMessage })),
  })
  .meta({ id: 'Document', title: '一份公文（或信访件）的全部 one document, or petition' })
export type DocumentView = ViewOf<typeof documentSchema>

export const DOCUMENT_ENDPOINTS = {
  document: endpoint({
    id: 'document',
    method: 'GET',
    path: '/api/v1/documents/{id}',
    right: 'look',
    tag: 'documents',
    summary:
      '一份公文；关于它的消息给出它本身；看全文（whole）须有办，并记入审计 / one document; a message about one gives that one; the whole wants 办 operate, and is audited',
    query: z.strictObject({ whole: z.enum(['true']).optional() }),
    answer: documentSchema,
  }),
} as const
