import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProftpd } from '../lib/servers/proftpd.ts'
import { startSshd } from '../lib/servers/sshd.ts'
import type { SshServer } from '../lib/servers/ssh-server.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

/** At each server; `YIZHAN_DROPS=1000 YIZHAN_KILLS=20 npm run unit test/faults/files-polled.test.ts` is long. */
const DROPS = Number(process.env['YIZHAN_DROPS'] ?? 50)
const KILLS = Number(process.env['YIZHAN_KILLS'] ?? 3)
/** What a legacy system has given and not been answered yet, at most. */
const AT_ONCE = 25

/** A legacy system that knows only files: its own server, its unit, and what it has taken. */
class Legacy {
  readonly id: string
  readonly unit: string
  readonly server: SshServer
  /** titles of the documents that it took from its in/, each time that it did */
  readonly taken: string[] = []
  /** what bore its name without being whole */
  readonly broken: string[] = []
  readonly #waiting: string[]
  readonly #answered = new Set<string>()
  readonly #given = new Set<string>()

  constructor(id: string, unit: string, server: SshServer) {
    this.id = id
    this.unit = unit
    this.server = server
    this.#waiting = Array.from({ length: DROPS }, (_, at) => `${id}-${String(at).padStart(5, '0')}`)
  }

  get titles(): readonly string[] {
    return Array.from({ length: DROPS }, (_, at) => `${this.id}-${String(at).padStart(5, '0')}`)
  }

  get answered(): number {
    return this.#answered.size
  }

  get settings(): object {
    const { port, username, fingerprint } = this.server
    return {
      server: { host: '127.0.0.1', port, username, login: 'key', hostKeys: [fingerprint] },
      ready: 'rename',
    }
  }

  /** Gives some more, takes what is there whole, and reads its answers. */
  async work(to: string): Promise<void> {
    const { home } = this.server
    for (const name of await readdir(join(home, 'receipts'))) {
      const title = /^(.*)\.xml$/.exec(name)?.[1]
      if (title !== undefined && this.#given.delete(title)) this.#answered.add(title)
    }
    for (const title of this.#waiting.splice(0, AT_ONCE - this.#given.size)) {
      this.#given.add(title)
      const content = Buffer.from(title.repeat(20)).toString('base64')
      const xml = `<Submit xmlns="urn:yizhan:oa:1"><document><documentType>通知</documentType><documentTitle>${title}</documentTitle><to><unit>caizhengju</unit><unit>${to}</unit></to><files><file><name>正文.txt</name><role>main</role><content>${content}</content></file></files></document></Submit>`
      await writeFile(join(home, 'out', `${title}.part`), xml)
      await rename(join(home, 'out', `${title}.part`), join(home, 'out', `${title}.xml`))
    }
    for (const name of await readdir(join(home, 'in'))) {
      if (!name.endsWith('.xml')) continue
      const xml = await readFile(join(home, 'in', name), 'utf8')
      const title = /<documentTitle>(.*?)<\/documentTitle>/.exec(xml)?.[1]
      const attached = (await readdir(join(home, 'in'))).filter((one) => one.startsWith(name.slice(0, -'.xml'.length)))
      if (title === undefined || attached.length < 2) this.broken.push(`${name}: ${attached.join()}`)
      if (title === undefined) continue
      this.taken.push(title)
      for (const one of attached) await rm(join(home, 'in', one), { force: true })
    }
  }
}

let rig: Rig
const both: Legacy[] = []
let servers: readonly SshServer[] = []

beforeAll(async () => {
  servers = await Promise.all([startSshd(), startProftpd()])
  const [openssh, proftpd] = servers
  if (openssh === undefined || proftpd === undefined) throw new Error('no servers')
  both.push(new Legacy('openssh', 'shuiwuju', openssh), new Legacy('proftpd', 'dishuiju', proftpd))
  for (const { home } of servers)
    for (const folder of ['out', 'in', 'receipts', 'errors']) await mkdir(join(home, folder))
  rig = await Rig.start('embedded', {
    systems: both.map(({ id, settings }) => ({
      ...{ id, name: id, adapter: 'files', settings, pollMs: 100 },
      pace: { timeoutMs: 10_000, backoffMs: 100, maxBackoffMs: 500, breakerMs: 300 },
    })),
    units: both.map(({ id, unit }) => `${unit}\t${unit}\t\tdepartment\t\t${id}`),
    secrets: Object.fromEntries(both.map(({ id, server }) => [`${id}.key`, server.privateKey])),
    environment: {},
  })
})
afterAll(async () => {
  await rig.close()
  await Promise.all(servers.map((server) => server.close()))
})

it(`fetches ${DROPS} documents from each of two servers and puts as many, killed ${KILLS} times: none lost, none twice`, async () => {
  const [one, other] = both
  if (one === undefined || other === undefined) throw new Error('no systems')
  const done = (): number => one.answered + other.answered + one.taken.length + other.taken.length
  let kills = 0
  let killing: Promise<void> | undefined
  await until(
    async () => {
      await Promise.all([one.work(other.unit), other.work(one.unit)])
      // Wherever it is by then: each time that this part of all has been done.
      if (killing === undefined && kills < KILLS && done() >= ((kills + 0.5) * 4 * DROPS) / KILLS) {
        kills++
        killing = rig.station
          .kill()
          .then(() => rig.station.start())
          .finally(() => (killing = undefined))
      }
      return (
        killing === undefined &&
        one.answered + other.answered === 2 * DROPS &&
        one.taken.length + other.taken.length >= 2 * DROPS
      )
    },
    { what: 'all given, answered and taken', timeoutMs: 120_000 + DROPS * KILLS * 100, everyMs: 20 },
  )
  expect(kills).toBe(KILLS)
  rig.acknowledged.push(...both.flatMap(({ titles }) => titles))
  expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
  // What might come a second time has come by now: all that was given is booked.
  const open = async (): Promise<number> => {
    const { deliveries } = await rig.admin<{ readonly deliveries: Readonly<Record<string, number>> }>('backlog')
    return both.reduce((sum, { id }) => sum + (deliveries[id] ?? 0), 0)
  }
  await until(async () => (await open()) === 0, { what: 'nothing open' })
  await Promise.all([one.work(other.unit), other.work(one.unit)])
  expect([...one.broken, ...other.broken]).toEqual([])
  expect(one.taken.toSorted()).toEqual(other.titles)
  expect(other.taken.toSorted()).toEqual(one.titles)
  for (const { home } of servers) {
    expect(await readdir(join(home, 'out'))).toEqual([])
    expect(await readdir(join(home, 'errors'))).toEqual([])
  }
}, 3_600_000)
