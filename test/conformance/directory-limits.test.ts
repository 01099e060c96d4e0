import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryClient } from '../../adapters/directory/client.ts'
import type { DirectoryConfig } from '../../adapters/directory/config.ts'
import { openKeeper } from '../../adapters/directory/keeper.ts'
import { snapshotStore } from '../../adapters/directory/snapshot.ts'
import { directorySync } from '../../adapters/directory/sync.ts'
import { EventList } from '../lib/events.ts'
import { rigConfig, SERVICE_PASSWORD, slapdRig, type Rig } from './lib/directory-rigs.ts'

/**
 * A server's own limits (slapd.conf(5), limits): the error says whose setting it is, and the old snapshot serves on.
 */

const patience = (): AbortSignal => AbortSignal.timeout(30_000)
const clock = { now: Date.now }

describe('slapd that gives no more than it is set to', () => {
  let folder: string
  let free: Rig

  const keeperFor = async (config: DirectoryConfig, store: string) => {
    const events = new EventList()
    const client = directoryClient(config, () => SERVICE_PASSWORD)
    const sync = directorySync(config, client, clock)
    return {
      events,
      keeper: await openKeeper({ id: config.id, sync, store: snapshotStore(store), clock, emit: events }),
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yizhan-limits-'))
    free = await slapdRig()
  })
  afterAll(async () => {
    await free.close()
    await rm(folder, { recursive: true, force: true })
  })

  it.each([
    ['size.pr below our page', 'limits users size.pr=10'],
    ['a hard limit', 'limits users size.soft=50 size.hard=50 size.prtotal=50'],
    ['paged results forbidden beyond it', 'limits users size.prtotal=20'],
  ])('%s: both settings are named, the old snapshot serves on, and it is alarmed once', async (name, limits) => {
    const limited = await slapdRig(limits)
    try {
      const store = join(folder, encodeURIComponent(name))
      const before = await keeperFor(free.config, store)
      await before.keeper.refresh(patience())
      const { keeper, events } = await keeperFor(limited.config, store)
      for (let round = 0; round < 3; round++) {
        const error: unknown = await keeper.refresh(patience()).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'DIRECTORY_TOO_LARGE' })
        for (const one of ['size.pr', 'nsslapd-lookthroughlimit', 'sync.pageSize', '40'])
          expect((error as Error).message).toContain(one)
      }
      expect(keeper.current()?.snapshot).toEqual(before.keeper.current()?.snapshot)
      expect(keeper.current()?.snapshot.people).toHaveLength(198)
      expect(events.of('directory.refused')).toMatchObject([{ error: 'DIRECTORY_TOO_LARGE', system: 'directory' }])
    } finally {
      await limited.close()
    }
  })

  it('a page of ours within size.pr is what the error asked for', async () => {
    const limited = await slapdRig('limits users size.pr=10')
    try {
      const config = rigConfig(limited.config.url, { sync: { pageSize: 10, keysEveryMs: 3_600_000 } })
      const { keeper } = await keeperFor(config, join(folder, 'small'))
      await keeper.refresh(patience())
      expect(keeper.current()?.snapshot.people).toHaveLength(198)
    } finally {
      await limited.close()
    }
  })
})
