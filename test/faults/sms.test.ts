import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SMS_FAILPOINTS } from '../../adapters/sms/manifest.ts'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { REMIND, REMINDED_PHONE, smsSystem } from './lib/reminders.ts'
import { Rig } from './lib/rig.ts'

const SECRET = 'a secret of the centre'

describe('killed after SUBMIT and before its answer', () => {
  let folder: string
  let centre: SmsCentre
  let rig: Rig
  shared(
    async () => {
      folder = await mkdtemp(join(tmpdir(), 'yizhan-sms-'))
      centre = new SmsCentre({ folder, account: '900001', secret: SECRET, version: 3 })
      await centre.switchOn()
    },
    async () => {
      await centre.close()
      await rm(folder, { recursive: true, force: true })
    },
  )
  shared(
    async () => {
      rig = await Rig.start('embedded', {
        systems: [smsSystem(centre.port)],
        secrets: { 'sms.password': SECRET },
        environment: {},
        flows: { remind: REMIND },
      })
    },
    () => rig.close(),
  )

  const texts = (): string[] => centre.received(REMINDED_PHONE).map(({ text }) => text)

  it.each(SMS_FAILPOINTS)(
    '%s: nobody misses the SMS; only the one in doubt may ring twice, and an event says so',
    async (failpoint) => {
      await rig.submitThroughDeath(failpoint, 6)
      const reached = (): string[] => rig.acknowledged.filter((title) => texts().some((text) => text.includes(title)))
      await until(() => reached().length === rig.acknowledged.length, { what: 'all reminders', timeoutMs: 40_000 })
      // What follows a last one shows that nothing is on its way any more.
      await rig.submit(1, '最后 ')
      await until(() => reached().length === rig.acknowledged.length, { what: 'the last reminder', timeoutMs: 40_000 })
      const twice = texts().filter((text, at) => texts().indexOf(text) !== at)
      for (const text of twice) {
        const title = rig.acknowledged.find((one) => text.includes(one)) ?? ''
        // It is booked with the centre's answer, after the phone has rung.
        await until(async () => (await rig.timeline(title)).some(({ code }) => code === 'delivery.repeated'), {
          what: `${title}: delivery.repeated`,
        })
      }
      // Those under way when it died; the window of the centre allows no more.
      expect(twice.length).toBeLessThanOrEqual(6)
    },
    300_000,
  )
})
