import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterAll, describe, expect, it } from 'vitest'
import { archiveSchema } from '../../../adapters/archive/config.ts'
import { loadArchiveProfile } from '../../../adapters/archive/profile/load.ts'
import { compileSource } from '../../../adapters/archive/profile/source.ts'
import { profileFolder, sampleConfig } from './lib/samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'yizhan-profile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const good =
  "name: n\nreadme: ['x']\nxml: { fields: [{ name: 题名, from: title }] }\ndbf: { fields: [{ name: DH, type: C, length: 40, from: archiveNumber }] }\n"

describe('catalogue profiles', () => {
  it('ship with the default of the field: 15 columns', async () => {
    const { dbf, xml } = await loadArchiveProfile(profileFolder, 'default')
    expect(
      dbf.map(({ field }) => `${field.name} ${field.type}${field.type === 'L' ? '' : field.length}`).join(', '),
    ).toBe(
      'DH C40, QZH C6, ND C4, BGQX C4, JGWT C20, JH C4, TM C200, ZRZ C100, WH C50, RQ C8, YS N4, MJ C4, HH C6, BZ C100, DZWJ C100',
    )
    expect(xml.map(({ name }) => name)).toEqual([
      '顺序号',
      '档号',
      '责任者',
      '题名',
      '日期',
      '密级',
      '电子档案名称',
      '备注',
    ])
  })

  it("take another bureau's fields from a file", async () => {
    writeFileSync(
      join(folder, 'other.yaml'),
      good.replace(
        'DH, type: C, length: 40, from: archiveNumber',
        '全宗, type: C, length: 8, expression: \'$uppercase(fonds.code) & "-" & $string(sequence)\'',
      ),
    )
    const { dbf } = await loadArchiveProfile(folder, 'other')
    expect(dbf[0]!.field).toEqual({ name: '全宗', type: 'C', length: 8, overflow: 'refuse' })
    expect(await dbf[0]!.read({ fonds: { code: 'a1' }, sequence: 3 })).toBe('A1-3')
  })

  it.each([
    ['no such file', '', /missing\.yaml|必须存在/],
    ['a key that nobody knows', good.replace('type: C', 'type: C, lenght: 3'), /bad\.yaml:4 dbf\.fields\[0\].*lenght/],
    ['a type that dBase III lacks', good.replace('type: C', 'type: X'), /dbf\.fields\[0\]\.type/],
    [
      'a field of two origins',
      good.replace('from: archiveNumber', 'from: archiveNumber, value: 1'),
      /from、value、expression/,
    ],
    ['a field of none', good.replace(', from: archiveNumber', ''), /from、value、expression/],
    ['an expression that is none', good.replace('from: archiveNumber', "expression: '(('"), /JSONata/],
    ['a column too wide', good.replace('length: 40', 'length: 255'), /C: 1–254/],
    ['a name too long', good.replace('DH', 'ABCDEFGHIJK'), /1–10 字节/],
    ['two parts of one name', `${good}layout: { xml: A.XML, dbf: A.XML }\n`, /layout/],
    ['a part that is a path', `${good}layout: { documents: ../x }\n`, /layout\.documents/],
    ['broken YAML', `${good}: [`, /YAML/],
  ])('are refused with %s', async (_what, text, message) => {
    if (text !== '') writeFileSync(join(folder, 'bad.yaml'), text)
    await expect(loadArchiveProfile(folder, text === '' ? 'missing' : 'bad')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as unknown,
    })
  })

  it('shape values: maps, eight digits for dates, lists joined, nothing for what is missing', async () => {
    const read = (source: Parameters<typeof compileSource>[0], record: unknown) => compileSource(source, 'x')(record)
    expect(await read({ from: 'a.b', join: ';' }, { a: { b: 5 } })).toBe(5)
    expect(await read({ from: 'a.constructor', join: ';' }, { a: {} })).toBeUndefined()
    expect(await read({ from: 'a', join: '、' }, { a: ['x', 'y'] })).toBe('x、y')
    expect(await read({ from: 'a', map: { Y: '永久' }, join: ';' }, { a: 'Y' })).toBe('永久')
    expect(await read({ from: 'a', map: { Y: '永久' }, join: ';' }, { a: 'constructor' })).toBe('constructor')
    expect(await read({ from: 'a', format: 'date8', join: ';' }, { a: '2020-12-01' })).toBe('20201201')
    expect(await read({ from: 'a', format: 'date8', join: ';' }, { a: '2020-12' })).toBe('20201200')
    expect(await read({ from: 'a', format: 'date8', join: ';' }, {})).toBeUndefined()
    await expect(read({ from: 'a', join: ';' }, { a: {} })).rejects.toMatchObject({ code: 'ARCHIVE_VALUE' })
    await expect(read({ expression: '$error("no")', join: ';' }, {})).rejects.toMatchObject({ code: 'ARCHIVE_VALUE' })
  })
})

describe('the configuration of an archive system', () => {
  it('has defaults for all but host, login and fonds', () => {
    expect(sampleConfig()).toMatchObject({
      profile: 'default',
      server: { port: 22, parallel: 8, login: 'password' },
      folders: { drop: 'in', taken: ['taken'], receipts: 'receipts' },
      upload: { resume: true },
    })
  })

  it('is as the documentation shows it', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/systems/archive.md'), 'utf8')
    const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
    const {
      systems: [system],
    } = parse(example.replace('SHA256:…', `SHA256:${'A'.repeat(43)}`)) as { systems: { settings: unknown }[] }
    const config = archiveSchema.parse(system?.settings)
    expect(config).toMatchObject({
      folders: sampleConfig().folders,
      receipts: sampleConfig().receipts,
      upload: sampleConfig().upload,
      profile: 'default',
      server: { login: 'key' },
    })
  })

  it.each([
    [
      'more than eight operations at once',
      { server: { host: 'h', username: 'u', hostKeys: [`SHA256:${'A'.repeat(43)}`], parallel: 9 } },
    ],
    ['no host key', { server: { host: 'h', username: 'u', hostKeys: [] } }],
    ['an MD5 fingerprint', { server: { host: 'h', username: 'u', hostKeys: ['MD5:aa:bb'] } }],
    ['a folder above', { folders: { drop: 'in/../..' } }],
    [
      'a fonds that no archive number holds',
      { classification: { fonds: { default: { code: '94', name: '市政府' } } } },
    ],
    [
      'an office of digits',
      { classification: { fonds: { default: { code: '0094', name: '市政府' } }, offices: { zhengfuban: '12' } } },
    ],
    ['a key of no meaning', { colour: 'red' }],
  ])('is refused with %s', (_what, change) => {
    expect(archiveSchema.safeParse({ ...sampleConfig(), ...change }).success).toBe(false)
  })
})
