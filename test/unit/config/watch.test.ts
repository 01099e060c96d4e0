import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { CityConfig } from '../../../core/config/schema.ts'
import { watchCity, type CityWatch } from '../../../core/config/watch.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { configFolder, loadFolder } from './lib/folder.ts'
import { containing } from '../lib/match.ts'

/** The machine may be busy. */
const patience = { timeout: 20_000 }

interface Watched {
  folder: string
  events: YizhanEvent[]
  used: CityConfig[]
  watch: CityWatch<CityConfig>
  loads: () => number
}

async function watched(use: (city: CityConfig) => void = () => {}, debounceMs = 20): Promise<Watched> {
  const folder = await configFolder()
  const events: YizhanEvent[] = []
  const used: CityConfig[] = []
  let loads = 0
  const load = (): Promise<CityConfig> => {
    loads++
    return loadFolder(folder)
  }
  const watch = watchCity({
    folders: [folder, join(folder, 'profiles')],
    load,
    current: await loadFolder(folder),
    debounceMs,
    clock: { now: () => 5 },
    sink: { emit: (event) => events.push(event) },
    use: (city) => {
      use(city)
      used.push(city)
    },
  })
  onTestFinished(() => watch.close())
  return { folder, events, used, watch, loads: () => loads }
}

/** @param beside where the new file is written: outside of the folder, its coming is the one change there */
const edit = async (
  folder: string,
  name: string,
  from: string,
  to: string,
  beside = join(folder, `${name}~`),
): Promise<void> => {
  const text = await readFile(join(folder, name), 'utf8')
  // As editors do: a new file takes the old one's name.
  await writeFile(beside, text.replace(from, to))
  await rename(beside, join(folder, name))
}

describe('watching the configuration', () => {
  it('takes a change without a restart', async () => {
    const { folder, events, used, watch } = await watched()
    const before = watch.city.revision
    await edit(folder, 'units.tsv', '市甲局', '市丙局')
    await vi.waitFor(() => expect(events).toHaveLength(1), patience)
    expect(events[0]).toMatchObject({ code: 'config.reloaded', at: 5, detail: `${before} → ${watch.city.revision}` })
    expect(used.map((city) => city.units[0]?.name)).toEqual(['市丙局'])
    expect(watch.city).toBe(used[0])
  })

  it('takes what was saved after the configuration had been read and before it was watched', async () => {
    const folder = await configFolder()
    const current = await loadFolder(folder)
    await edit(folder, 'units.tsv', '市甲局', '市己局')
    const watch = watchCity({
      folders: [folder],
      load: () => loadFolder(folder),
      current,
      debounceMs: 20,
      clock: { now: () => 5 },
      sink: { emit: () => {} },
      use: () => {},
    })
    onTestFinished(() => watch.close())
    await vi.waitFor(() => expect(watch.city.units[0]?.name).toBe('市己局'), patience)
  })

  it('keeps the old one when the new one is wrong, says why, and takes the mended one', async () => {
    const { folder, events, used, watch } = await watched()
    const before = watch.city
    // Each reading of a wrong one is told: here is one change, so one is told.
    await edit(folder, 'accounts.yaml', '[jia]', '[bing]', `${folder}-accounts.yaml~`)
    await vi.waitFor(() => expect(events).toHaveLength(1), patience)
    expect(events[0]).toMatchObject({
      code: 'config.rejected',
      error: 'CONFIG_INVALID',
      detail: containing('accounts.yaml:2 accounts[0].units[0] = “bing”'),
    })
    expect([used.length, watch.city]).toEqual([0, before])
    await edit(folder, 'accounts.yaml', '[bing]', '[yi]')
    await vi.waitFor(() => expect(watch.city.accounts[0]?.units).toEqual(['yi']), patience)
  })

  it('says in both languages that a file is no YAML, and that it was put back', async () => {
    const { folder, events, used, watch } = await watched()
    const { revision } = watch.city
    await edit(folder, 'accounts.yaml', '[jia]', '[jia', `${folder}-accounts.yaml~`)
    await vi.waitFor(() => expect(events).toHaveLength(1), patience)
    expect(events[0]?.detail).toMatch(/^accounts\.yaml:\d+: 不合 YAML 语法.* \/ not YAML/u)
    await edit(folder, 'accounts.yaml', '[jia', '[jia]', `${folder}-accounts.yaml~`)
    await vi.waitFor(() => expect(events.at(-1)?.code).toBe('config.reloaded'), patience)
    expect(events.at(-1)?.detail).toContain(`${revision}，已改回`)
    expect(used).toEqual([])
  })

  it('reads once for several files saved together', async () => {
    const { folder, events, loads } = await watched(undefined, 2_000)
    await Promise.all([
      edit(folder, 'units.tsv', '市甲局', '市丁局'),
      edit(folder, 'groups.yaml', 'name: 部门', 'name: 各部'),
      edit(folder, 'systems.yaml', '甲', '丁'),
    ])
    await vi.waitFor(() => expect(events).toHaveLength(1), patience)
    expect(loads()).toBe(1)
  })

  it('sees what is put into a folder that was made after the start, and made again', async () => {
    const { folder, loads } = await watched()
    const profiles = join(folder, 'profiles')
    for (let round = 0; round < 2; round++) {
      const before = loads()
      await mkdir(profiles)
      await vi.waitFor(() => expect(loads()).toBeGreaterThan(before), patience)
      const made = loads()
      await writeFile(join(profiles, 'dialect.yaml'), 'id: dialect')
      await vi.waitFor(() => expect(loads()).toBeGreaterThan(made), patience)
      await rm(profiles, { recursive: true })
      await vi.waitFor(() => expect(loads()).toBeGreaterThan(made + 1), patience)
    }
  })

  it('is silent when nothing has changed in effect', async () => {
    const { folder, events, watch } = await watched()
    await edit(folder, 'units.tsv', '# 注释', '# 另一条注释')
    await watch.reload()
    expect(events).toEqual([])
  })

  it('says when a change needs a restart', async () => {
    const { folder, events, watch } = await watched()
    await edit(folder, 'station.yaml', 'name: st', 'name: st\nsweepMs: 100')
    await watch.reload()
    expect(events[0]?.detail).toContain('restart')
  })

  it('keeps the old one when the house cannot use the new one', async () => {
    const { folder, events, watch } = await watched(() => {
      throw new Error('profile is broken')
    })
    await edit(folder, 'units.tsv', '市甲局', '市戊局')
    await watch.reload()
    expect(events[0]).toMatchObject({ code: 'config.rejected', detail: 'profile is broken' })
    expect(watch.city.units[0]?.name).toBe('市甲局')
  })
})
