import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { zipOf } from '../../lib/files/zip.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'
import { until } from '../../lib/wait.ts'
import { listDialect, listOf, outcomesIn } from './lib/lists.ts'
import { PolledRig } from './lib/polled-rig.ts'
import { FilesRig } from './lib/rig.ts'

let profiles: string
beforeAll(async () => {
  profiles = await listDialect()
})
afterAll(() => rm(profiles, { recursive: true }))

let opened: { close(): Promise<void> } | undefined
afterEach(async () => {
  await opened?.close()
  opened = undefined
})
const endpoint = async (settings: object = {}): Promise<FilesRig> => {
  const rig = await FilesRig.open({ settings: { profile: 'list', ...settings }, profiles })
  opened = rig
  return rig
}
const polled = async (settings: object = {}): Promise<PolledRig> => {
  const rig = await PolledRig.open({ profile: 'list', ...settings }, profiles)
  opened = rig
  return rig
}
const MIXED = listOf(
  '1,关于防汛的通知,市国土局,,,甲.txt；乙.txt',
  '2,去哪里的通知,市没有这个局,,正文,',
  '3,=HYPERLINK("x"),市国土局,,正文,'.replace('=HYPERLINK("x")', '"=HYPERLINK(""x"")"'),
  '4,某件秘密事,市国土局,机密,正文,',
  ',没有编号,市国土局,,正文,',
)

describe('a CSV list in out/ of our endpoint', () => {
  it('is a submission a row: what was accepted is told in receipts/, what was not in errors/', async () => {
    const rig = await endpoint()
    const tax = await rig.sftp('tax')
    await tax.put('/out/甲.txt', Buffer.from('甲'))
    await tax.put('/out/乙.txt', Buffer.from('乙丙'))
    await tax.put('/out/清单.csv', MIXED)
    await until(async () => (await tax.list('/errors')).length > 0, { what: 'the list is judged' })
    const receipts = outcomesIn(await tax.get('/receipts/清单.csv'))
    expect(receipts).toMatchObject([
      { 序号: '1', 标题: '关于防汛的通知', '行 line': '2', '状态 state': '已受理 accepted', '代码 code': '' },
      { 序号: '3', 标题: '\'=HYPERLINK("x")', '行 line': '4' },
      { 序号: '', 标题: '没有编号', '行 line': '6' },
    ])
    const errors = outcomesIn(await tax.get('/errors/清单.csv'))
    expect(errors).toMatchObject([
      { 序号: '2', '行 line': '3', '状态 state': '拒收 refused', '代码 code': 'UNKNOWN_RECIPIENT', '收文号 id': '' },
      { 序号: '', 标题: '', '行 line': '5', '代码 code': 'CLASSIFIED' },
    ])
    expect(errors[0]?.['原因']).toContain('市没有这个局')
    expect(errors[0]?.['reason']).toMatch(/[a-z]{4}/)
    const messages = await rig.t.flow()
    expect(messages.map(({ id }) => id)).toEqual(receipts.map((row) => row['收文号 id']))
    expect(messages[0]?.files.map(({ name, size }) => [name, size])).toEqual([
      ['甲.txt', 3],
      ['乙.txt', 6],
    ])
    expect(rig.t.refused().map(({ error }) => error)).toEqual(['UNKNOWN_RECIPIENT'])

    // The same list again gets the same answers; what is mended is accepted beside it.
    await tax.put('/out/甲.txt', Buffer.from('甲'))
    await tax.put('/out/乙.txt', Buffer.from('乙丙'))
    await tax.put(
      '/out/清单.csv',
      Buffer.from(MIXED.toString().replace('市没有这个局', '市国土局').replace('机密', '')),
    )
    await until(async () => (await tax.list('/errors')).length === 0, { what: 'the mended list is judged' })
    const again = outcomesIn(await tax.get('/receipts/清单.csv'))
    expect(again.map((row) => row['状态 state'])).toEqual([
      ...['已受理过 repeated', '已受理 accepted', '已受理过 repeated', '已受理 accepted', '已受理过 repeated'],
    ])
    expect([0, 2, 4].map((at) => again[at]?.['收文号 id'])).toEqual(receipts.map((row) => row['收文号 id']))
    const notes = await readdir(join(rig.t.folder, 'notes'))
    const texts = await Promise.all(notes.map((name) => readFile(join(rig.t.folder, 'notes', name), 'utf8')))
    expect(texts.join()).not.toContain('HYPERLINK("x")\\r')
    expect(await readdir(join(rig.t.folder, 'spool'))).toEqual([])
  })

  it('waits for the files that its rows name; a row whose file does not come is refused alone', async () => {
    const rig = await endpoint()
    const tax = await rig.sftp('tax')
    await tax.put(
      '/out/等.csv',
      listOf('1,先来,市国土局,,,先.txt', '2,不来,市国土局,,,不来.txt', '3,没有,市国土局,,正文,'),
    )
    await tax.put('/out/先.txt', Buffer.from('先'))
    await until(async () => (await tax.list('/errors')).length > 0, { what: 'the list is judged' })
    expect(outcomesIn(await tax.get('/receipts/等.csv')).map((row) => row['标题'])).toEqual(['先来', '没有'])
    expect(outcomesIn(await tax.get('/errors/等.csv'))).toMatchObject([{ 标题: '不来', '代码 code': 'FILES_MISSING' }])
    expect(rig.t.refused()).toHaveLength(1)
  })

  it('that cannot be read is refused as a whole, under its name', async () => {
    const rig = await endpoint({ names: 'gbk' })
    const tax = await rig.sftp('tax')
    await tax.put('/out/a.csv', Buffer.from('序号,题目\r\n1,2\r\n'))
    await tax.put('/out/b.csv', listOf())
    await until(async () => (await tax.list('/errors')).length === 2, { what: 'both are refused' })
    expect((await tax.get('/errors/a.txt')).toString('latin1')).toMatch(/^PROFILE_FIELD/)
    expect((await tax.get('/errors/b.txt')).toString('latin1')).toMatch(/^FILES_FORMAT/)
    expect(await rig.t.flow()).toEqual([])
  })

  it('lies in a ZIP with its files, and nothing else', async () => {
    const rig = await endpoint()
    const tax = await rig.sftp('tax')
    const list = { name: 'list.csv', bytes: listOf('1,在包里,市国土局,,,甲.txt') }
    await tax.put('/out/one.zip', zipOf([list, { name: '甲.txt', bytes: Buffer.from('甲') }]))
    await tax.put(
      '/out/two.zip',
      zipOf([list, ...['甲.txt', '丙.txt'].map((name) => ({ name, bytes: Buffer.from('甲') }))]),
    )
    await until(async () => (await tax.list('/errors')).length + (await tax.list('/receipts')).length === 2, {
      what: 'both are judged',
    })
    expect(outcomesIn(await tax.get('/receipts/one.csv'))).toMatchObject([{ 标题: '在包里' }])
    expect((await tax.get('/errors/two.txt')).toString()).toMatch(/FILES_UNNAMED[\s\S]*丙\.txt/)
    expect(await rig.t.flow()).toHaveLength(1)
  })

  it('that is closed upon in the middle goes on with the next start: no row lost, none twice', async () => {
    const rig = await endpoint()
    const rows = Array.from({ length: 200 }, (_, at) => `${at},第${at}件,市国土局,,正文,`)
    const tax = await rig.sftp('tax')
    await tax.put('/out/长.csv', listOf(...rows))
    await until(() => rig.t.events.some(({ code }) => code === 'message.accepted'), {
      what: 'it has begun',
      everyMs: 1,
    })
    await rig.restart()
    const again = await rig.sftp('tax')
    await until(async () => (await again.list('/receipts')).length > 0, { what: 'it is judged' })
    expect(outcomesIn(await again.get('/receipts/长.csv'))).toHaveLength(200)
    const messages = await rig.t.flow()
    const titles = messages.map((one) => (one.kind === 'document' ? one.document.title : ''))
    expect(titles).toEqual(rows.map((_, at) => `第${at}件`))
  })

  it('5,000 rows do not hold the event loop', async () => {
    const rig = await endpoint({ limits: { waitingFiles: 6_000 } })
    const tax = await rig.sftp('tax')
    const rows = Array.from(
      { length: 5_000 },
      (_, at) => `${at},第${at}件,${at % 2 === 0 ? '市国土局' : '无此单位'},,正文,`,
    )
    let serial = 0
    const ms = await holdOf(async () => {
      const name = `${serial++}`
      await tax.put(`/out/${name}.csv`, listOf(...rows))
      await until(async () => (await tax.list('/errors')).length === serial, { what: 'judged', timeoutMs: 240_000 })
    }, MOST_HOLD_MS)
    expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
    expect(outcomesIn(await tax.get('/receipts/0.csv'))).toHaveLength(2_500)
    expect(outcomesIn(await tax.get('/errors/0.csv'))).toHaveLength(2_500)
  }, 300_000)
})

describe('a CSV list at a place of theirs', () => {
  it('is judged once and told, wherever the station is killed', async () => {
    const rig = await polled({ after: 'done', ready: 'marker' })
    for (const carriedOut of [false, true])
      for (let cutAt = 1, isOver = false; !isOver; cutAt++) {
        const [name, file] = [`${carriedOut ? 'b' : 'a'}${cutAt}`, `${carriedOut ? 'y' : 'x'}${cutAt}.txt`]
        rig.server.put(`out/${file}`, '甲')
        rig.server.put(
          `out/${name}.csv`,
          listOf(
            `${name}-1,${name}一,市国土局,,,${file}`,
            `${name}-2,${name}二,无此单位,,正文,`,
            `,${name}三,市国土局,,正文,`,
          ),
        )
        rig.server.put(`out/${name}.ok`, '')
        isOver = await rig
          .station(cutAt, carriedOut)
          .round()
          .then(
            () => true,
            () => false,
          ) // the others are killed
        await rig.round()
        await rig.round()
        expect(await rig.accepted()).toEqual([`${name}一`, `${name}三`])
        expect(outcomesIn(rig.text(`receipts/${name}.csv`)).map((row) => row['标题'])).toEqual([
          `${name}一`,
          `${name}三`,
        ])
        expect(outcomesIn(rig.text(`errors/${name}.csv`)).map((row) => row['标题'])).toEqual([`${name}二`])
        expect(rig.below('out')).toEqual([])
        expect(rig.below('done').filter((path) => path.includes(name))).toEqual([`done/${name}.csv`, `done/${name}.ok`])
        expect(cutAt).toBeLessThan(60)
      }
  })

  it('of which nothing is accepted stays; and is mended with the files that its rows left', async () => {
    const rig = await polled()
    rig.server.put('out/甲.txt', '甲')
    rig.server.put('out/单.csv', listOf('1,甲,无此单位,,,甲.txt'))
    await rig.round()
    expect(rig.server.files()).toEqual(['errors/单.csv', 'out/单.csv', 'out/甲.txt'])
    rig.server.put('out/单.csv', listOf('1,甲,市国土局,,,甲.txt'))
    await rig.round()
    expect(rig.server.files()).toEqual(['receipts/单.csv'])
    expect(rig.t.events.filter(({ code }) => code === 'files.refused')).toMatchObject([
      { error: 'UNKNOWN_RECIPIENT', detail: '单.csv' },
    ])
  })

  it('whose only rows are secret leaves no trace with us', async () => {
    const rig = await polled()
    rig.server.put('out/密单.csv', listOf('1,某事,市国土局,机密,正文,'))
    rig.server.put('out/b.csv', listOf('1,乙,无此单位,,正文,'))
    const station = rig.station()
    await station.round()
    expect(rig.text('errors/密单.csv')).not.toContain('某事')
    const seen = await readFile(join(rig.t.house.folder('legacy'), 'seen.jsonl'), 'utf8')
    expect(seen).toContain('b.csv')
    expect(seen + JSON.stringify(rig.t.events)).not.toMatch(/密单|某事/)
  })
})
