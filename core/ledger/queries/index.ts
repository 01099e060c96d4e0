import type { Database } from '../statement.ts'
import { ContentQueries } from './content.ts'
import { DeadLetterQueries } from './dead-letters.ts'
import { FeedQueries } from './feed.ts'
import { JournalQueries } from './journal.ts'
import { PaperQueries } from './paper.ts'
import { PickupQueries } from './pickup.ts'
import { RetentionQueries } from './retention.ts'
import { ShownQueries } from './shown.ts'
import { ChainWalker } from './verify.ts'
import { createBacklog } from './backlog.ts'

/** Everything that only asks. Messages are answered as their JSON. */
export function createQuestions(db: Database) {
  const journal = new JournalQueries(db)
  const pickup = new PickupQueries(db)
  const deadLetters = new DeadLetterQueries(db)
  const paper = new PaperQueries(db)
  const shown = new ShownQueries(db)
  const feed = new FeedQueries(db)
  const content = new ContentQueries(db)
  const retention = new RetentionQueries(db)
  const backlog = createBacklog(db)
  const walker = new ChainWalker(db)
  return {
    message: journal.message.bind(journal),
    find: journal.find.bind(journal),
    status: journal.status.bind(journal),
    unsigned: journal.unsigned.bind(journal),
    answers: journal.answers.bind(journal),
    deliveriesOf: journal.deliveriesOf.bind(journal),
    noticeTo: journal.noticeTo.bind(journal),
    timeline: journal.timeline.bind(journal),
    subscriptions: (_: undefined) => journal.subscriptions(),
    repairs: journal.repairs.bind(journal),
    lastBooked: (_: undefined) => journal.lastBooked(),
    unread: journal.unread.bind(journal),
    undecided: journal.undecided.bind(journal),
    releases: journal.releases.bind(journal),
    backlog: (_: undefined) => backlog(),
    pickupList: pickup.list.bind(pickup),
    pickupGet: pickup.get.bind(pickup),
    deadLetterList: deadLetters.list.bind(deadLetters),
    deadLetterShow: deadLetters.show.bind(deadLetters),
    paperList: paper.list.bind(paper),
    shownSince: shown.since.bind(shown),
    shownAbout: shown.about.bind(shown),
    derived: shown.derived.bind(shown),
    feedNext: feed.next.bind(feed),
    locate: content.locate.bind(content),
    has: content.has.bind(content),
    raw: content.raw.bind(content),
    retentionSurvey: retention.survey.bind(retention),
    retentionRecord: retention.record.bind(retention),
    volumeLive: retention.live.bind(retention),
    retentionFacts: retention.facts.bind(retention),
    chainEnds: (_: undefined) => walker.ends(),
    verifyStart: walker.start.bind(walker),
    verifyStep: walker.step.bind(walker),
  }
}

type All = ReturnType<typeof createQuestions>
export type Questions = {
  readonly [K in keyof All]: { readonly command: Parameters<All[K]>[0]; readonly answer: Awaited<ReturnType<All[K]>> }
}
