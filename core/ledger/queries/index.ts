import type { Sqlite } from '../database.ts'
import { ContentQueries } from './content.ts'
import { DeadLetterQueries } from './dead-letters.ts'
import { JournalQueries } from './journal.ts'
import { PickupQueries } from './pickup.ts'
import { ChainWalker } from './verify.ts'
import { createBacklog } from './backlog.ts'

/** Everything that only asks. Messages are answered as their JSON. */
export function createQuestions(db: Sqlite) {
  const journal = new JournalQueries(db)
  const pickup = new PickupQueries(db)
  const deadLetters = new DeadLetterQueries(db)
  const content = new ContentQueries(db)
  const backlog = createBacklog(db)
  const walker = new ChainWalker(db)
  return {
    message: journal.message.bind(journal),
    find: journal.find.bind(journal),
    status: journal.status.bind(journal),
    unsigned: journal.unsigned.bind(journal),
    timeline: journal.timeline.bind(journal),
    releases: journal.releases.bind(journal),
    backlog: (_: undefined) => backlog(),
    pickupList: pickup.list.bind(pickup),
    pickupGet: pickup.get.bind(pickup),
    deadLetterList: deadLetters.list.bind(deadLetters),
    deadLetterShow: deadLetters.show.bind(deadLetters),
    locate: content.locate.bind(content),
    has: content.has.bind(content),
    raw: content.raw.bind(content),
    verifyStart: (_: undefined) => walker.start(),
    verifyStep: walker.step.bind(walker),
  }
}

type All = ReturnType<typeof createQuestions>
export type Questions = { readonly [K in keyof All]: { readonly command: Parameters<All[K]>[0]; readonly answer: ReturnType<All[K]> } }
