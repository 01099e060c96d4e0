import { describe, expect, it } from 'vitest'
import type { SubscriptionFilter } from '../../../core/ledger/port.ts'
import { matches } from '../../../core/ledger/rules/matching.ts'
import type { RouteFacts } from '../../../core/ledger/stored.ts'

const document: RouteFacts = { source: 'oa', system: 'oa1', kind: 'document', direction: 'issue' }
const outcome: RouteFacts = {
  source: 'outcome',
  system: 'oa2',
  kind: 'outcome',
  direction: 'issue',
  state: 'refused',
  messageKind: 'document',
}
const channel: RouteFacts = { source: 'channel', system: 'c', kind: 'channel', channel: 'c1' }

const CASES: [string, SubscriptionFilter, RouteFacts, boolean][] = [
  ['nothing but the source', { source: 'oa' }, document, true],
  ['another source', { source: 'outcome' }, document, false],
  ['a system among several', { source: 'oa', systems: ['oa2', 'oa1'] }, document, true],
  ['a list that is empty', { source: 'oa', systems: [] }, document, false],
  ['one list that fits and one that does not', { source: 'oa', systems: ['oa1'], kinds: ['receipt'] }, document, false],
  ['a value that the message does not have', { source: 'channel', directions: ['issue'] }, channel, false],
  ['states of an outcome', { source: 'outcome', states: ['refused', 'expired'] }, outcome, true],
  ['the kind of the delivered message', { source: 'outcome', messageKinds: ['receipt'] }, outcome, false],
  ['a channel', { source: 'channel', channel: 'c1' }, channel, true],
  ['another channel', { source: 'channel', channel: 'c2' }, channel, false],
  [
    'outcomes of outcomes, by name',
    { source: 'outcome', messageKinds: ['outcome'] },
    { ...outcome, messageKind: 'outcome' },
    true,
  ],
  ['outcomes of outcomes, not named', { source: 'outcome' }, { ...outcome, messageKind: 'outcome' }, false],
  ['outcomes of dead letters, not named', { source: 'outcome' }, { ...outcome, messageKind: 'dead-letter' }, false],
]

describe('a filter', () => {
  it.each(CASES)('with %s', (_, filter, facts, expected) => {
    expect(matches(filter, facts)).toBe(expected)
  })
})
