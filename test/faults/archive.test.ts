import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { ARCHIVE_FAILPOINTS } from '../../adapters/archive/manifest.ts'
import { Bureau } from '../../sandbox/archive/bureau.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

const DOCUMENTS = 6
const PASSWORD = 'a secret of the bureau'

describe('killed while a batch is on its way to the bureau', () => {
  let folder: string
  let bureau: Bureau
  let rig: Rig
  shared(
    async () => {
      folder = await mkdtemp(join(tmpdir(), 'yizhan-bureau-'))
      bureau = new Bureau({ folder, username: 'yizhan', password: PASSWORD })
      await bureau.start()
    },
    async () => {
      await bureau.close()
      await rm(folder, { recursive: true, force: true })
    },
  )
  shared(
    async () => {
      const server = {
        host: '127.0.0.1',
        port: bureau.host.port,
        username: 'yizhan',
        hostKeys: [bureau.host.fingerprint],
      }
      const archive = {
        id: 'archive',
        name: '市档案馆',
        adapter: 'archive',
        pollMs: 100,
        pace: { backoffMs: 100, maxBackoffMs: 500 },
        settings: {
          server,
          sender: '公文交换站',
          classification: { fonds: { default: { code: '0094', name: '市政府' } } },
        },
      }
      rig = await Rig.start('embedded', {
        systems: [archive],
        secrets: { 'archive.password': PASSWORD },
        environment: { ARCHIVE_WINDOW_SECONDS: 1 },
      })
    },
    () => rig.close(),
  )

  const shelved = (): string[] => bureau.shelves.items.map(({ title }) => title).sort()

  it.each(ARCHIVE_FAILPOINTS)(
    '%s: every document is on the shelves once, its number too, and the receipt is taken',
    async (failpoint) => {
      await rig.submitThroughDeath(failpoint, DOCUMENTS)
      await until(() => shelved().length >= rig.acknowledged.length, {
        what: 'all documents on the shelves',
        timeoutMs: 40_000,
      })
      await bureau.settled()
      expect(shelved()).toEqual([...rig.acknowledged].sort())
      const numbers = bureau.shelves.items.map(({ archiveNumber }) => archiveNumber)
      expect(numbers.map((number) => Number(number.slice(-4))).sort((a, b) => a - b)).toEqual(
        numbers.map((_, at) => at + 1),
      )
      expect(bureau.shelves.verdicts.map(({ result }) => result)).not.toContain('refused')
      const batches = bureau.shelves.verdicts.map(({ batch }) => `${batch}.xml`).sort()
      await until(
        async () => (await readdir(join(folder, 'sftp', 'receipts', 'done'))).sort().join() === batches.join(),
        { what: 'all receipts taken', timeoutMs: 20_000 },
      )
      expect(await readdir(join(folder, 'sftp', 'in'))).toEqual([])
      expect(bureau.shelves.repeated).toBe(0)
    },
    240_000,
  )

  it('refused for one document: an operator sees why, corrects it by the command line, and all of it is on the shelves', async () => {
    bureau.refuseNext(2, '题名有误')
    // So many that a batch gets two of them, however slowly they are accepted.
    await rig.submit(DOCUMENTS, '退回 ')
    const [waiting] = await until(
      async () => {
        const found = JSON.parse(await yizhan('--json', 'archive', 'refused')) as {
          batch: string
          refused: { archiveNumber: string; reason: string }[]
        }[]
        return found.length === 1 && found
      },
      { what: 'the refused batch', timeoutMs: 40_000, everyMs: 500 },
    )
    expect(waiting?.refused).toMatchObject([{ sequence: 2, reason: '题名有误' }])
    expect(await yizhan('archive', 'refused')).toContain('题名有误')
    expect(await yizhan('archive', 'correct', waiting?.batch ?? '', '--set', 'document.title=更正后的题名')).toContain(
      '已更正',
    )
    await until(() => shelved().length >= rig.acknowledged.length, {
      what: 'all documents on the shelves',
      timeoutMs: 40_000,
    })
    expect(
      bureau.shelves.items.filter(({ title }) => title === '更正后的题名').map(({ archiveNumber }) => archiveNumber),
    ).toEqual([waiting?.refused[0]?.archiveNumber])
    expect(shelved().filter((title) => title.startsWith('退回'))).toHaveLength(DOCUMENTS - 1)
    expect(await yizhan('archive', 'refused')).toContain('没有待更正的批次')
  }, 240_000)

  async function yizhan(...args: string[]): Promise<string> {
    const program = join(projectHome(), 'dist', 'station', 'cli.js')
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      '--station',
      rig.http,
      '--secrets',
      join(rig.folder, 'secrets.json'),
      ...args,
    ])
    return stdout
  }
})
