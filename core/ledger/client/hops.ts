import type { LruBytes } from '../../content/lru.ts'
import type { Message } from '../../message/schema.ts'
import type { Clock } from '../../util/clock.ts'
import type { Commands } from '../commands/index.ts'
import type { Output } from '../commands/commit.ts'
import { toAnnouncements } from '../hydrate.ts'
import type { HopCommit, HopCommitResult, HopOutput, Hops } from '../port.ts'
import { parseMessage, toStored } from '../stored.ts'
import type { Caller } from '../thread.ts'
import { toBodies } from './acceptance.ts'

export function createHops(writer: Caller<Commands>, recent: LruBytes, clock: Clock): Hops {
  const toOutput = (output: HopOutput): Output => ({
    message: output.message === 'input' ? undefined : toStored(output.message), hop: output.hop,
    roles: output.message === 'input' || output.message.kind !== 'document' ? {} : Object.fromEntries(output.message.recipients.map((r) => [r.unit, r.role])),
    bodies: toBodies(output.bodies ?? [], writer.arena), targets: output.targets,
  })
  return {
    subscribe: (subscriptions, now) => writer.call('subscribe', { subscriptions: [...subscriptions], now }),
    async claim(request) {
      const rows = await writer.call('claimHops', request)
      return rows.map(({ id, subscription, attempt, body }) => ({ id, subscription, attempt, message: parseMessage(body) }))
    },
    async commit(commit: HopCommit): Promise<HopCommitResult> {
      const answer = await writer.call('commitHops', {
        hops: commit.hops, owner: commit.owner, outputs: commit.outputs.map(toOutput), flowsRevision: commit.flowsRevision, now: clock.now(),
      })
      if (answer.status !== 'committed') return answer
      for (const { bodies } of commit.outputs) recent.addAll(bodies ?? [])
      const known = new Map(commit.outputs.flatMap(({ message }): [string, Message][] => (message === 'input' ? [] : [[message.id, message]])))
      return { ...answer, announce: toAnnouncements(answer.announce, known) }
    },
    extend: (request) => writer.call('extendHops', request),
    fail: (request) => writer.call('failHop', request),
    recover: (request) => writer.call('recoverHops', request),
  }
}
