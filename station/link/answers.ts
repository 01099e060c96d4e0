import { z } from 'zod'
import type { Take } from '../../core/door/port.ts'
import { ROLES, type People } from '../../core/directory/people.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import type { FlowNode } from '../../core/hop/flow-node.ts'
import type { EditorFile, LinkAnswer, LinkAsk, LinkMethod } from '../../core/hop/link.ts'
import { newMessageId } from '../../core/message/ids.ts'
import { fileRef, jsonPayload, type ChannelMessage } from '../../core/message/schema.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { EditorLogins } from '../editor-logins.ts'
import type { FlowStore } from '../flow-store/store.ts'
import type { Operations } from '../operations.ts'

export interface AnswerParts {
  readonly station: string
  readonly clock: Clock
  readonly take: Take
  readonly operations: Operations
  readonly people: People
  readonly login: EditorLogins
  readonly store: FlowStore
}

const record = z.record(z.string(), z.unknown())
const flowNode: z.ZodType<FlowNode, FlowNode> = z.custom<FlowNode>((node) => {
  const { id, type } = (node ?? {}) as Partial<FlowNode>
  return typeof id === 'string' && typeof type === 'string'
})
const EDITOR_FILES = ['settings', 'sessions'] as const satisfies readonly EditorFile[]
const idArgs = z.strictObject({ id: z.string().min(1) })

/** What a question must be. */
const ARGS = {
  accept: z.strictObject({
    name: z.string().min(1),
    payload: jsonPayload,
    key: z.string().min(1).optional(),
    number: z.string().optional(),
    files: z.array(fileRef).default([]),
  }),
  people: z.strictObject({ units: z.array(z.string()).max(5000), role: z.enum(ROLES).optional() }),
  login: z.strictObject({
    name: z.string().max(200),
    password: z.string().max(2000),
    source: z.string().max(100),
    once: z.boolean().default(false),
  }),
  session: z.strictObject({ name: z.string().max(200) }),
  status: idArgs,
  'deadLetters.list': z.strictObject({
    max: z.number().int().min(1).max(1000).default(100),
    system: z.string().optional(),
    subscription: z.string().optional(),
  }),
  'deadLetters.replay': idArgs.extend({ actor: z.string().default('flow'), message: z.unknown().optional() }),
  'deadLetters.drop': idArgs.extend({ actor: z.string().default('flow'), reason: z.string().min(1) }),
  'flows.read': z.strictObject({}),
  'flows.save': z.strictObject({
    flows: z.array(flowNode),
    who: z.string().max(200),
    keep: z.array(z.string()),
    credentials: record.optional(),
  }),
  'editor.read': z.strictObject({ file: z.enum([...EDITOR_FILES, 'credentials']) }),
  'editor.write': z.strictObject({ file: z.enum(EDITOR_FILES), value: record }),
} satisfies { readonly [Method in LinkMethod]: z.ZodType<unknown, LinkAsk<Method>> }

type Answering = {
  readonly [Method in LinkMethod]: (args: z.output<(typeof ARGS)[Method]>) => Promise<LinkAnswer<Method>>
}

/** How a question is answered, whatever a flow process sends with it. */
export type Answers = <Method extends LinkMethod>(method: Method, args: unknown) => Promise<LinkAnswer<Method>>

/** Answers to what flows ask. Arguments are checked: flows are programs of others. */
export function answers(parts: AnswerParts): Answers {
  const methods: Answering = {
    accept: ({ name, payload, key, number, files }) => {
      const now = parts.clock.now()
      const id = newMessageId(parts.station, now)
      const made: ChannelMessage = {
        schema: 'channel/1',
        kind: 'channel',
        id,
        trace: id,
        number,
        from: { name },
        recipients: [],
        urgency: 'ordinary',
        acceptedAt: new Date(now).toISOString(),
        origin: { system: 'flow', externalId: key },
        files,
        channel: { name, payload },
      }
      return parts.take(made, key === undefined ? {} : { key: `flow:${name}:${key}` })
    },
    people: ({ units, role }) => Promise.resolve(parts.people.of(units, role)),
    login: ({ name, password, source, once }) => parts.login.check(name, password, { source, isOnce: once }),
    session: ({ name }) => Promise.resolve(parts.login.still(name)),
    status: ({ id }) => parts.operations.status(id),
    'deadLetters.list': (args) => parts.operations.deadLetters(args),
    'deadLetters.replay': ({ message, ...request }) =>
      parts.operations.replay({
        ...request,
        ...(message === undefined ? {} : { message: wholeMessage(message, 'message') }),
      }),
    'deadLetters.drop': (args) => parts.operations.drop(args),
    'flows.read': () => parts.store.read(),
    'flows.save': (args) => parts.store.save(args),
    'editor.read': async ({ file }) => ({ value: await parts.store.readFile(file) }),
    'editor.write': async ({ file, value }) => {
      await parts.store.writeFile(file, value)
      return {}
    },
  }
  return async (method, args) => {
    if (!Object.hasOwn(methods, method)) throw new YizhanError('NOT_FOUND', { field: 'method', value: method })
    const answer = methods[method] as (args: unknown) => Promise<LinkAnswer<typeof method>>
    return answer(fitting(ARGS[method], args))
  }
}
