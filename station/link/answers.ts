import { hash } from 'node:crypto'
import { z } from 'zod'
import type { ContentStore } from '../../core/content/port.ts'
import { checkFileName } from '../../core/door/file-names.ts'
import { classified } from '../../core/door/secrecy.ts'
import type { Take } from '../../core/door/port.ts'
import { ROLES, type People } from '../../core/directory/people.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import { fitting } from '../../core/errors/fitting.ts'
import type { LinkMethod } from '../../core/hop/link.ts'
import { newMessageId } from '../../core/message/ids.ts'
import { fileRef, type ChannelMessage } from '../../core/message/schema.ts'
import { wholeMessage } from '../../core/message/whole.ts'
import type { Guard } from '../../core/secrecy/guard.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { EditorLogins } from '../editor-logins.ts'
import type { Operations } from '../operations.ts'

export interface AnswerParts {
  readonly station: string
  readonly clock: Clock
  readonly content: ContentStore
  readonly take: Take
  readonly guard: Pick<Guard, 'files'>
  /** extensions of files that are refused, in lower case */
  readonly refusedFileTypes: () => readonly string[]
  readonly operations: Operations
  readonly people: People
  readonly login: EditorLogins
  readonly sink: EventSink
  /** keeps a release of the flows */
  readonly release: (request: { readonly who: string; readonly flows: string }) => Promise<string>
}

const acceptArgs = z.strictObject({
  name: z.string().min(1),
  payload: z.json(),
  key: z.string().min(1).optional(),
  number: z.string().optional(),
  files: z.array(fileRef).default([]),
})
const contentReadArgs = z.strictObject({ digest: z.string() })
const contentWriteArgs = z.strictObject({
  base64: z.base64(),
  name: z.string().min(1),
  mediaType: z.string().default('application/octet-stream'),
})
const idArgs = z.strictObject({ id: z.string().min(1) })
const peopleArgs = z.strictObject({ units: z.array(z.string()).max(5000), role: z.enum(ROLES).optional() })
const loginArgs = z.strictObject({
  name: z.string().max(200),
  password: z.string().max(2000),
  source: z.string().max(100),
})
const listArgs = z.strictObject({
  max: z.number().int().min(1).max(1000).default(100),
  system: z.string().optional(),
  subscription: z.string().optional(),
})
const replayArgs = idArgs.extend({ actor: z.string().default('flow'), message: z.unknown().optional() })
const dropArgs = idArgs.extend({ actor: z.string().default('flow'), reason: z.string().min(1) })
const releaseArgs = z.strictObject({ who: z.string(), flows: z.string() })

/** Answers to what flows ask. Arguments are checked: flows are programs of others. */
export function answers(parts: AnswerParts): (method: LinkMethod, args: unknown) => Promise<unknown> {
  const methods: Readonly<Record<LinkMethod, (args: unknown) => Promise<unknown>>> = {
    accept: async (args) => {
      const { name, payload, key, number, files } = fitting(acceptArgs, args)
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
    'content.read': async (args) => ({
      base64: (await parts.content.read(fitting(contentReadArgs, args).digest)).toString('base64'),
    }),
    'content.write': async (args) => {
      const { base64, name, mediaType } = fitting(contentWriteArgs, args)
      checkFileName(name, parts.refusedFileTypes())
      const bytes = Buffer.from(base64, 'base64')
      const { finding } = await parts.guard.files([{ name, bytes }])
      if (finding?.seen === 'mark') {
        const error = classified(finding)
        const at = parts.clock.now()
        parts.sink.emit({
          code: 'output.classified',
          at,
          place: 'content.write',
          error: error.code,
          detail: finding.rule,
        })
        throw error
      }
      const digest = `sha256:${hash('sha256', bytes, 'hex')}`
      await parts.content.write([{ digest, bytes }])
      return { name, role: 'annex', mediaType, size: bytes.length, digest }
    },
    people: (args) => {
      const { units, role } = fitting(peopleArgs, args)
      return Promise.resolve(parts.people.of(units, role))
    },
    login: (args) => {
      const { name, password, source } = fitting(loginArgs, args)
      return parts.login.check(name, password, source)
    },
    status: (args) => parts.operations.status(fitting(idArgs, args).id),
    'deadLetters.list': (args) => parts.operations.deadLetters(fitting(listArgs, args)),
    'deadLetters.replay': (args) => {
      const { message, ...request } = fitting(replayArgs, args)
      return parts.operations.replay({
        ...request,
        ...(message === undefined ? {} : { message: wholeMessage(message, 'message') }),
      })
    },
    'deadLetters.drop': (args) => parts.operations.drop(fitting(dropArgs, args)),
    release: async (args) => ({ revision: await parts.release(fitting(releaseArgs, args)) }),
  }
  return (method, args) => {
    const answer = methods[method] as ((args: unknown) => Promise<unknown>) | undefined
    if (answer === undefined) throw new YizhanError('NOT_FOUND', { field: 'method', value: method })
    return answer(args)
  }
}
