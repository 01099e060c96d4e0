import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../lib/wait.ts'
import { FilesRig, signature, submission } from './lib/rig.ts'

let rig: FilesRig
beforeAll(async () => {
  rig = await FilesRig.open()
})
afterAll(() => rig.close())

const text = (names: readonly Buffer[]): string[] => names.map((name) => name.toString('utf8')).sort()

describe('what a unit gives in out/', () => {
  it('is accepted like any other, answered in receipts/, and gone from the spool', async () => {
    const tax = await rig.sftp('tax')
    expect(text(await tax.list('/'))).toEqual(['errors', 'in', 'out', 'receipts'])
    await tax.put('/out/关于开会的通知.xml', submission('关于开会的通知', '市国土局'))
    await until(async () => text(await tax.list('/receipts')).includes('关于开会的通知.xml'), { what: 'the receipt' })
    expect((await tax.get('/receipts/关于开会的通知.xml')).toString()).toMatch(
      /<SubmitResponse.*<messageId>st-.*<repeated>false/s,
    )
    expect(await tax.list('/out')).toEqual([])
    await until(async () => (await readdir(join(rig.t.folder, 'spool'))).length === 0, { what: 'an empty spool' })
    const [message] = await rig.t.flow()
    expect(message).toMatchObject({ from: { unit: 'tax' }, document: { title: '关于开会的通知' } })
    expect(await tax.status('remove', '/receipts/关于开会的通知.xml')).toBe(0)
    expect(text(await tax.list('/receipts'))).toEqual([])
  })

  it('with files beside it takes them, whichever comes first', async () => {
    const tax = await rig.sftp('tax')
    const files =
      '<file><name>附件.txt</name><content/></file><file><name>名单.txt</name><content><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="list.txt"/></content></file>'
    await tax.put('/out/batch.xml', submission('两个附件', '市国土局', files))
    await tax.put('/out/附件.txt', Buffer.from('甲'))
    await tax.put('/out/list.txt', Buffer.from('乙丙'))
    await until(async () => text(await tax.list('/receipts')).includes('batch.xml'), { what: 'the receipt' })
    expect(await tax.list('/out')).toEqual([])
    const [message] = await rig.t.flow()
    expect(message?.files.map(({ name, size }) => [name, size])).toEqual([
      ['附件.txt', 3],
      ['名单.txt', 6],
    ])
  })

  it('that is wrong is told in errors/ under its own name, in both languages, with the way out', async () => {
    const tax = await rig.sftp('tax')
    await tax.put('/out/错.xml', submission('去哪里', '市没有这个局'))
    await until(async () => text(await tax.list('/errors')).includes('错.txt'), { what: 'the error' })
    const note = (await tax.get('/errors/错.txt')).toString()
    expect(note).toContain('UNKNOWN_RECIPIENT')
    expect(note).toContain('市没有这个局')
    expect(note).toMatch(/办法：[\s\S]*What to do: /)
    expect(await tax.list('/out')).toEqual([])
    // Another account sees nothing of it.
    expect(await (await rig.sftp('land')).list('/errors')).toEqual([])
    expect(await tax.status('remove', '/errors/错.txt')).toBe(0)
    expect(await tax.list('/errors')).toEqual([])
  })

  it('and misses a file that it names is told which, and books one refusal', async () => {
    const tax = await rig.sftp('tax')
    const before = rig.t.refused().length
    await tax.put('/out/lack.xml', submission('缺附件', '市国土局', '<file><name>没有.txt</name><content/></file>'))
    await until(async () => text(await tax.list('/errors')).includes('lack.txt'), { what: 'the error' })
    expect((await tax.get('/errors/lack.txt')).toString()).toMatch(/FILES_MISSING[\s\S]*没有\.txt/)
    expect(rig.t.refused().slice(before)).toMatchObject([{ error: 'FILES_MISSING', actor: 'tax' }])
  })

  it('and is classified is refused, its name written nowhere', async () => {
    const tax = await rig.sftp('tax')
    await tax.put('/out/secret.xml', submission('涉密', '市国土局', '', '<securityClass>机密</securityClass>'))
    await until(async () => text(await tax.list('/errors')).includes('secret.txt'), { what: 'the error' })
    expect((await tax.get('/errors/secret.txt')).toString()).toMatch(/^\ufeff?CLASSIFIED/)
    expect(rig.t.events.some(({ code }) => code === 'message.classified')).toBe(true)
    const notes = await readdir(join(rig.t.folder, 'notes'))
    await rig.restart()
    const again = await rig.sftp('tax')
    expect(text(await again.list('/errors'))).toEqual(['lack.txt'])
    expect(notes).toHaveLength((await readdir(join(rig.t.folder, 'notes'))).length)
  })
})

describe('what waits for a unit in in/', () => {
  it('is delivered when it is read to the end, confirmed when removed, and signed by a file in out/', async () => {
    const land = await rig.sftp('land')
    for (const name of await land.list('/in')) await land.get(Buffer.concat([Buffer.from('/in/'), name]))
    for (const name of await land.list('/in')) await land.status('remove', Buffer.concat([Buffer.from('/in/'), name]))
    expect(await land.list('/in')).toEqual([])

    const tax = await rig.sftp('tax')
    const file = '<file><name>附件一.txt</name><content>5YaF5a65</content></file>'
    await tax.put('/out/flow.xml', submission('请签收', '市国土局', file))
    await until(async () => text(await tax.list('/receipts')).includes('flow.xml'), { what: 'the receipt' })
    const [message] = await rig.t.flow()
    const id = message?.id ?? ''
    const names = text(await land.list('/in'))
    expect(names).toEqual([`${id}.1.附件一.txt`, `${id}.xml`])
    const state = async (): Promise<string | undefined> =>
      (await rig.t.house.ledger.journal.status(id))?.recipients[0]?.state

    // Half of it is no end, nor is the XML alone.
    const handle = await land.open(`/in/${id}.xml`, 1)
    await land.request('read', handle, 0n, 20)
    expect(await land.status('close', handle)).toBe(0)
    expect(await state()).toBe('waiting')
    expect(await land.status('remove', `/in/${id}.xml`)).toBe(3)
    const xml = (await land.get(`/in/${id}.xml`)).toString()
    expect(xml).toContain(`href="${id}.1.附件一.txt"`)
    expect(await state()).toBe('waiting')
    expect((await land.get(`/in/${id}.1.附件一.txt`)).toString()).toBe('内容')
    expect(await state()).toBe('delivered')

    expect(await land.status('remove', `/in/${id}.xml`)).toBe(0)
    expect(await land.status('remove', `/in/${id}.1.附件一.txt`)).toBe(0)
    expect(await land.list('/in')).toEqual([])
    expect(await state()).toBe('delivered')

    const row = /<id>([^<]*)<\/id>/.exec(xml)?.[1] ?? ''
    await land.put('/out/签收.xml', signature(row))
    await until(async () => (await state()) === 'signed', { what: 'signed' })
    await rig.t.flow()
    const receipt = await until(async () => text(await tax.list('/receipts')).find((name) => name.startsWith('st-')), {
      what: 'the receipt at the issuer',
    })
    expect((await tax.get(`/receipts/${receipt}`)).toString()).toMatch(/<receipt>.*<by>张三/s)
    expect(await tax.status('remove', `/receipts/${receipt}`)).toBe(0)
  })
})
