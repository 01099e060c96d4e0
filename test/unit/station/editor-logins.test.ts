import { expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { EditorLogins } from '../../../station/editor-logins.ts'
import { EventList } from '../../lib/events.ts'

const events = new EventList()
const logins = new EditorLogins({
  login: {
    check: (name, password) => {
      if (name === 'visitor') throw new YizhanError('DIRECTORY_LOGIN_NOT_ALLOWED', { value: name })
      return Promise.resolve(name === 'admin' && password === 'right' ? 'admin' : undefined)
    },
  },
  sink: events,
  rejections: { note: (event) => events.emit(event) },
  clock: systemClock,
})

it('refuses a wrong password, a name that nobody has and one without a right alike, and none of them sooner', async () => {
  const tried = await Promise.all(
    ['admin', 'nobody', 'visitor', ''].map(async (name) => {
      const started = performance.now()
      const answer = await logins.check(name, 'wrong', '192.0.2.1')
      return [answer, performance.now() - started] as const
    }),
  )
  for (const [answer, ms] of tried) {
    expect(answer).toEqual({})
    // A timer may ring a little before its time.
    expect(ms).toBeGreaterThan(490)
  }
  expect(events.of('login.refused')).toHaveLength(4)
  expect(await logins.check('admin', 'right', '192.0.2.1')).toEqual({ role: 'admin' })
})
