import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { until } from '../../../sandbox/clerk/until.ts'

it('counts no time in which its clock stands still', async () => {
  let looks = 0
  let upMs = 0
  // the station is down for the first looks: no bound is reached, however long they take
  const waiting = until(
    () => ++looks > 3 && (upMs += 60) > 10_000,
    new EventEmitter(),
    'kept',
    100,
    'what never comes',
    () => upMs,
  )
  await expect(waiting).rejects.toThrow('waited 0.1 s in vain: what never comes')
  expect(looks).toBe(5)
})

it('resolves with the event that brings it about, whatever the clock says', async () => {
  const inbox = new EventEmitter()
  let there = false
  const waiting = until(
    () => there,
    inbox,
    'kept',
    100,
    'an item',
    () => 0,
  )
  there = true
  inbox.emit('kept')
  await waiting
  expect(inbox.listenerCount('kept')).toBe(0)
})
