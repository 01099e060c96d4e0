import { addressFields, storedAddress } from '../address.ts'
import type { Commands } from '../rules/index.ts'
import { toAnnouncements } from '../hydrate.ts'
import type {
  DeadLetter,
  DeadLetters,
  Deliveries,
  HopFailure,
  PaperItem,
  PaperList,
  Pickup,
  PickupItem,
} from '../port.ts'
import type { DeadRow } from '../queries/dead-letters.ts'
import type { PaperRow } from '../queries/paper.ts'
import type { Questions } from '../queries/index.ts'
import type { PickupRow } from '../queries/pickup.ts'
import { parseMessage } from '../../message/json.ts'
import type { ThreadCaller } from '../thread.ts'
import type { RecentMessages } from './recent-messages.ts'

export function createDeliveries(writer: ThreadCaller<Commands>, messages: RecentMessages): Deliveries {
  return {
    async claim(request) {
      const at = messages.ofRow(request.row)
      const known = at?.kind === 'notice' ? undefined : at
      const answer = await writer.call('claimDelivery', { ...request, known: known?.id })
      if (answer.status === 'nothing') return { ...answer, announce: toAnnouncements(answer.announce) }
      const { body, unit, expiresAt, ...rest } = answer
      const message = body === undefined ? known : parseMessage(body)
      if (message === undefined) throw new Error(`claimed without its message: ${request.row}`)
      return {
        ...rest,
        row: request.row,
        message,
        ...addressFields({ system: answer.system, unit }),
        ...(expiresAt === null ? {} : { expiresAt }),
      }
    },
    async book(request) {
      const answer = await writer.call('bookDelivery', request)
      return { ...answer, announce: toAnnouncements(answer.announce) }
    },
    async sweep(request) {
      const answer = await writer.call('sweep', request)
      return { ...answer, announce: toAnnouncements(answer.announce) }
    },
  }
}

export function createPickup(writer: ThreadCaller<Commands>, reader: ThreadCaller<Questions>): Pickup {
  return {
    list: async (request) => (await reader.call('pickupList', request)).map(toItem),
    async kept({ address, max }) {
      const { system, unit } = storedAddress(address)
      return (await reader.call('pickupList', { system, unit: unit ?? '', max })).map(toItem)
    },
    async get(request) {
      const row = await reader.call('pickupGet', request)
      return row === undefined ? undefined : toItem(row)
    },
    fetched: (request) => writer.call('fetched', request),
    async confirm(request) {
      await writer.call('confirm', request)
    },
  }
}

function toItem({ row, body, createdAt, fetchedAt, confirmed }: PickupRow): PickupItem {
  return { row, message: parseMessage(body), createdAt, ...(fetchedAt === null ? {} : { fetchedAt }), confirmed }
}

export function createDeadLetters(writer: ThreadCaller<Commands>, reader: ThreadCaller<Questions>): DeadLetters {
  return {
    list: async (request) => (await reader.call('deadLetterList', request)).map(toDeadLetter),
    async show(id) {
      const row = await reader.call('deadLetterShow', id)
      return row === undefined ? undefined : toDeadLetter(row)
    },
    async replay(request) {
      const answer = await writer.call('replay', request)
      return { ...answer, announce: toAnnouncements(answer.announce) }
    },
    drop: (request) => writer.call('drop', request),
  }
}

function toDeadLetter(row: DeadRow): DeadLetter {
  return {
    id: row.id,
    what: row.what,
    message: parseMessage(row.body),
    attempts: row.attempts,
    at: row.at,
    error: JSON.parse(row.error) as HopFailure,
    ...(row.subscription === null ? {} : { subscription: row.subscription }),
    ...(row.system === null ? {} : { system: row.system }),
    ...(row.system === null ? {} : addressFields({ system: row.system, unit: row.unit })),
    ...(row.inDoubt ? { inDoubt: true } : {}),
  }
}

export function createPaperList(writer: ThreadCaller<Commands>, reader: ThreadCaller<Questions>): PaperList {
  return {
    list: async (request) => (await reader.call('paperList', request)).map(toPaperItem),
    sent: (request) => writer.call('sentOnPaper', request),
  }
}

function toPaperItem(row: PaperRow): PaperItem {
  return {
    id: row.id,
    message: parseMessage(row.body),
    system: row.system,
    since: row.created_at,
    expiredAt: row.ended_at ?? row.created_at,
    attempts: row.attempt,
    ...(row.unit === null ? {} : { unit: row.unit }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as HopFailure }),
  }
}
