import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Message } from '../../../core/message/schema.ts'
import { documentFor } from '../../lib/announcement.ts'
import { until } from '../../lib/wait.ts'
import { FakeSystem, Post, system } from './lib/post.ts'

let post: Post
beforeAll(async () => {
  post = await Post.open()
})
afterAll(() => post.close())
beforeEach(() => post.begin())
afterEach(() => post.end())

const UNITS = ['county-a', 'county-b'] as const
const QUIET_MS = 3600_000

/** A reminder held back over night goes in the morning to whom has not signed meanwhile, and to nobody else. */
it('a reminder that waited for the end of the quiet hours does not go to whom signed meanwhile', async () => {
  const document = documentFor('meeting')
  const { trace, number, from, urgency, acceptedAt, origin, files } = document
  const base = { trace, parent: document.id, number, urgency, acceptedAt, origin, files, about: { id: document.id } }
  const issued = { ...document, recipients: UNITS.map((unit) => ({ unit, name: unit, role: 'to' as const })) }
  const reminder = (unit: string): Message => ({
    ...base,
    schema: 'notice/1',
    kind: 'notice',
    id: `remind-${unit}`,
    from,
    recipients: [{ unit, name: unit, role: 'to' }],
    notice: {
      to: { phone: '13800000001' },
      event: 'meeting 催办',
      text: '请签收',
      onlyWhile: ['waiting', 'delivered'],
    },
  })
  const signature: Message = {
    ...base,
    schema: 'receipt/1',
    kind: 'receipt',
    id: 'signed',
    from: { unit: 'county-a', name: '甲县' },
    recipients: [],
    receipt: { state: 'signed', at: acceptedAt },
  }
  const morning = post.clock.now() + QUIET_MS
  const oa = new FakeSystem()
  const sms = Object.assign(new FakeSystem(), {
    notBefore: (_message: Message, now: number) => (now < morning ? morning : undefined),
  })
  const engine = post.deliver([system('oa-1', oa), system('sms', sms)])
  engine.announce(
    await post.issue(
      { id: 'd', message: issued, effect: { type: 'issue' }, targets: UNITS.map((unit) => ({ system: 'oa-1', unit })) },
      ...UNITS.map((unit) => ({ id: unit, message: reminder(unit), targets: [{ system: 'sms', unit }] })),
    ),
  )
  await until(() => post.booked().filter((line) => line.startsWith('delivery.retry')).length === 2, {
    what: 'both reminders held back',
  })
  await post.issue({
    id: 's',
    message: signature,
    effect: { type: 'sign', document: document.id, unit: 'county-a' },
    targets: [],
  })
  post.clock.forward(QUIET_MS)
  await until(() => post.events.of('delivery.needless').length === 1 && sms.ids.length === 1, { what: 'the morning' })
  expect(sms.ids).toEqual(['remind-county-b/county-b'])
  expect(post.events.of('delivery.needless')).toMatchObject([{ row: 'remind-county-a/county-a', system: 'sms' }])
})
