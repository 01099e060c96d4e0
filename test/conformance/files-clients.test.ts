import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openSshClient, type OpenSshClient } from '../lib/openssh.ts'
import { until } from '../lib/wait.ts'
import { FilesRig, submission } from '../unit/files/lib/rig.ts'

let rig: FilesRig
let client: OpenSshClient
let local: string
let serial = 0

beforeAll(async () => {
  client = await openSshClient()
  rig = await FilesRig.open({ keys: [client.publicKey] })
})
afterAll(async () => {
  await rig.close()
  await client.close()
})
beforeEach(async () => {
  local = join(client.folder, `run${++serial}`)
  await mkdir(local)
})

const tax = 'tax'
const receipts = async (): Promise<string> =>
  (await client.sftp(rig.port, tax, ['ls -1 receipts'])).out.replaceAll('receipts/', '')

/** A document for `tax` itself, as it lies in its in/, by id. */
async function offered(title: string): Promise<string> {
  const land = await rig.sftp('land')
  await land.put(`/out/${title}.xml`, submission(title, '市税务局', FILE))
  await until(async () => (await land.list('/receipts')).some((name) => name.toString() === `${title}.xml`), {
    what: `${title} accepted`,
  })
  const messages = await rig.t.flow()
  return messages.find((one) => one.kind === 'document' && one.document.title === title)?.id ?? ''
}
const FILE = '<file><name>附件.txt</name><content>5YaF5a65</content></file>'

const stateOf = async (id: string): Promise<string | undefined> =>
  (await rig.t.house.ledger.journal.status(id))?.recipients[0]?.state

describe('OpenSSH sftp', () => {
  it('gives a document with a file beside it, and finds the receipt', async () => {
    await writeFile(
      join(local, '两件.xml'),
      submission('两件', '市国土局', '<file><name>甲.txt</name><content/></file>'),
    )
    await writeFile(join(local, '甲.txt'), '甲乙')
    const put = await client.sftp(rig.port, tax, [
      'mkdir out/a',
      `put -p ${local}/甲.txt out/a`,
      `put ${local}/两件.xml out/a`,
    ])
    expect(put).toMatchObject({ code: 0 })
    await until(async () => (await client.sftp(rig.port, tax, ['ls -1 receipts/a'])).out.includes('两件.xml'), {
      what: 'the receipt',
    })
    expect((await client.sftp(rig.port, tax, ['ls -la out/a', 'rmdir out/a', 'rm receipts/a/*'])).code).toBe(0)
  })

  it('fetches what waits, removes it, and resumes in the middle', async () => {
    const id = await offered('取走')
    expect((await client.sftp(rig.port, tax, [`get -r in ${local}/got`])).code).toBe(0)
    expect(await readdir(join(local, 'got'))).toContain(`${id}.1.附件.txt`)
    expect(await readFile(join(local, 'got', `${id}.1.附件.txt`), 'utf8')).toBe('内容')
    expect(await stateOf(id)).toBe('delivered')
    expect((await client.sftp(rig.port, tax, ['rm in/*', 'ls -1 in'])).code).toBe(0)
    expect((await client.sftp(rig.port, tax, ['ls -1 in'])).out).not.toContain(id)

    const again = await offered('续传')
    await writeFile(join(local, `${again}.xml`), '<?xml version="1.0"')
    expect((await client.sftp(rig.port, tax, [`reget in/${again}.xml ${local}/${again}.xml`])).code).toBe(0)
    expect(await readFile(join(local, `${again}.xml`), 'utf8')).toMatch(/^<\?xml version="1.0" encoding.*续传/s)
    // The first part was never given: it has not been read to its end.
    expect((await client.sftp(rig.port, tax, [`rm in/${again}.xml`])).code).not.toBe(0)
    expect((await client.sftp(rig.port, tax, [`get in/${again}* ${local}/`, 'rm in/*'])).code).toBe(0)
  })

  it('is shown nothing but its folders, and changes none of them', async () => {
    const out = await client.sftp(rig.port, tax, [
      'cd ../../../..',
      'pwd',
      'ls -1',
      '-mkdir x',
      '-rm out',
      '-rename in out/in',
      '-ln -s out y',
    ])
    expect(out.out).toMatch(/Remote working directory: \/\n/)
    for (const folder of ['errors', 'in', 'out', 'receipts']) expect(out.out).toContain(`\n${folder}`)
    expect(
      (await client.sftp(rig.port, tax, ['ls -1'])).out
        .trim()
        .split('\n')
        .slice(1)
        .map((one) => one.trim())
        .sort(),
    ).toEqual(['errors', 'in', 'out', 'receipts'])
  })

  it('gets no shell, no command, no port', async () => {
    expect(await client.ssh(rig.port, tax, 'id')).toMatchObject({
      code: 127,
      out: '只提供 SFTP 与 scp / SFTP and scp only\n',
    })
    for (const command of ['scp -t out; id', 'scp -t out && id', 'scp', 'scp -t', 'sh -c scp'])
      expect(await client.ssh(rig.port, tax, command)).toMatchObject({ code: 127 })
  })
})

describe.each([
  ['over SFTP', []],
  ['over its old protocol', ['-O']],
])('scp %s', (_how, flags) => {
  const name = flags.length === 0 ? '新' : '旧'

  it('gives files and folders', async () => {
    await mkdir(join(local, `夹${name}`))
    await writeFile(join(local, `单${name}.xml`), submission(`单件${name}`, '市国土局'))
    await writeFile(
      join(local, `夹${name}`, '件.xml'),
      submission(`夹中${name}`, '市国土局', '<file><name>乙.txt</name><content/></file>'),
    )
    await writeFile(join(local, `夹${name}`, '乙.txt'), '乙'.repeat(100_000))
    expect(await client.scp(rig.port, tax, [...flags, '-p', `${local}/单${name}.xml`, ':out/'])).toMatchObject({
      code: 0,
    })
    expect(await client.scp(rig.port, tax, [...flags, '-r', `${local}/夹${name}`, ':out'])).toMatchObject({ code: 0 })
    await until(async () => (await receipts()).includes(`单${name}.xml`), { what: 'the receipt' })
    await until(async () => (await client.sftp(rig.port, tax, [`ls -1 receipts/夹${name}`])).out.includes('件.xml'), {
      what: 'the receipt in the folder',
    })
    const messages = await rig.t.flow()
    expect(messages.flatMap(({ files }) => files.map(({ size }) => size))).toContain(300_000)
  })

  it('fetches, and what it has fetched is delivered', async () => {
    const id = await offered(`取${name}`)
    const got = await client.scp(rig.port, tax, [...flags, '-p', `:in/${id}*`, local])
    expect(got).toMatchObject({ code: 0 })
    expect(await readFile(join(local, `${id}.1.附件.txt`), 'utf8')).toBe('内容')
    expect(await stateOf(id)).toBe('delivered')
    expect(await client.scp(rig.port, tax, [...flags, '-r', ':in', `${local}/all`])).toMatchObject({ code: 0 })
    expect(await readdir(join(local, 'all'))).toContain(`${id}.xml`)
    expect((await client.sftp(rig.port, tax, ['rm in/*'])).code).toBe(0)
  })

  it('is told what it may not do', async () => {
    await writeFile(join(local, 'x.xml'), 'x')
    for (const args of [
      [`${local}/x.xml`, ':in/'],
      [`${local}/x.xml`, ':nowhere/'],
      [':in/nothing.xml', local],
    ]) {
      const said = await client.scp(rig.port, tax, [...flags, ...args])
      expect(said.code).not.toBe(0)
      expect(said.err).not.toBe('')
    }
  })
})

describe('lftp', () => {
  it('mirrors what waits and removes it, and mirrors a folder into out/', async () => {
    const id = await offered('镜像')
    expect(await client.lftp(rig.port, tax, [`mirror --Remove-source-files in ${local}/in`])).toMatchObject({ code: 0 })
    expect(await readFile(join(local, 'in', `${id}.1.附件.txt`), 'utf8')).toBe('内容')
    expect(await stateOf(id)).toBe('delivered')
    expect((await client.sftp(rig.port, tax, ['ls -1 in'])).out).not.toContain(id)

    await mkdir(join(local, 'send'))
    await writeFile(
      join(local, 'send', '镜.xml'),
      submission('镜像发文', '市国土局', '<file><name>丙.txt</name><content/></file>'),
    )
    await writeFile(join(local, 'send', '丙.txt'), '丙')
    expect(await client.lftp(rig.port, tax, [`mirror -R --parallel=2 ${local}/send out`])).toMatchObject({ code: 0 })
    await until(async () => (await receipts()).includes('镜.xml'), { what: 'the receipt' })
  })
})
