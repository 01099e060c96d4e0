import { expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import type { LoginVerdict } from '../../../core/people/staff-member.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { Logins } from '../../../station/people/logins.ts'
import { EventList } from '../../lib/events.ts'

const events = new EventList()
const caller = { by: 'password', id: 'admin', label: 'admin', roles: ['configure'] } as const
const logins = new Logins({
  check: (name, password): Promise<LoginVerdict> => {
    if (name === 'visitor') throw new YizhanError('DIRECTORY_LOGIN_NOT_ALLOWED', { value: name })
    return Promise.resolve(name === 'admin' && password === 'right' ? { is: 'right', caller } : { is: 'wrong' })
  },
  sink: events,
  rejections: { note: (event) => events.emit(event) },
  clock: systemClock,
})
const check = (name: string, password: string) => logins.check({ name, password, source: '192.0.2.1', place: 'editor' })

it('refuses a wrong password, a name that nobody has and one without a right alike, and none of them sooner', async () => {
  const tried = await Promise.all(
    ['admin', 'nobody', 'visitor', ''].map(async (name) => {
      const started = performance.now()
      const answer = await check(name, 'wrong')
      return [answer, performance.now() - started] as const
    }),
  )
  for (const [answer, ms] of tried) {
    expect(answer).toEqual({ is: 'refused' })
    // A timer may ring a little before its time.
    expect(ms).toBeGreaterThan(490)
  }
  expect(events.of('login.refused')).toHaveLength(4)
  expect(await check('admin', 'right')).toEqual({ is: 'in', caller })
})

it('tells no name that may be a password typed in the wrong field', async () => {
  await check('My secret 2026!', 'wrong')
  expect(events.of('login.refused').at(-1)?.actor).toBe('M***')
})
