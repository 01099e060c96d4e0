import { mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { snapshotOf, type Snapshot } from '../../../adapters/directory/model.ts'
import { decodeSnapshot, encodeSnapshot, snapshotStore } from '../../../adapters/directory/snapshot.ts'
import { anySnapshot } from './lib/arbitrary.ts'
import { mutate, random } from './lib/random.ts'

const named = (name: string): Snapshot => snapshotOf([{ id: '1', name, codes: ['ZK-001'] }], [])

describe('a snapshot as bytes', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anySnapshot, fc.nat(), (snapshot, confirmedAt) => {
        expect(decodeSnapshot(encodeSnapshot({ snapshot, confirmedAt }))).toEqual({ snapshot, confirmedAt })
      }),
    )
  })

  it('is not taken for one in any of 20,000 damaged forms', () => {
    const whole = encodeSnapshot({ snapshot: named('市教育局'), confirmedAt: 1 })
    const next = random(83)
    let damaged = 0
    for (let times = 0; times < 20_000; times++) {
      const bytes = mutate(whole, next)
      if (bytes.equals(whole)) continue
      damaged++
      expect(decodeSnapshot(bytes)).toBeUndefined()
    }
    expect(damaged).toBeGreaterThan(15_000)
  })
})

describe('snapshotStore', () => {
  let folder: string

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'yizhan-store-')), 'directory')
  })

  afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

  it('has nothing at first, then the newest, and keeps three files that others may not read', async () => {
    const store = snapshotStore(folder)
    expect(await store.load()).toEqual({ kept: undefined, damaged: [] })
    for (let at = 1; at <= 5; at++) await store.save({ snapshot: named(`第${at}`), confirmedAt: at })
    expect((await snapshotStore(folder).load()).kept).toEqual({ snapshot: named('第5'), confirmedAt: 5 })
    expect((await readdir(folder)).sort()).toEqual([
      '0000000003.snapshot',
      '0000000004.snapshot',
      '0000000005.snapshot',
    ])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, '0000000005.snapshot'))).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['torn', (path: string) => truncate(path, 50)],
    ['empty', (path: string) => truncate(path, 0)],
    ['changed', async (path: string) => writeFile(path, (await readFile(path, 'utf8')).replace('第2', '第9'))],
  ])('uses the one before a file that is %s, and writes on after it', async (_how, damage) => {
    const store = snapshotStore(folder)
    await store.save({ snapshot: named('第1'), confirmedAt: 1 })
    await store.save({ snapshot: named('第2'), confirmedAt: 2 })
    await damage(join(folder, '0000000002.snapshot'))
    expect(await store.load()).toEqual({
      kept: { snapshot: named('第1'), confirmedAt: 1 },
      damaged: ['0000000002.snapshot'],
    })
    await store.save({ snapshot: named('第3'), confirmedAt: 3 })
    expect(await store.load()).toEqual({ kept: { snapshot: named('第3'), confirmedAt: 3 }, damaged: [] })
  })

  it('ignores what a killed process left half written, and clears it away', async () => {
    const store = snapshotStore(folder)
    await store.save({ snapshot: named('第1'), confirmedAt: 1 })
    await writeFile(
      join(folder, '0000000002.snapshot.deadbeef.tmp'),
      encodeSnapshot({ snapshot: named('第2'), confirmedAt: 2 }).subarray(0, 99),
    )
    expect((await store.load()).kept?.confirmedAt).toBe(1)
    await store.save({ snapshot: named('第3'), confirmedAt: 3 })
    expect((await readdir(folder)).sort()).toEqual(['0000000001.snapshot', '0000000002.snapshot'])
  })
})
