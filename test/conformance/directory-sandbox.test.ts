import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDirectory } from '../../adapters/directory/index.ts'
import { decodeSnapshot, snapshotStore } from '../../adapters/directory/snapshot.ts'
import type { SyncResult } from '../../adapters/directory/sync.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import { moduleFile } from '../../core/util/module-file.ts'
import { until } from '../lib/wait.ts'
import { type Rig, SERVICE_PASSWORD, rigConfig, sandboxRig } from './lib/directory-rigs.ts'
import type { SandboxDirectory } from '../../sandbox/directory/directory.ts'
import { serviceDn, unitsBase } from '../../sandbox/directory/entries.ts'

const KILLS = 4

async function temporaryFile(path: string): Promise<void> {
  for await (const { filename } of watch(path, { signal: AbortSignal.timeout(60_000) }))
    if (filename?.endsWith('.tmp')) return
}

async function revisions(path: string): Promise<(string | undefined)[]> {
  const names = (await readdir(path)).filter((name) => name.endsWith('.snapshot'))
  return Promise.all(names.map(async (name) => decodeSnapshot(await readFile(join(path, name)))?.snapshot.revision))
}

describe('the directory through a bad day', () => {
  let rig: Rig & { readonly sandbox: SandboxDirectory }
  let folder: string

  beforeAll(async () => {
    rig = await sandboxRig()
    folder = await mkdtemp(join(tmpdir(), 'yizhan-bad-day-'))
  })

  afterAll(async () => {
    await rig.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('keeps a whole snapshot, whenever it is killed', async () => {
    const snapshots = join(folder, 'killed')
    let named = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const program = moduleFile(import.meta.url, './lib/directory-holder')
      const holder = spawn(process.execPath, [program, rig.sandbox.url, snapshots], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const said: string[] = []
      const lines = createInterface(holder.stdout).on('line', (line) => {
        said.push(line)
        // There is always something new to write down.
        void rig.rename('jiaoyuju', `市教育局第${++named}`)
      })
      await once(lines, 'line')
      // Killed now it reads the directory; killed at the temporary file it is about to rename that.
      if (kill % 2 === 1) await temporaryFile(snapshots)
      const ended = once(holder, 'exit')
      holder.kill('SIGKILL')
      await ended
      const { kept, damaged } = await snapshotStore(snapshots).load()
      expect(damaged).toEqual([])
      expect([kept?.snapshot.units.length, kept?.snapshot.people.length]).toEqual([66, 198])
      // What it said was kept is kept, perhaps with something newer beside it.
      expect(await revisions(snapshots)).toContain(said.at(-1))
    }
    // One more where it was killed before it removed the oldest.
    expect((await readdir(snapshots)).filter((name) => name.endsWith('.snapshot')).length).toBeLessThanOrEqual(4)
  })

  it('is read by OpenLDAP’s own client, page by page', async () => {
    const login = ['-x', '-LLL', '-H', rig.sandbox.url, '-D', serviceDn, '-w', SERVICE_PASSWORD]
    const { stdout } = await promisify(execFile)('ldapsearch', [
      ...login,
      '-b',
      unitsBase,
      '-E',
      'pr=20/noprompt',
      '(title=办公室主任)',
      'mobile',
      'entryUUID',
    ])
    expect(stdout.match(/^mobile: 1380000\d{4}$/gm)).toHaveLength(66)
    expect(stdout.match(/^entryUUID: [0-9a-f-]{36}$/gm)).toHaveLength(66)
    expect(stdout).not.toContain('title:')
  })

  it('goes on by itself through garbage, silence and absence, and says each only once', async () => {
    const events: YizhanEvent[] = []
    const results: SyncResult[] = []
    const config = rigConfig(rig.sandbox.url, { sync: { pageSize: 100, everyMs: 50 }, timeoutMs: 4_000 })
    const directory = await openDirectory({
      config,
      secret: () => SERVICE_PASSWORD,
      folder: join(folder, 'polled'),
      clock: { now: Date.now },
      emit: { emit: (event) => events.push(event) },
      changed: (result) => results.push(result),
    })
    const count = (code: string): number => events.filter((event) => event.code === code).length
    try {
      directory.start()
      await until(() => results.length === 1, { what: 'the first synchronisation' })
      for (const [at, mode] of (['garbage', 'hang', 'off'] as const).entries()) {
        await rig.sandbox.switch(mode)
        await until(() => count('poll.failed') === at + 1, { what: `a failure because of ${mode}` })
        expect(directory.keeper.current()?.snapshot).toEqual(results.at(-1)?.snapshot)
        await rig.rename('jiaoyuju', `市教育局之${mode}`)
        await rig.sandbox.switch('on')
        await until(() => results.length === at + 2, { what: `the change made during ${mode}` })
        expect(directory.keeper.current()?.snapshot.units.map((unit) => unit.name)).toContain(`市教育局之${mode}`)
      }
      await until(() => count('poll.recovered') === 3, { what: 'the third recovery' })
      expect(events.filter((event) => event.code === 'poll.failed').map((event) => event.error)).toEqual([
        'DIRECTORY_GARBLED',
        expect.stringMatching(/^SYSTEM_(TIMEOUT|UNREACHABLE)$/),
        expect.stringMatching(/^SYSTEM_(UNREACHABLE|TIMEOUT)$/),
      ])
    } finally {
      await directory.close()
      // for another try
      await rig.restore()
      await rig.rename('jiaoyuju', '市教育局')
      await rm(join(folder, 'polled'), { recursive: true, force: true })
    }
  })
})
