import { expect, it } from 'vitest'
import { Polling, type Round } from '../../../core/adapter/polling.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { smallCity } from '../oa/lib/house.ts'

it('says once that a system is down and once that all is well again, not while something waits for another attempt', async () => {
  const system = smallCity({ systems: { 'docxg-centre': { pollMs: 1, pace: { maxBackoffMs: 2 } } } }).systems.filter(
    ({ id }) => id === 'docxg-centre',
  )
  const events: YizhanEvent[] = []
  const script = ['good', 'fails', 'waiting', 'fails', 'waiting', 'good', 'good', 'fails'] as const
  let rounds = 0
  const done = Promise.withResolvers<undefined>()
  const round: Round = () => {
    const outcome = script[rounds++]
    if (outcome === 'fails') return Promise.reject(new YizhanError('SYSTEM_TIMEOUT', { field: 'docxg-centre' }))
    if (outcome === undefined) done.resolve(undefined)
    return Promise.resolve(outcome ?? 'waiting')
  }
  const polling = new Polling(
    { clock: { now: () => 5 }, emit: { emit: (event) => events.push(event) } },
    () => system,
    round,
  )
  polling.start()
  await done.promise
  await polling.close()
  expect(events.map(({ code }) => code)).toEqual(['poll.failed', 'poll.recovered', 'poll.failed'])
})
