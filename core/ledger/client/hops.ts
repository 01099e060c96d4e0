import type { LruBytes } from '../../content/lru.ts'
import type { Message } from '../../message/schema.ts'
import type { Clock } from '../../util/clock.ts'
import type { ClaimedRow } from '../rules/hops.ts'
import type { Commands } from '../rules/index.ts'
import type { Output } from '../rules/commit.ts'
import { toAnnouncements } from '../hydrate.ts'
import type { ClaimedHop, HopCommit, HopCommitResult, HopOutput, Hops } from '../port.ts'
import { parseMessage } from '../../message/json.ts'
import { toStored } from '../stored.ts'
import type { ThreadCaller } from '../thread.ts'
import { toBodies } from './acceptance.ts'
import type { RecentMessages } from './recent-messages.ts'

const toClaimed = ({ id, subscription, attempt, body }: ClaimedRow): ClaimedHop => ({
  id,
  subscription,
  attempt,
  message: parseMessage(body),
})

export function createHops(
  writer: ThreadCaller<Commands>,
  recent: LruBytes,
  messages: RecentMessages,
  clock: Clock,
): Hops {
  const toOutput = (output: HopOutput): Output => ({
    message: output.message === 'input' ? undefined : toStored(output.message),
    hop: output.hop,
    roles:
      output.message === 'input' || output.message.kind !== 'document'
        ? {}
        : Object.fromEntries(output.message.recipients.map((r) => [r.unit, r.role])),
    bodies: toBodies(output.bodies ?? [], writer.arena),
    targets: output.targets,
  })
  return {
    unsubscribe: (request) => writer.call('unsubscribe', request),
    subscribe: (subscriptions, now) => writer.call('subscribe', { subscriptions: [...subscriptions], now }),
    async claim(request) {
      const rows = await writer.call('claimHops', request)
      return rows.map(toClaimed)
    },
    async claimSuspect(request) {
      const row = await writer.call('claimSuspect', request)
      return row === undefined ? undefined : toClaimed(row)
    },
    async commit(commit: HopCommit): Promise<HopCommitResult> {
      const inputs = commit.hops.map(({ id }) => messages.ofRow(id)).filter((message) => message !== undefined)
      const answer = await writer.call('commitHops', {
        hops: commit.hops,
        owner: commit.owner,
        outputs: commit.outputs.map(toOutput),
        flowsRevision: commit.flowsRevision,
        known: inputs.map(({ id }) => id),
        now: clock.now(),
      })
      if (answer.status !== 'committed') return answer
      for (const { bodies } of commit.outputs) recent.addAll(bodies ?? [])
      const given = commit.outputs.flatMap(({ message }): Message[] => (message === 'input' ? [] : [message]))
      return {
        ...answer,
        announce: toAnnouncements(
          answer.announce,
          new Map([...inputs, ...given].map((message) => [message.id, message])),
        ),
      }
    },
    extend: (request) => writer.call('extendHops', request),
    fail: (request) => writer.call('failHop', request),
    recover: (request) => writer.call('recoverHops', request),
  }
}
