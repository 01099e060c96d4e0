import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freePorts } from '../../sandbox/net/ports.ts'
import { openSshClient, type OpenSshClient } from '../lib/openssh.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import type { Said } from '../lib/yizhan.ts'
import { Rig } from './lib/rig.ts'

/** `YIZHAN_DROPS=1000 YIZHAN_KILLS=20 npm run unit test/faults/files.test.ts` is the long form. */
const DROPS = Number(process.env['YIZHAN_DROPS'] ?? 100)
const KILLS = Number(process.env['YIZHAN_KILLS'] ?? 3)
/** What one run of sftp puts at most. */
const BATCH = 20

let rig: Rig
let client: OpenSshClient
let port: number

shared(
  async () => {
    client = await openSshClient()
    port = ((await freePorts(1)) as [number])[0]
    rig = await Rig.start('embedded', {
      systems: [{ id: 'files', name: '文件交换', adapter: 'files', settings: { listen: { port }, ready: 'rename' } }],
      accounts: [{ id: 'tax', system: 'files', units: ['shuiwuju'], keys: [client.publicKey] }],
      units: ['shuiwuju\t市税务局\t\tdepartment\t\tfiles'],
      secrets: {},
      environment: {},
    })
  },
  async () => {
    await rig.close()
    await client.close()
  },
)

const NS = 'urn:yizhan:oa:1'
const document = (title: string): string =>
  `<Submit xmlns="${NS}"><document><documentType>通知</documentType><documentTitle>${title}</documentTitle><to><unit>caizhengju</unit></to><files><file><name>正文.txt</name><role>main</role><content>${Buffer.from(title.repeat(20)).toString('base64')}</content></file></files></document></Submit>`

/** What the station has taken over by its own word: sftp tells each command, and stops at one that fails. */
function renamed({ code, out }: Said): readonly string[] {
  const commands = out.split('\n').filter((line) => line.startsWith('sftp> '))
  const done = code === 0 ? commands : commands.slice(0, -1)
  return done.flatMap((command) => /rename .*\/(d\d{5})\.xml$/.exec(command)?.[1] ?? [])
}

/** Names of documents in a folder, without their endings; undefined where the station did not answer. */
async function names(folder: string): Promise<ReadonlySet<string> | undefined> {
  const listed = await client.sftp(port, 'tax', [`ls -1 ${folder}`])
  if (listed.code !== 0) return undefined
  return new Set(listed.out.match(/\bd\d{5}(?=\.)/g))
}

it(`OpenSSH's sftp drops ${DROPS} documents while the station is killed ${KILLS} times: none lost, none twice`, async () => {
  const folder = join(client.folder, 'drops')
  await mkdir(folder)
  const all = Array.from({ length: DROPS }, (_, at) => `d${String(at).padStart(5, '0')}`)
  for (const name of all) await writeFile(join(folder, `${name}.xml`), document(`投递 ${name}`))

  let receipts: ReadonlySet<string> = new Set()
  /** what the station has said it has: never given again */
  const given = new Set<string>()
  let kills = 0
  let killing: Promise<void> = Promise.resolve()
  /** Once more each time that this part of them has been accepted. */
  const mayKill = (): void => {
    if (kills >= KILLS || receipts.size < (kills * DROPS) / (KILLS + 1)) return
    kills++
    // In the midst of a batch, wherever that is by then.
    killing = until(async () => (await readdir(join(rig.folder, 'data', 'systems', 'files', 'spool'))).length > 2, {
      what: 'several files in the spool',
      timeoutMs: 30_000,
      everyMs: 1,
    })
      .then(() => rig.station.kill())
      .then(() => rig.station.start())
  }
  while (given.size < DROPS) {
    mayKill()
    receipts = (await names('receipts')) ?? receipts
    const batch = all.filter((name) => !given.has(name)).slice(0, BATCH)
    const put = batch.flatMap((name) => [
      `put ${join(folder, name)}.xml out/${name}.xml.part`,
      `-rm out/${name}.xml`,
      `rename out/${name}.xml.part out/${name}.xml`,
    ])
    // A client that does not know whether a file has come gives it again: that at which sftp stopped, and all behind.
    for (const name of renamed(await client.sftp(port, 'tax', put))) given.add(name)
    await killing
  }
  const lost = async (): Promise<readonly string[]> => {
    receipts = (await names('receipts')) ?? receipts
    return all.filter((name) => !receipts.has(name))
  }
  await until(async () => (await lost()).length === 0, { what: 'all receipts', timeoutMs: 60_000, everyMs: 200 }).catch(
    () => undefined,
  )
  expect(await lost()).toEqual([])
  expect(kills).toBe(KILLS)
  rig.acknowledged.push(...all.map((name) => `投递 ${name}`))
  expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
  expect(await names('errors')).toEqual(new Set())
  await until(async () => (await readdir(join(rig.folder, 'data', 'systems', 'files', 'spool'))).length === 0, {
    what: 'an empty spool',
  })
}, 1_800_000)
