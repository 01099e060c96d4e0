import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import iconv from 'iconv-lite'
import { openZip } from '../../../core/secrecy/reading/zip.ts'
import { requestPacket, wireAttributes, type WireClient } from '../../lib/sftp-wire.ts'
import { until } from '../../lib/wait.ts'
import { FilesRig, submission } from './lib/rig.ts'

let rig: FilesRig
beforeAll(async () => {
  rig = await FilesRig.open({
    settings: {
      accounts: {
        tax: { ready: 'rename' },
        land: { names: 'gbk', offers: 'zip' },
        both: { ready: 'marker' },
      },
    },
  })
})
afterAll(() => rig.close())

const OPEN = { read: 1, write: 2, create: 8, truncate: 16 }
const text = (names: readonly Buffer[]): string[] => names.map((name) => name.toString('utf8')).sort()
const receipt = (client: WireClient, name: string): Promise<unknown> =>
  until(async () => text(await client.list('/receipts')).includes(name), { what: `the receipt ${name}` })

/** Writes a part of a file as clients do: several requests under way together. */
async function write(client: WireClient, handle: Buffer, content: Buffer, from: number): Promise<void> {
  const answers: Promise<number>[] = []
  for (let at = from; at < content.length; at += 1_000)
    answers.push(client.status('write', handle, BigInt(at), content.subarray(at, at + 1_000)))
  expect(new Set(await Promise.all(answers))).toEqual(new Set([0]))
}

describe('WinSCP', () => {
  it('uploads as .filepart, breaks off, resumes over another connection, renames and sets times', async () => {
    const content = submission('WinSCP 续传', '市国土局', '', `<annotation>${'长'.repeat(900)}</annotation>`)
    const first = await rig.sftp('tax')
    // It opens with its version, looks where it is, and at what is there.
    expect(await first.request('realpath', '.')).toMatchObject({ names: [{ name: Buffer.from('/') }] })
    expect(await first.request('lstat', '/out')).toMatchObject({ type: 'attributes' })
    expect(await first.status('lstat', '/out/报告.xml')).toBe(2)
    expect(await first.status('lstat', '/out/报告.xml.filepart')).toBe(2)
    const begun = await first.open('/out/报告.xml.filepart', OPEN.write | OPEN.create | OPEN.truncate)
    await write(first, begun, content.subarray(0, 1_500), 0)
    expect(await first.status('close', begun)).toBe(0)

    const second = await rig.sftp('tax')
    const half = await second.request('stat', '/out/报告.xml.filepart')
    expect(half).toMatchObject({ attributes: { size: 1_500 } })
    const handle = await second.open('/out/报告.xml.filepart', OPEN.write)
    await write(second, handle, content, 1_500)
    expect(await second.status('fsetstat', handle, wireAttributes({ permissions: 0o644 }))).toBe(0)
    expect(await second.status('close', handle)).toBe(0)
    // Not ready under this name, however long it lies.
    expect(text(await second.list('/out'))).toEqual(['报告.xml.filepart'])
    expect(await second.status('rename', '/out/报告.xml.filepart', '/out/报告.xml')).toBe(0)
    // By then it may have been judged.
    expect(await second.status('setstat', '/out/报告.xml', wireAttributes({ mtime: 1_600_000_000 }))).toBe(0)
    await receipt(second, '报告.xml')
    const [message] = await rig.t.flow()
    expect(message).toMatchObject({ document: { title: 'WinSCP 续传' } })
  })

  it('renames over what is there only where it says so', async () => {
    const client = await rig.sftp('tax')
    await client.put('/out/甲.txt', Buffer.from('1'))
    await client.put('/out/乙.txt', Buffer.from('22'))
    expect(await client.status('rename', '/out/乙.txt', '/out/甲.txt')).toBe(4)
    const both = { raw: requestPacket(0, ['/out/乙.txt', '/out/甲.txt']).subarray(5) }
    expect(await client.status('extended', 'posix-rename@openssh.com', both)).toBe(0)
    expect(await client.request('stat', '/out/甲.txt')).toMatchObject({ attributes: { size: 2 } })
    expect(await client.status('remove', '/out/甲.txt')).toBe(0)
    expect(await client.list('/out')).toEqual([])
  })
})

describe('FileZilla', () => {
  it('uploads over parallel connections, the XML before its files are whole', async () => {
    const [xml, file, look] = [await rig.sftp('both'), await rig.sftp('both'), await rig.sftp('both')]
    const content = Buffer.alloc(70_000, '附')
    const document = submission(
      '并行上传',
      '市国土局',
      '<file><name>大.txt</name><content/></file>',
      '<from>tax</from>',
    )
    const open = await file.open('/out/大.txt', OPEN.write | OPEN.create | OPEN.truncate)
    await write(file, open, content.subarray(0, 30_000), 0)
    await xml.put('/out/并行.xml', document)
    await xml.put('/out/并行.xml.ok', Buffer.alloc(0))
    expect(text(await look.list('/out'))).toContain('大.txt')
    await write(file, open, content, 30_000)
    expect(await file.status('close', open)).toBe(0)
    await file.status('setstat', '/out/大.txt', wireAttributes({ mtime: 1, permissions: 0o644 }))
    await receipt(look, '并行.xml')
    // The marker goes with what it marked.
    await until(async () => (await look.list('/out')).length === 0, { what: 'an empty out/' })
    const [message] = await rig.t.flow()
    expect(message?.files).toMatchObject([{ name: '大.txt', size: 70_000 }])
  })

  it('fetches in pieces that overlap and come in any order, and an account for two units sees whose they are', async () => {
    const client = await rig.sftp('both')
    const [name] = text(await client.list('/in')).filter((one) => one.startsWith('land_') && one.endsWith('.xml'))
    const path = `/in/${name}`
    const handle = await client.open(path, OPEN.read)
    const stat = await client.request('fstat', handle)
    const size = stat.type === 'attributes' ? (stat.attributes.size ?? 0) : 0
    const middle = Math.floor(size / 2)
    for (const [from, length] of [
      [middle - 10, size],
      [0, middle],
    ] as const)
      expect(await client.request('read', handle, BigInt(from), length)).toMatchObject({ type: 'data' })
    expect(await client.status('read', handle, BigInt(size), 10)).toBe(1)
    expect(await client.status('remove', path)).toBe(3)
    expect(await client.status('close', handle)).toBe(0)
    expect(await client.status('remove', path)).toBe(0)
    expect(text(await client.list('/in'))).not.toContain(name)
  })
})

describe('names in GBK', () => {
  const gbk = (name: string): Buffer => iconv.encode(name, 'gbk')

  it('are read and written as the account is set, in lists, notes and ZIP files', async () => {
    const land = await rig.sftp('land')
    await land.put(gbk('/out/关于镕基的报告.xml'), submission('镕', '市没有的局'))
    await until(async () => (await land.list('/errors')).length > 0, { what: 'the error' })
    const [name] = await land.list('/errors')
    expect(name).toEqual(gbk('关于镕基的报告.txt'))
    const note = await land.get(Buffer.concat([Buffer.from('/errors/'), name ?? Buffer.alloc(0)]))
    expect(iconv.decode(note, 'gbk')).toMatch(/^UNKNOWN_RECIPIENT[\s\S]*市没有的局/)

    const tax = await rig.sftp('tax')
    const file = '<file><name>附件〔一〕🀄.txt</name><content>5YaF5a65</content></file>'
    await tax.put('/out/a.part', submission('压缩取走', '市国土局', file))
    await tax.status('rename', '/out/a.part', '/out/a.xml')
    await receipt(tax, 'a.xml')
    await rig.t.flow()
    const [zip] = (await land.list('/in')).slice(-1)
    const bytes = await land.get(Buffer.concat([Buffer.from('/in/'), zip ?? Buffer.alloc(0)]))
    const members = await openZip(bytes)
    expect(members.map((member) => member.name)).toEqual([
      expect.stringMatching(/^st-[\w-]+\.xml$/),
      expect.stringMatching(/^st-[\w-]+\.1\.附件〔一〕.*\.txt$/),
    ])
    expect((await members[1]?.bytes())?.toString()).toBe('内容')
    // The size stood in the list before anything was put together.
    expect(bytes.length).toBe((await stat(land, zip)) ?? 0)
  })

  it('that are none, and UTF-8 where it is none, are refused by name of the setting', async () => {
    const land = await rig.sftp('land')
    const bad = await land.request(
      'open',
      Buffer.from([0x2f, 0x6f, 0x75, 0x74, 0x2f, 0xff, 0xff]),
      10,
      wireAttributes(),
    )
    expect(bad).toMatchObject({ type: 'status', code: 4, message: expect.stringContaining('names: utf-8') as unknown })
    const tax = await rig.sftp('tax')
    const other = await tax.request('open', gbk('/out/关于.xml'), 10, wireAttributes())
    expect(other).toMatchObject({ type: 'status', message: expect.stringContaining('names: gbk') as unknown })
  })

  async function stat(client: WireClient, name: Buffer | undefined): Promise<number | undefined> {
    const answer = await client.request('stat', Buffer.concat([Buffer.from('/in/'), name ?? Buffer.alloc(0)]))
    return answer.type === 'attributes' ? answer.attributes.size : undefined
  }
})
