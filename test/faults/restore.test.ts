import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { runYizhan } from '../lib/yizhan.ts'
import { REMIND, REMINDED_PHONE, smsSystem } from './lib/reminders.ts'
import { Rig } from './lib/rig.ts'

/** The drill: a station is backed up while it runs, goes on, and is lost with its machine. */

const SECRET = 'a secret of the centre'
let home: string
let centre: SmsCentre
let rig: Rig
shared(
  async () => {
    home = await mkdtemp(join(tmpdir(), 'yizhan-restore-'))
    centre = new SmsCentre({ folder: home, account: '900001', secret: SECRET, version: 3 })
    await centre.switchOn()
    rig = await Rig.start('embedded', {
      systems: [smsSystem(centre.port)],
      secrets: { 'sms.password': SECRET },
      environment: {},
      flows: { remind: REMIND },
    })
  },
  async () => {
    await rig.close()
    await centre.close()
    await rm(home, { recursive: true, force: true })
  },
)

interface Letter {
  readonly message: string
  readonly what: string
  readonly error: { readonly code: string }
}

const texts = (): string[] => centre.received(REMINDED_PHONE).map(({ text }) => text)
const isReminded = (title: string): boolean => texts().some((text) => text.includes(title))
const reminded = (titles: readonly string[]): Promise<unknown> =>
  until(() => titles.every(isReminded), { what: 'all reminders', timeoutMs: 60_000 })

it('goes on from its backup: what was delivered since is asked about, and an SMS waits for a person', async () => {
  await rig.submit(10, '先前 ')
  expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
  await reminded(rig.acknowledged)

  // open in the backup: the OA does not answer, and the centre is off
  rig.inbox.mode = 'fail'
  await centre.switchOff()
  await rig.submit(5, '未送 ')
  const opened = rig.acknowledged.slice(10)
  await until(async () => (await Promise.all(opened.map((title) => rig.timeline(title)))).every(isOnItsWay), {
    what: 'all on their way',
    timeoutMs: 30_000,
  })
  const to = join(home, 'backups')
  const [backup] = await Promise.all([runYizhan(['--json', 'backup', rig.folder, '--to', to]), rig.submit(5, '同时 ')])
  expect(backup).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(backup.out)).toMatchObject({ faults: [] })

  // the world goes on
  rig.inbox.mode = 'ok'
  await centre.switchOn()
  await rig.submit(5, '其后 ')
  expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
  await reminded(rig.acknowledged)

  await rig.station.kill()
  for (const name of ['data', 'data.end', 'config', 'flows']) await rm(join(rig.folder, name), { recursive: true })
  const [name = ''] = (await readdir(to)).filter((one) => /^\d/u.test(one))
  const again = join(home, 'again')
  expect(await runYizhan(['restore', join(to, name), '--into', again])).toMatchObject({ code: 0, err: '' })
  for (const part of ['data', 'config', 'flows']) await rename(join(again, part), join(rig.folder, part))
  await rig.station.start()

  await rig.submit(5, '恢复后 ')
  expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
  await reminded(rig.acknowledged)
  for (const title of opened)
    await until(async () => (await rig.timeline(title)).some(({ code }) => code === 'delivery.probed'), {
      what: `${title}: probed`,
    })
  expect([...rig.inbox.taken.values()].filter(({ times }) => times > 1)).toEqual([])

  const held = await until(
    async () => {
      const letters = await rig.admin<readonly Letter[]>('dead-letters')
      return letters.length >= opened.length && letters
    },
    { what: 'the SMS held', timeoutMs: 30_000 },
  )
  expect(new Set(held.map(({ error }) => error.code))).toEqual(new Set(['IN_DOUBT']))
  expect(texts().filter((text, at) => texts().indexOf(text) !== at)).toEqual([])
  const audit = await runYizhan(['--data', join(rig.folder, 'data'), 'audit'])
  expect(audit).toMatchObject({ code: 0, out: expect.stringContaining('审计链完整') as string })
}, 300_000)

/** Its flows have put out the document and the reminder. */
function isOnItsWay(timeline: readonly { readonly code: string }[]): boolean {
  return timeline.filter(({ code }) => code === 'hop.committed').length >= 2
}
