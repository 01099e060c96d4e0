import type { Filter } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import type { DirectoryClient, Search } from '../../../adapters/directory/client.ts'
import { directorySchema } from '../../../adapters/directory/config.ts'
import { type DirectoryEntry, readEntry } from '../../../adapters/directory/entry.ts'
import type { Snapshot } from '../../../adapters/directory/model.ts'
import { directorySync, type SyncOptions, type SyncResult } from '../../../adapters/directory/sync.ts'

const config = directorySchema.parse({
  url: 'ldap://127.0.0.1',
  base: 'dc=x',
  sync: { freeLosses: 0, keysEveryMs: 600_000, fullEveryMs: 3_600_000 },
})
const never = new AbortController().signal

interface Row {
  readonly ou: string
  readonly changed?: string
  /**
   * the server keeps silent about it when asked for changes: an entry that came into sight by a right, not by a change
   */
  readonly quiet?: boolean
}

/** A server whose units are the rows, by key; people it has none. */
class Scene {
  rows: Record<string, Row>
  now = Date.UTC(2026, 0, 1)
  searches: string[] = []
  failAt: string | undefined
  old: Snapshot | undefined
  readonly #sync

  constructor(rows: Record<string, Row>) {
    this.rows = rows
    const pages = (search: Search): AsyncGenerator<readonly DirectoryEntry[]> => this.#pages(search)
    const client: DirectoryClient = {
      session: (_signal, work) => work({ pages, all: () => Promise.reject(new Error('not used')) }),
      verify: () => Promise.reject(new Error('not used')),
    }
    this.#sync = directorySync(config, client, { now: () => this.now })
  }

  async run(options?: SyncOptions): Promise<SyncResult> {
    this.searches = []
    const result = await this.#sync.run(this.old, never, options)
    this.old = result.snapshot
    return result
  }

  async *#pages({ filter, attributes }: Search): AsyncGenerator<readonly DirectoryEntry[]> {
    const kind = attributes.length === 1 ? 'keys' : changesSince(filter) === undefined ? 'all' : 'changes'
    const isUnits = filter.toString().includes('organizationalUnit')
    if (isUnits) this.searches.push(kind)
    const since = changesSince(filter) ?? ''
    for (const [key, { ou, changed = '', quiet }] of Object.entries(isUnits ? this.rows : {})) {
      if (kind === 'changes' && (changed < since || quiet === true)) continue
      const content = { ou, ...(changed === '' ? {} : { modifyTimestamp: changed }) }
      yield [readEntry({ dn: `ou=${ou},dc=x`, entryUUID: key, ...(kind === 'keys' ? {} : content) }, 'entryUUID')]
      if (this.failAt === kind) throw new YizhanError('SYSTEM_UNREACHABLE')
    }
  }
}

function changesSince(filter: Filter): string | undefined {
  return /modifyTimestamp>=(\d+Z)/.exec(filter.toString())?.[1]
}

const names = ({ snapshot }: SyncResult): string[] => snapshot.units.map((unit) => unit.name)
const at = (second: number): string => `202601010000${String(second).padStart(2, '0')}Z`

describe('directorySync', () => {
  it('reads everything each time where the server tells no times', async () => {
    const scene = new Scene({ a: { ou: '甲' } })
    for (const name of ['甲', '乙']) {
      scene.rows = { a: { ou: name } }
      const result = await scene.run()
      expect([result.how, names(result)]).toEqual(['full', [name]])
    }
  })

  it('asks for changes from the overlap before the newest it has seen', async () => {
    const scene = new Scene({ a: { ou: '甲', changed: at(20) }, b: { ou: '乙', changed: at(30) } })
    await scene.run()
    scene.rows = { a: { ou: '甲', changed: at(24) }, b: { ou: '丙', changed: at(26) } }
    const { how, changes } = await scene.run()
    expect([how, changes.map(({ kind }) => kind)]).toEqual(['keys', ['renamed']])
    scene.rows = { ...scene.rows, c: { ou: '丁', changed: at(40) } }
    expect((await scene.run()).how).toBe('changes')
    expect(scene.searches).toEqual(['changes'])
  })

  it('reads everything when the keys show an entry that no change has shown', async () => {
    const scene = new Scene({ a: { ou: '甲', changed: at(20) } })
    await scene.run()
    scene.rows = { ...scene.rows, b: { ou: '乙', changed: at(1), quiet: true } }
    expect(names(await scene.run())).toEqual(['甲'])
    scene.now += 600_000
    const found = await scene.run()
    expect([found.how, names(found), scene.searches]).toEqual([
      'full',
      ['甲', '乙'],
      ['changes', 'keys', 'all', 'keys'],
    ])
  })

  it.each([
    ['is due', 3_600_000, {}],
    ['is asked for', 1, { full: true }],
    ['the clock went back', -1, {}],
  ])('reads everything when it %s', async (_why, later, options) => {
    const scene = new Scene({ a: { ou: '甲', changed: at(20) } })
    await scene.run()
    scene.now += later
    expect((await scene.run(options)).how).toBe('full')
  })

  it.each(['changes', 'keys'])('is as before when the server goes away while it reads %s', async (when) => {
    const scene = new Scene({ a: { ou: '甲', changed: at(20) }, b: { ou: '乙', changed: at(20) } })
    await scene.run()
    scene.rows = { a: { ou: '丙', changed: at(25) }, b: { ou: '丁', changed: at(25) } }
    scene.failAt = when
    await expect(scene.run()).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE' })
    scene.failAt = undefined
    expect((await scene.run()).changes.map(({ kind }) => kind)).toEqual(['renamed', 'renamed'])
  })

  it('goes on refusing what has shrunk, and takes it when it has grown again', async () => {
    const rows = Object.fromEntries(
      Array.from({ length: 10 }, (_, at_) => [`u${at_}`, { ou: `第${at_}`, changed: at(20) }]),
    )
    const scene = new Scene(rows)
    await scene.run()
    scene.rows = Object.fromEntries(Object.entries(rows).slice(0, 7))
    scene.now += 600_000
    for (let times = 0; times < 2; times++) {
      await expect(scene.run()).rejects.toMatchObject({ code: 'DIRECTORY_SHRUNK', facts: { value: '3/10 单位 units' } })
    }
    scene.rows = Object.fromEntries(Object.entries(rows).slice(0, 8))
    expect((await scene.run()).changes.map(({ kind }) => kind)).toEqual(['removed', 'removed'])
  })

  it('takes a directory rebuilt with other keys for one that has lost them all', async () => {
    const scene = new Scene({ a: { ou: '甲' }, b: { ou: '乙' } })
    await scene.run()
    scene.rows = { c: { ou: '甲' }, d: { ou: '乙' } }
    await expect(scene.run()).rejects.toMatchObject({ code: 'DIRECTORY_SHRUNK' })
    expect(names(await scene.run({ accept: true }))).toEqual(['甲', '乙'])
  })
})
