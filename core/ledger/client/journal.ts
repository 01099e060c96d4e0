import { addressFields } from '../address.ts'
import type { AuditKeys } from '../audit-key.ts'
import type { Commands } from '../rules/index.ts'
import { parseEvent } from '../hydrate.ts'
import type { DocumentStatus, Journal } from '../port.ts'
import type { Questions } from '../queries/index.ts'
import { parseMessage } from '../../message/json.ts'
import type { RecipientState } from '../../message/recipient-state.ts'
import type { ThreadCaller } from '../thread.ts'
import { verifyChain } from './verify.ts'

type RecipientStatus = DocumentStatus['recipients'][number]

export function createJournal(
  writer: ThreadCaller<Commands>,
  reader: ThreadCaller<Questions>,
  auditKeys: AuditKeys,
): Journal {
  return {
    async message(id) {
      const body = await reader.call('message', id)
      return body === undefined ? undefined : parseMessage(body)
    },
    find: async (request) => (await reader.call('find', request)).map(parseMessage),
    async status(id) {
      const found = await reader.call('status', id)
      if (found === undefined) return undefined
      const recipients = found.recipients.map(({ unit, role, state, at, by, reason }): RecipientStatus => ({
        unit,
        role: role as RecipientStatus['role'],
        state: state as RecipientState,
        at,
        ...(by === null ? {} : { by }),
        ...(reason === null ? {} : { reason }),
      }))
      return { message: parseMessage(found.body), withdrawn: found.withdrawn, recipients }
    },
    unsigned: async (request) =>
      (await reader.call('unsigned', request)).map(({ remoteId, ...row }) => ({
        ...row,
        ...(remoteId === null ? {} : { remoteId }),
      })),
    answers: async (request) => (await reader.call('answers', request)).map(parseMessage),
    deliveriesOf: async (request) =>
      (await reader.call('deliveriesOf', request)).map(({ unit, ...row }) => ({
        ...row,
        ...addressFields({ system: request.system, unit }),
      })),
    async noticeTo(request) {
      const body = await reader.call('noticeTo', request)
      const notice = body === undefined ? undefined : parseMessage(body)
      return notice?.kind === 'notice' ? notice : undefined
    },
    timeline: async (trace) => (await reader.call('timeline', trace)).map(parseEvent),
    unread: async (max) => (await reader.call('unread', max)).map(parseEvent),
    undecided: async (max) =>
      (await reader.call('undecided', max)).map(parseMessage).filter((message) => message.kind === 'petition'),
    backlog: () => reader.call('backlog', undefined),
    chainEnds: () => reader.call('chainEnds', undefined),
    verify: (request) => verifyChain(reader, auditKeys, request),
    release: (request) => writer.call('release', request),
    subscriptions: () => reader.call('subscriptions', undefined),
    repairs: async (id) =>
      (await reader.call('repairs', id)).map(({ body, ...repair }) => ({ ...repair, message: parseMessage(body) })),
    lastBooked: () => reader.call('lastBooked', undefined),
    releases: (max) => reader.call('releases', max),
  }
}
