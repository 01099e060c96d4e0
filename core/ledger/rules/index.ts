import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from './books.ts'
import type { NewBody } from '../../content/port.ts'
import { accept } from './accept.ts'
import { bookDelivery } from './book.ts'
import { commitHops } from './commit.ts'
import { beginFeed, feedMoved } from './feed.ts'
import { drop, replay } from './dead-letters.ts'
import { claimDelivery } from './deliveries.ts'
import { claimHops, claimSuspect, extendHops, failHop, recoverHops, subscribe, unsubscribe } from './hops.ts'
import { sentOnPaper } from './paper.ts'
import { confirm, fetched } from './pickup.ts'
import { release } from './release.ts'
import {
  beginPruning,
  dropVolumes,
  emptyVolume,
  emptyVolumes,
  giveBack,
  indexBodies,
  intend,
  pruneKeys,
  pruneLinks,
  pruneStep,
  reapBodies,
  settledVolumes,
} from './retention.ts'
import { sweep } from './sweep.ts'

/** Everything that writes: each runs within a transaction that it may share with others. */
export const COMMANDS = {
  accept,
  book: async (books: Books, command: { readonly events: readonly YizhanEvent[] }): Promise<void> =>
    command.events.forEach((event) => books.chain.chain(event)),
  refuse: async (
    books: Books,
    command: {
      readonly system: string
      readonly externalId: string
      readonly event: YizhanEvent
      readonly now: number
    },
  ): Promise<boolean> => {
    const first = await books.acceptances.refuse(command.system, command.externalId, command.now)
    if (first) books.chain.chain(command.event)
    return first
  },
  subscribe,
  unsubscribe,
  claimHops,
  claimSuspect,
  commitHops,
  extendHops,
  failHop,
  recoverHops,
  claimDelivery,
  bookDelivery,
  sweep,
  fetched,
  confirm,
  replay,
  drop,
  sentOnPaper,
  release,
  beginFeed,
  feedMoved,
  intend,
  beginPruning,
  pruneStep,
  indexBodies,
  reapBodies,
  pruneKeys,
  pruneLinks,
  giveBack,
  emptyVolume,
  emptyVolumes,
  settledVolumes,
  dropVolumes,
  write: async (books: Books, command: { readonly bodies: readonly NewBody[] }): Promise<void> => {
    await books.contents.add(command.bodies)
  },
}

export type Commands = {
  readonly [K in keyof typeof COMMANDS]: {
    readonly command: Parameters<(typeof COMMANDS)[K]>[1]
    readonly answer: Awaited<ReturnType<(typeof COMMANDS)[K]>>
  }
}
