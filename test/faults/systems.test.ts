import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openHouse, type House } from '../../sandbox/launch/house.ts'
import { mainDigest, type Paper } from '../../sandbox/oa/paper.ts'
import { NumberBook, PaperMill } from '../../sandbox/opening-day/papers.ts'
import { Random } from '../../sandbox/opening-day/random.ts'
import { SYSTEMS, type SystemName } from '../../sandbox/systems/names.ts'
import { startGuardian, type Guardian } from '../lib/guardian.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'

/** A system is away, or worse, and comes back: all others go on meanwhile, and it gets what it missed, once. */

const OFFICE = 'zhengfuban'
const UNITS = ['rensheju', 'chuanhui'] as const
const BAD = ['off', 'hang', 'garbage'] as const
/** Reminders and batches follow at once. */
const ENVIRONMENT = { MEETING_REMIND_SECONDS: 1, MEETING_CLOSE_SECONDS: 3600, ARCHIVE_WINDOW_SECONDS: 1 }

let house: House
let guardian: Guardian
let mill: PaperMill
shared(
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'yizhan-systems-'))
    guardian = startGuardian(data)
    house = await openHouse({ data, bus: 'embedded', ports: { http: 0, editor: 0 }, environment: ENVIRONMENT })
    const random = new Random(1)
    mill = new PaperMill(random, new NumberBook(random), house.city.desk.run)
    house.city.poll(300)
  },
  async () => {
    await house.close()
    await guardian.close()
  },
)

/**
 * A meeting notice that is public: it goes to OAs, archive and portal, and its recipients' directors are reminded by
 * SMS and mail.
 */
async function issue(): Promise<Paper> {
  const { city } = house
  const paper = mill.notice(OFFICE, UNITS.map((unit) => city.unit(unit).name).join('，'), {
    subject: `召开第${mill.key('m')}次会议`,
    documentType: '会议通知',
    releaseLevel: '公开',
  })
  expect(await city.desk.send(city.oa(OFFICE), paper, { episode: 'test', kind: 'issue' })).toMatchObject({
    status: 'acknowledged',
  })
  return paper
}

/** How often each system has it. */
const HAS: Readonly<Record<Exclude<SystemName, 'directory'> | 'oa', (paper: Paper) => readonly number[]>> = {
  oa: (paper) =>
    UNITS.map(
      (unit) =>
        house.city.inboxes
          .items(house.city.unit(unit).system, unit)
          .filter(({ digest }) => digest === mainDigest(paper)).length,
    ),
  archive: ({ title }) => [house.systems.bureau.shelves.items.filter((item) => item.title === title).length],
  portal: ({ title }) => [
    house.systems.portal.store.items('publications').filter((item) => item.title === title).length,
  ],
  sms: ({ title }) =>
    directors().map(
      ({ mobile }) => house.systems.sms.received(mobile).filter(({ text }) => text.includes(title)).length,
    ),
  mail: ({ title }) =>
    directors().map(({ mail }) => house.systems.boxes.mails(mail).filter((one) => one.title.includes(title)).length),
}

function directors(): readonly { readonly mobile: string; readonly mail: string }[] {
  const { units, people } = house.systems.directory.tree
  return UNITS.map((id) =>
    people.find(
      (person) => person.title === '办公室主任' && person.unit === units.find((unit) => unit.id === id)?.uuid,
    ),
  ).filter((person) => person !== undefined)
}

const hasIt = (system: keyof typeof HAS, paper: Paper): Promise<unknown> =>
  until(() => HAS[system](paper).every((count) => count > 0), {
    what: `${paper.title} at ${system}`,
    timeoutMs: 60_000,
    everyMs: 50,
  })

const revision = async (): Promise<string> =>
  ((await (await house.ask('/admin/health')).json()) as { readonly directory: string }).directory

describe.each(BAD)('%s', (mode) => {
  it.each(SYSTEMS)(
    '%s: the rest goes on, and it catches up',
    async (system) => {
      await house.systems.switch(system, mode)
      const before = await revision()
      const papers = [await issue(), await issue()]
      const others = (Object.keys(HAS) as (keyof typeof HAS)[]).filter((other) => other !== system)
      for (const paper of papers) for (const other of others) await hasIt(other, paper)
      if (system !== 'directory')
        for (const paper of papers) expect(HAS[system](paper).every((count) => count === 0)).toBe(true)
      if (system === 'directory')
        await house.systems.change('改名', (directory) => directory.rename('chuanhui', `川汇区政府（${mode}）`))
      await house.systems.switch(system, 'on')
      if (system === 'directory')
        await until(async () => (await revision()) !== before, { what: 'the new name', timeoutMs: 60_000 })
      else for (const paper of papers) await hasIt(system, paper)
      for (const paper of papers)
        for (const where of Object.keys(HAS) as (keyof typeof HAS)[])
          expect(
            HAS[where](paper).every((count) => count === 1),
            where,
          ).toBe(true)
    },
    300_000,
  )
})
