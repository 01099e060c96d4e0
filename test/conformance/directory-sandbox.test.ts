import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeSnapshot, snapshotStore } from '../../adapters/directory/snapshot.ts'
import { moduleFile } from '../../core/util/module-file.ts'
import { until } from '../lib/wait.ts'
import { DirectoryHouse } from './lib/directory-house.ts'
import { type Rig, SERVICE_PASSWORD, rigConfig, sandboxRig } from './lib/directory-rigs.ts'
import type { SandboxDirectory } from '../../sandbox/directory/directory.ts'
import { serviceDn, unitsBase } from '../../sandbox/directory/entries.ts'

const KILLS = 4

async function temporaryFile(path: string): Promise<void> {
  for await (const { filename } of watch(path, { signal: AbortSignal.timeout(60_000) }))
    if (filename?.endsWith('.tmp')) return
}

/** What the education bureau is called in each snapshot that lies there. */
async function namesKept(path: string): Promise<(string | undefined)[]> {
  const files = (await readdir(path)).filter((name) => name.endsWith('.snapshot'))
  const kept = await Promise.all(files.map(async (name) => decodeSnapshot(await readFile(join(path, name)))?.snapshot))
  return kept.flatMap((snapshot) => snapshot?.units.map((unit) => unit.name) ?? [])
}

/** Settings of the directory system: the rig's, with other times. */
function settingsOf(rig: Rig & { readonly sandbox: SandboxDirectory }, more: object): object {
  const { id: _, ...settings } = rigConfig(rig.sandbox.url, more)
  return settings
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
    const home = join(folder, 'killed')
    const snapshots = join(home, 'systems', 'ldap', 'snapshots')
    const settings = settingsOf(rig, { sync: { pageSize: 100, everyMs: 20 } })
    let named = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const program = moduleFile(import.meta.url, './lib/directory-holder')
      const holder = spawn(process.execPath, [program, home, JSON.stringify(settings)], {
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
      expect(await namesKept(snapshots)).toContain(said.at(-1))
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
    const settings = settingsOf(rig, { sync: { pageSize: 100, everyMs: 50 }, timeoutMs: 4_000 })
    const house = await DirectoryHouse.open(join(folder, 'polled'), settings)
    const { events } = house
    const called = (): readonly string[] => house.adapter.names?.names().get('jiaoyuju') ?? []
    const count = (code: string): number => events.filter((event) => event.code === code).length
    try {
      await house.adapter.start()
      await until(() => called().length > 0, { what: 'the first synchronisation' })
      for (const [at, mode] of (['garbage', 'hang', 'off'] as const).entries()) {
        const before = called()
        await rig.sandbox.switch(mode)
        await until(() => count('poll.failed') === at + 1, { what: `a failure because of ${mode}` })
        expect(called()).toEqual(before)
        await rig.rename('jiaoyuju', `市教育局之${mode}`)
        await rig.sandbox.switch('on')
        await until(() => called()[0] === `市教育局之${mode}`, { what: `the change made during ${mode}` })
      }
      await until(() => count('poll.recovered') === 3, { what: 'the third recovery' })
      expect(events.filter((event) => event.code === 'poll.failed').map((event) => event.error)).toEqual([
        'DIRECTORY_GARBLED',
        expect.stringMatching(/^SYSTEM_(TIMEOUT|UNREACHABLE)$/),
        expect.stringMatching(/^SYSTEM_(UNREACHABLE|TIMEOUT)$/),
      ])
    } finally {
      await house.close()
      // for another try
      await rig.restore()
      await rig.rename('jiaoyuju', '市教育局')
      await rm(join(folder, 'polled'), { recursive: true, force: true })
    }
  })
})
