import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EVENTS } from '../../../core/events/catalogue.ts'
import { OwnConfig } from '../../../sandbox/launch/config.ts'
import { noticeIn, Wrong } from '../../../sandbox/launch/notice.ts'

const SYSTEMS = 'systems:\n  - { id: ldap, adapter: directory, settings: {} }\n'

let folder: string
const at = (...parts: string[]): string => join(folder, ...parts)
const read = (name: string): Promise<string> => readFile(at('own', name), 'utf8')
const start = (): Promise<OwnConfig> => OwnConfig.make(at('shipped'), at('own'), at('memory'))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-own-'))
  await mkdir(at('shipped'))
  await writeFile(at('shipped', 'systems.yaml'), SYSTEMS)
  await writeFile(at('shipped', 'units.tsv'), 'first')
})
afterEach(() => rm(folder, { recursive: true }))

describe('the configuration of the demo', () => {
  it('keeps what was changed in it, also by files of its own, and says so when a newer version is not taken', async () => {
    expect((await start()).kept).toEqual([])
    await writeFile(at('own', 'units.tsv'), 'mine')
    await mkdir(at('own', 'mappings'))
    await writeFile(at('own', 'mappings', 'own.yaml'), 'mine too')
    expect((await start()).kept).toEqual([])
    await writeFile(at('shipped', 'units.tsv'), 'second')
    expect((await start()).kept).toEqual(['units.tsv'])
    expect([await read('units.tsv'), await read('mappings/own.yaml')]).toEqual(['mine', 'mine too'])
    await rm(at('own', 'units.tsv'))
    expect((await start()).kept).toEqual([])
    expect(await read('units.tsv')).toBe('second')
  })

  it('follows the version where nobody changed it; a merger of the sandbox is no change, and stays', async () => {
    const own = await start()
    await own.merge({ unit: 'a', into: 'b', from: '2026-01-01' })
    await writeFile(at('shipped', 'units.tsv'), 'second')
    await writeFile(at('shipped', 'systems.yaml'), SYSTEMS.replace('{}', '{ tls: false }'))
    expect((await start()).kept).toEqual([])
    expect(await read('units.tsv')).toBe('second')
    expect(await read('systems.yaml')).toMatch(/tls: false[^]*into: b/)
  })

  it('that a person has broken stays as it is, and no merger is written into it', async () => {
    await (await start()).merge({ unit: 'a', into: 'b', from: '2026-01-01' })
    const broken = 'systems: [{ id: mine'
    await writeFile(at('own', 'systems.yaml'), broken)
    const own = await start()
    await expect(own.merge({ unit: 'c', into: 'd', from: '2026-01-01' })).rejects.toThrow('systems.yaml')
    expect(await read('systems.yaml')).toBe(broken)
    await writeFile(at('own', 'systems.yaml'), SYSTEMS)
    await start()
    expect(await read('systems.yaml')).toContain('into: b')
  })

  it('that was there before this was noted is kept', async () => {
    await mkdir(at('own'))
    await writeFile(at('own', 'units.tsv'), 'mine')
    expect((await start()).kept).toEqual(['units.tsv'])
    expect(await read('units.tsv')).toBe('mine')
  })
})

describe('lines of the station’s log', () => {
  it('that tell of something not taken are notices, all others and halves of lines are not', () => {
    const line = JSON.stringify({
      at: '',
      level: 'error',
      code: 'config.rejected',
      text: '配置被拒',
      detail: 'units.tsv:3',
    })
    expect(noticeIn(line)).toEqual({
      code: 'config.rejected',
      about: 'config',
      bad: true,
      text: '配置被拒：units.tsv:3',
    })
    expect(noticeIn(line.replace('rejected', 'reloaded'))).toMatchObject({ bad: false })
    for (const other of [line.replace('config.rejected', 'hop.failed'), line.slice(0, 60), '{"ready":true}', ''])
      expect(noticeIn(other)).toBeUndefined()
  })

  it('are of the station’s catalogue; what is taken back stands no longer, what nothing takes back never stands', () => {
    const wrong = new Wrong()
    const say = (code: keyof typeof EVENTS): void => {
      const notice = noticeIn(JSON.stringify({ code, text: `${EVENTS[code].zh} ${EVENTS[code].en}`, detail: code }))
      if (notice === undefined) throw new Error(`${code} is no notice`)
      wrong.take(notice)
    }
    const pairs = [
      ['config.rejected', 'config.reloaded'],
      ['flows.held-back', 'flows.deployed'],
      ['editor.blocked', 'editor.opened'],
      ['secrets.rejected', 'secrets.reloaded'],
      ['secrets.missing', 'secrets.found'],
      ['feed.held', 'feed.resumed'],
      ['station.over-watermark', 'station.below-watermark'],
      ['clock.held', 'clock.accepted'],
    ] as const
    for (const [bad] of pairs) say(bad)
    expect(wrong.texts).toHaveLength(pairs.length)
    expect(wrong.texts[0]).toMatch(/配置有误.*is wrong.*config\.rejected/u)
    for (const [, good] of pairs) say(good)
    for (const once of ['account.guessing', 'secrets.old-ended', 'data.narrowed', 'content.damaged'] as const) say(once)
    expect(wrong.texts).toEqual([])
  })
})
