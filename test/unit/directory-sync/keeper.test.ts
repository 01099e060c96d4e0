import { describe, expect, it } from 'vitest'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { changesBetween } from '../../../adapters/directory/diff.ts'
import { type DirectoryKeeper, openKeeper } from '../../../adapters/directory/keeper.ts'
import { type Snapshot, snapshotOf } from '../../../adapters/directory/model.ts'
import { pollDirectory } from '../../../adapters/directory/poll.ts'
import type { KeptSnapshot } from '../../../adapters/directory/snapshot.ts'
import type { SyncResult } from '../../../adapters/directory/sync.ts'
import { until } from '../../lib/wait.ts'

const named = (name: string): Snapshot => snapshotOf([{ id: '1', name, codes: [] }], [])
const never = new AbortController().signal

interface Scene {
  readonly keeper: DirectoryKeeper
  readonly saved: KeptSnapshot[]
  readonly events: YizhanEvent[]
  directory: Snapshot | YizhanError
  diskFull: boolean
  now: number
  running: number
  most: number
}

async function scene(kept?: KeptSnapshot, damaged: readonly string[] = []): Promise<Scene> {
  const made = {
    saved: [],
    events: [],
    directory: named('甲'),
    diskFull: false,
    now: 1_000,
    running: 0,
    most: 0,
  } as unknown as Scene & { keeper: DirectoryKeeper }
  const keeper = await openKeeper({
    id: 'directory',
    clock: { now: () => made.now },
    emit: { emit: (event) => made.events.push(event) },
    store: {
      load: async () => ({ kept, damaged }),
      async save(next) {
        if (made.diskFull) throw new Error('ENOSPC')
        made.saved.push(next)
      },
    },
    sync: {
      async run(old) {
        made.most = Math.max(made.most, ++made.running)
        await new Promise((resolve) => setImmediate(resolve))
        made.running--
        if (made.directory instanceof YizhanError) throw made.directory
        return { how: 'full', snapshot: made.directory, notes: [], changes: changesBetween(old, made.directory) }
      },
    },
  })
  return Object.assign(made, { keeper })
}

describe('openKeeper', () => {
  it('serves what was kept, with its age, and names damaged files', async () => {
    const { keeper, events } = await scene({ snapshot: named('旧'), confirmedAt: 400 }, ['0000000007.snapshot'])
    expect(keeper.current()).toEqual({ snapshot: named('旧'), confirmedAt: 400, ageMs: 600 })
    expect(events).toMatchObject([{ code: 'directory.damaged', detail: '0000000007.snapshot' }])
  })

  it('writes down what changed at once, and what did not now and then', async () => {
    const made = await scene()
    await made.keeper.refresh(never)
    made.now += 60_000
    await made.keeper.refresh(never)
    expect(made.saved.map(({ confirmedAt }) => confirmedAt)).toEqual([1_000])
    expect(made.keeper.current()?.confirmedAt).toBe(61_000)
    made.now += 300_000
    await made.keeper.refresh(never)
    expect(made.saved.map(({ confirmedAt }) => confirmedAt)).toEqual([1_000, 361_000])
    expect(made.events.map(({ code, detail }) => `${code} ${detail ?? ''}`)).toEqual([
      'directory.synced 单位 units: added 1',
    ])
  })

  it('keeps the old snapshot when the new one is refused or cannot be written', async () => {
    const made = await scene({ snapshot: named('旧'), confirmedAt: 400 })
    for (const value of ['50/65', '50/65', '60/65']) {
      made.directory = new YizhanError('DIRECTORY_SHRUNK', { value })
      await expect(made.keeper.refresh(never)).rejects.toMatchObject({ code: 'DIRECTORY_SHRUNK' })
    }
    expect(made.events.map(({ code, detail }) => `${code} ${detail ?? ''}`)).toEqual([
      'directory.refused 50/65',
      'directory.refused 60/65',
    ])
    made.directory = named('新')
    made.diskFull = true
    await expect(made.keeper.refresh(never)).rejects.toThrow('ENOSPC')
    expect(made.keeper.current()?.snapshot).toEqual(named('旧'))
    made.diskFull = false
    expect((await made.keeper.refresh(never)).changes).toHaveLength(1)
    expect(made.saved).toHaveLength(1)
  })

  it('synchronises one at a time, in the order of the calls', async () => {
    const made = await scene()
    made.directory = new YizhanError('SYSTEM_UNREACHABLE')
    const first = made.keeper.refresh(never)
    const second = made.keeper.refresh(never)
    const third = made.keeper.refresh(never)
    await expect(first).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE' })
    made.directory = named('甲')
    await Promise.all([second, third])
    expect(made.most).toBe(1)
  })
})

describe('pollDirectory', () => {
  it('says once that the directory fails and once that it works again, and settles after each round', async () => {
    const events: YizhanEvent[] = []
    let settled = 0
    const result: SyncResult = {
      how: 'full',
      snapshot: named('甲'),
      notes: [],
      changes: changesBetween(undefined, named('甲')),
    }
    let calls = 0
    const refresh = async (): Promise<SyncResult> => {
      calls++
      if (calls === 2 || calls === 3)
        throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'directory', detail: 'down' })
      return result
    }
    const polling = pollDirectory({
      id: 'directory',
      name: '市统一目录',
      keeper: { refresh },
      everyMs: 1,
      clock: { now: () => 1 },
      emit: { emit: (event) => events.push(event) },
      settle: async () => {
        settled++
      },
    })
    await until(() => calls >= 6, { what: 'six rounds' })
    await polling.close()
    const after = calls
    expect(events.map(({ code }) => code)).toEqual(['poll.failed', 'poll.recovered'])
    expect(events[0]?.detail).toContain('“市统一目录（directory）”')
    // once before the first round, then after each
    expect(settled).toBe(1 + calls)
    expect(calls).toBe(after)
  })

  it('stops the round under way', async () => {
    const started = Promise.withResolvers<AbortSignal>()
    const refresh = (signal: AbortSignal): Promise<SyncResult> => {
      started.resolve(signal)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    }
    const events: YizhanEvent[] = []
    const polling = pollDirectory({
      id: 'd',
      name: '目录',
      keeper: { refresh },
      everyMs: 1,
      clock: { now: () => 1 },
      emit: { emit: (event) => events.push(event) },
    })
    const signal = await started.promise
    await polling.close()
    expect([signal.aborted, events]).toEqual([true, []])
  })
})
