import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Rejections } from '../../../core/door/rejections.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { EventList } from '../../lib/events.ts'

const MINUTE = 60_000
const clock = { now: () => Date.now() }

let told: EventList
let booked: YizhanEvent[]
let rejections: Rejections
beforeEach(() => {
  vi.useFakeTimers()
  told = new EventList()
  booked = []
  const book = (events: readonly YizhanEvent[]): Promise<void> => Promise.resolve(void booked.push(...events))
  rejections = new Rejections(told, { book }, clock)
})
afterEach(() => {
  vi.useRealTimers()
})

const wrong = (source: string, isGuess = true): void =>
  rejections.note({ code: 'account.rejected', at: Date.now(), source, actor: 'portal' }, isGuess)
const alarms = (): (string | undefined)[] => told.of('account.guessing').map(({ source }) => source)

it('two hundred wrong passwords of one source are all told, one alarm, and few links of the chain that say how many', async () => {
  for (let n = 0; n < 200; n++) {
    wrong('10.0.0.9')
    vi.advanceTimersByTime(300)
  }
  await rejections.close()
  expect(told.of('account.rejected')).toHaveLength(200)
  expect(alarms()).toEqual(['10.0.0.9'])
  const links = booked.filter(({ code }) => code === 'account.rejected')
  expect(links.map(({ times }) => times)).toEqual([undefined, 199])
  expect(booked.filter(({ code }) => code === 'account.guessing')).toMatchObject([{ source: '10.0.0.9' }])
})

it('a few, many that are slow, and requests that offer nothing alarm nobody', () => {
  for (let n = 0; n < 19; n++) wrong('10.0.0.9')
  for (let n = 0; n < 100; n++) {
    wrong('10.0.0.8')
    vi.advanceTimersByTime(MINUTE)
  }
  for (let n = 0; n < 200; n++) wrong('10.0.0.7', false)
  expect(alarms()).toEqual([])
})

it('whoever goes on is alarmed of once an hour, others beside him at once', () => {
  for (let minute = 0; minute < 90; minute++) {
    for (let n = 0; n < 30; n++) wrong('10.0.0.9')
    if (minute === 5) for (let n = 0; n < 20; n++) wrong('10.0.0.8')
    vi.advanceTimersByTime(MINUTE)
  }
  expect(alarms()).toEqual(['10.0.0.9', '10.0.0.8', '10.0.0.9'])
})

it('of whoever comes from ever new addresses little is remembered', async () => {
  for (let n = 0; n < 3_000; n++) wrong(`2001:db8:0:${n.toString(16)}::1`)
  await rejections.close()
  expect(booked.length).toBeLessThan(1_100)
  expect(booked.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(3_000)
})

it('whoever has a whole /64 of IPv6 is one, and his neighbour another', () => {
  for (let n = 1; n <= 20; n++) wrong(`2001:db8::${n.toString(16)}`)
  for (let n = 1; n < 20; n++) wrong(`2001:db8:0:1::${n.toString(16)}`)
  expect(alarms()).toEqual(['2001:db8::14'])
})

it('says when it cannot book', async () => {
  const broken = new Rejections(told, { book: () => Promise.reject(new Error('disk full')) }, clock)
  broken.note({ code: 'account.rejected', at: 0, source: 'a' }, true)
  await broken.close()
  expect(told.of('internal.error')).toMatchObject([{ detail: 'audit account.rejected: disk full' }])
})
