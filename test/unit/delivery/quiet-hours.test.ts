import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Message } from '../../../core/message/schema.ts'
import { until } from '../../lib/wait.ts'
import { FakeSystem, Post, system } from './lib/post.ts'

let post: Post
beforeAll(async () => {
  post = await Post.open()
})
afterAll(() => post.close())
beforeEach(() => post.begin())
afterEach(() => post.end())

/** A system that is asked whether a message may go, and says when. */
function asking(when: (now: number) => number | undefined) {
  const asked: number[] = []
  const sender = Object.assign(new FakeSystem(), {
    notBefore: (_message: Message, now: number) => {
      asked.push(performance.now())
      return when(now)
    },
  })
  return { sender, asked }
}

it('an end of the quiet hours that is over already holds nothing back', async () => {
  const { sender, asked } = asking((now) => now - 60_000)
  const engine = post.deliver([system('sms', sender)])
  engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'sms' }] }))
  await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the message' })
  expect(asked).toHaveLength(1)
  expect(post.events.of('delivery.retry')).toEqual([])
})

it('an end that moves on with each question is asked for once a second, not in a hot loop', async () => {
  let moves = 3
  const { sender, asked } = asking((now) => (moves-- > 0 ? now + 1 : undefined))
  const engine = post.deliver([system('sms', sender)])
  engine.announce(await post.issue({ id: 'd1', targets: [{ system: 'sms' }] }))
  await until(() => post.events.of('delivery.delivered').length === 1, { what: 'the message' })
  expect(asked).toHaveLength(4)
  const gaps = asked.slice(1).map((at, n) => at - (asked[n] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThan(900)
  // Waiting is no attempt.
  expect(sender.sent.map(({ attempt }) => attempt)).toEqual([1])
})
