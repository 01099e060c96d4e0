import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { PolledRig } from './lib/polled-rig.ts'
import { submission } from './lib/rig.ts'

let rig: PolledRig | undefined
const opened = async (settings: Readonly<Record<string, unknown>> = {}): Promise<PolledRig> =>
  (rig = await PolledRig.open(settings))
afterEach(() => rig?.close())

const FILE = (name: string): string => `<file><name>${name}</name><content/></file>`
const eventsOf = ({ t }: PolledRig, code: string) => t.events.filter((event) => event.code === code)

describe('a file in a folder of theirs', () => {
  it.each([
    ['remove', []],
    ['done', ['done/甲.txt', 'done/甲.xml', 'done/甲.xml.ok']],
    ['leave', ['out/甲.txt', 'out/甲.xml', 'out/甲.xml.ok']],
  ])('is accepted once and answered, then %s, wherever the station is killed', async (after, left) => {
    const now = await opened({ ready: 'marker', after })
    now.server.put('out/unready.xml', submission('unready', '市国土局'))
    for (const carriedOut of [false, true])
      for (let cutAt = 1, isOver = false; !isOver; cutAt++) {
        const name = `${carriedOut ? '乙' : '甲'}${cutAt}`
        now.server.put(`out/${name}.txt`, '甲')
        now.server.put(`out/${name}.xml`, submission(name, '市国土局', FILE(`${name}.txt`)))
        now.server.put(`out/${name}.xml.ok`, '')
        isOver =
          (await now
            .station(cutAt, carriedOut)
            .round()
            .catch(() => 'cut')) === 'good'
        expect(await now.round()).toBe('good')
        expect(await now.accepted()).toEqual([name])
        const own = now.server.files().filter((path) => path.includes(name))
        expect(own).toEqual([...left.map((path) => path.replace('甲', name)), `receipts/${name}.xml`])
        expect(now.text(`receipts/${name}.xml`)).toContain('messageId')
        const reads = now.server.reads.get(`out/${name}.xml`)
        await now.round()
        expect(now.server.reads.get(`out/${name}.xml`)).toBe(reads)
        expect(await now.accepted()).toEqual([])
        for (const path of own) now.server.tree.delete(path)
        expect(cutAt).toBeLessThan(40)
      }
  })

  it('that is refused is told of under its name, remembered over a restart, and judged again when it has changed', async () => {
    const now = await opened()
    now.server.put('out/乙.xml', submission('乙', '无此单位'))
    const station = now.station()
    expect(await station.round()).toBe('good')
    expect(now.below('errors')).toEqual(['errors/乙.txt'])
    expect(now.text('errors/乙.txt')).toMatch(/^\ufeffUNKNOWN_RECIPIENT\r\n.*[\u4e00-\u9fff].*\r\n.*[a-z]{4}/)
    expect(now.below('out')).toEqual(['out/乙.xml'])
    await station.round()
    await now.round()
    expect(now.server.reads.get('out/乙.xml')).toBe(1)
    expect(eventsOf(now, 'files.refused')).toMatchObject([
      { system: 'legacy', error: 'UNKNOWN_RECIPIENT', detail: '乙.xml' },
    ])
    // Touched and not changed, it is read, and no more than that.
    now.server.put('out/乙.xml', submission('乙', '无此单位'))
    await now.round()
    await now.round()
    expect(now.server.reads.get('out/乙.xml')).toBe(2)
    expect(eventsOf(now, 'files.refused')).toHaveLength(1)
    now.server.put('out/乙.xml', submission('乙', '市国土局'))
    await now.round()
    expect(await now.accepted()).toEqual(['乙'])
    expect(now.server.files()).toEqual(['receipts/乙.xml'])
  })

  it('that is secret leaves no trace with us, not even its name', async () => {
    const now = await opened()
    now.server.put('out/绝密名.xml', submission('丙', '市国土局', '', '<securityClass>机密</securityClass>'))
    const station = now.station()
    await station.round()
    await station.round()
    expect(now.server.reads.get('out/绝密名.xml')).toBe(1)
    expect(now.text('errors/绝密名.txt')).toContain('CLASSIFIED')
    now.server.put('out/丁.xml', submission('丁', '无此单位'))
    await station.round()
    const seen = await readFile(join(now.t.house.folder('legacy'), 'seen.jsonl'), 'utf8')
    expect(seen).toContain('丁')
    expect(seen + JSON.stringify(now.t.events)).not.toContain('绝密名')
  })

  it('waits for the files that it names, and is refused when they do not come', async () => {
    const now = await opened({ besideMs: 1_000 })
    now.server.put('out/戊.xml', submission('戊', '市国土局', FILE('戊.pdf')))
    const station = now.station()
    await station.round()
    expect(now.below('errors')).toEqual([])
    now.t.clock.skew += 2_000
    await station.round()
    expect(now.text('errors/戊.txt')).toContain('FILES_MISSING')
  })

  it('is not taken while it changes', async () => {
    const now = await opened({ ready: 'quiet', quietMs: 1_000 })
    now.server.put('out/己.xml', submission('己', '市国土局'))
    const station = now.station()
    await station.round()
    now.t.clock.skew += 900
    now.server.put('out/己.xml', submission('己二', '市国土局'))
    await station.round()
    now.t.clock.skew += 900
    await station.round()
    expect(await now.accepted()).toEqual([])
    now.t.clock.skew += 200
    await station.round()
    expect(await now.accepted()).toEqual(['己二'])
  })

  it('of another name than theirs is nothing of ours', async () => {
    const now = await opened()
    for (const name of ['a.xml.part', '.b.xml', '~c.xml', 'd.txt', 'e.xml.filepart'])
      now.server.put(`out/${name}`, submission('x', '市国土局'))
    await now.round()
    expect(now.server.reads.size).toBe(0)
  })
})

describe('a server that lets us', () => {
  it('write nothing: it is said once, nothing is fetched or accepted twice, and finished when we may', async () => {
    const now = await opened()
    now.server.put('out/庚.xml', submission('庚', '市国土局'))
    now.server.refuses = (operation) => /^(?:write|remove|rename)/.test(operation)
    const station = now.station()
    for (let round = 0; round < 5; round++) expect(await station.round()).toBe('waiting')
    expect(await now.station().round()).toBe('waiting')
    expect(await now.accepted()).toEqual(['庚'])
    expect(now.server.reads.get('out/庚.xml')).toBe(1)
    // once by each of the two stations
    expect(eventsOf(now, 'files.stuck')).toHaveLength(2)
    expect(now.below('out')).toEqual(['out/庚.xml'])
    now.server.refuses = () => false
    expect(await now.round()).toBe('good')
    expect(now.server.files()).toEqual(['receipts/庚.xml'])
    expect(await now.accepted()).toEqual([])
  })

  it('remove nothing: answered, remembered, and the others go on', async () => {
    const now = await opened()
    now.server.put('out/辛.xml', submission('辛', '市国土局'))
    now.server.refuses = (operation) => operation === 'remove out/辛.xml'
    await now.round()
    now.server.put('out/壬.xml', submission('壬', '市国土局'))
    await now.round()
    expect((await now.accepted()).sort()).toEqual(['壬', '辛'])
    expect(now.server.files()).toEqual(['out/辛.xml', 'receipts/壬.xml', 'receipts/辛.xml'])
    expect(now.server.reads.get('out/辛.xml')).toBe(1)
  })

  it('rename nothing: what we tell is there all the same', async () => {
    const now = await opened()
    now.server.cannotRename = true
    now.server.put('out/癸.xml', submission('癸', '市国土局'))
    await now.round()
    expect(now.server.files()).toEqual(['receipts/癸.xml'])
  })

  it('see ten thousand files: looked through, and none is read again', async () => {
    const now = await opened({ after: 'leave' })
    for (let at = 0; at < 10_000; at++) now.server.put(`out/${at}.txt`, 'x')
    for (let at = 0; at < 20; at++) now.server.put(`out/${at}.xml`, submission(`件${at}`, '市国土局'))
    await now.round()
    const [reads, operations] = [now.server.reads.size, now.server.operations]
    expect(reads).toBe(20)
    await now.round()
    expect([...now.server.reads.values()]).toEqual(Array.from({ length: 20 }, () => 1))
    // one look at the folder
    expect(now.server.operations - operations).toBe(1)
  })
})
