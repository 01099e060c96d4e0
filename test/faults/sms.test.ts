import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SMS_FAILPOINTS } from '../../core/util/failpoint.ts'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

const SECRET = 'a secret of the centre'
const PHONE = '13800000001'

/** A flow that reminds somebody of each document. */
const REMIND = [
  { id: 'remind', type: 'tab', label: '提醒' },
  {
    id: 'remind-in',
    type: 'oa in',
    z: 'remind',
    name: '',
    subscription: 'remind',
    concurrency: 32,
    systems: [],
    kinds: ['document'],
    directions: [],
    x: 100,
    y: 40,
    wires: [['remind-who']],
  },
  {
    id: 'remind-who',
    type: 'function',
    z: 'remind',
    name: '',
    func: `msg.people = [{ name: '张某', phone: '${PHONE}' }]\nreturn msg`,
    outputs: 1,
    timeout: 0,
    libs: [],
    x: 250,
    y: 40,
    wires: [['remind-out']],
  },
  {
    id: 'remind-out',
    type: 'sms out',
    z: 'remind',
    name: '',
    system: '',
    people: 'people',
    text: '请签收《{document.title}》',
    event: '',
    whenNone: 'fail',
    x: 400,
    y: 40,
    wires: [[]],
  },
]

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
      const sms = {
        id: 'sms',
        name: '短信中心',
        adapter: 'sms',
        pace: { backoffMs: 100, maxBackoffMs: 500 },
        settings: {
          centre: {
            kind: 'cmpp',
            host: '127.0.0.1',
            port: centre.port,
            version: '3.0',
            account: '900001',
            accessNumber: '10690001',
            link: { backoffMs: 200, maxBackoffMs: 500 },
          },
          quietHours: { windows: [] },
        },
      }
      rig = await Rig.start('embedded', {
        systems: [sms],
        secrets: { 'sms.password': SECRET },
        environment: {},
        flows: { remind: REMIND },
      })
    },
    () => rig.close(),
  )

  const texts = (): string[] => centre.received(PHONE).map(({ text }) => text)

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
