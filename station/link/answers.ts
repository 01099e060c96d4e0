import { z } from 'zod'
import type { Take } from '../../core/door/port.ts'
import { ROLES, type People } from '../../core/directory/people.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import type { LinkAnswer, LinkAsk, LinkMethod } from '../../core/hop/link.ts'
import { newMessageId } from '../../core/message/ids.ts'
import { fileRef, jsonPayload, type ChannelMessage } from '../../core/message/schema.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { EditorLogins } from '../editor-logins.ts'
import type { Operations } from '../operations.ts'

export interface AnswerParts {
  readonly station: string
  readonly clock: Clock
  readonly take: Take
  readonly operations: Operations
  readonly people: People
  readonly login: EditorLogins
  /** keeps a release of the flows */
  readonly release: (request: { readonly who: string; readonly flows: string }) => Promise<string>
}

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
  }),
  status: idArgs,
  'deadLetters.list': z.strictObject({
    max: z.number().int().min(1).max(1000).default(100),
    system: z.string().optional(),
    subscription: z.string().optional(),
  }),
  'deadLetters.replay': idArgs.extend({ actor: z.string().default('flow'), message: z.unknown().optional() }),
  'deadLetters.drop': idArgs.extend({ actor: z.string().default('flow'), reason: z.string().min(1) }),
  release: z.strictObject({ who: z.string(), flows: z.string() }),
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
    login: ({ name, password, source }) => parts.login.check(name, password, source),
    status: ({ id }) => parts.operations.status(id),
    'deadLetters.list': (args) => parts.operations.deadLetters(args),
    'deadLetters.replay': ({ message, ...request }) =>
      parts.operations.replay({
        ...request,
        ...(message === undefined ? {} : { message: wholeMessage(message, 'message') }),
      }),
    'deadLetters.drop': (args) => parts.operations.drop(args),
    release: async (args) => ({ revision: await parts.release(args) }),
  }
  return async (method, args) => {
    if (!Object.hasOwn(methods, method)) throw new YizhanError('NOT_FOUND', { field: 'method', value: method })
    const answer = methods[method] as (args: unknown) => Promise<LinkAnswer<typeof method>>
    return answer(fitting(ARGS[method], args))
  }
}
