import { describe, expect, it, onTestFinished } from 'vitest'
import { smppSchema } from '../../../adapters/sms/config.ts'
import { idsOf } from '../../../adapters/sms/smpp/receipt.ts'
import { smppTransport } from '../../../adapters/sms/smpp/transport.ts'
import { progressOf, ReportBook } from '../../../adapters/sms/reports.ts'
import { LINK } from '../../conformance/lib/sms-rig.ts'
import { until } from '../../lib/wait.ts'
import { byteSmsc } from './lib/byte-smsc.ts'
import { ACCESS, keeper, patience, PHONE, testHouse } from './lib/house.ts'

async function opened(more: object, idOf: (nth: number) => string = String) {
  const centre = await byteSmsc(PHONE, ACCESS, idOf)
  const kept = keeper()
  const config = { kind: 'smpp', host: '127.0.0.1', port: centre.port, account: 'yizhan', accessNumber: ACCESS }
  const transport = smppTransport(testHouse(), smppSchema.parse({ ...config, link: LINK, ...more }))
  onTestFinished(() => transport.close())
  transport.start(kept)
  await until(() => centre.isBound(), { what: 'the bind' })
  return { centre, kept, transport }
}

describe('data_coding 0 is written in the alphabet that the setting names', () => {
  it.each([
    [undefined, '4869 00 02 1b65 5f', 'Hi@$€§'],
    ['gsm', '11 1b28 1b29 1b3d', '_{}~'],
    ['ascii', '4024 5f 7e', '@$_~'],
    ['latin1', 'e9e8 40', 'éè@'],
    ['gbk', 'b2cebcd3', '参加'],
    ['ucs2', '53c2 52a0', '参加'],
    ['utf-8', 'e58f82e58aa0', '参加'],
  ])('%s: %s', async (alphabet, hex, text) => {
    const { centre, kept } = await opened(alphabet === undefined ? {} : { alphabet })
    centre.deliver({ dataCoding: 0, text: Buffer.from(hex.replace(/\s/g, ''), 'hex') })
    // IA5, Latin-1, UCS-2 and GBK by their own codings are what they are, whatever the setting.
    centre.deliver({ dataCoding: 1, text: Buffer.from('a@b_c$') })
    centre.deliver({ dataCoding: 3, text: Buffer.from('é', 'latin1') })
    centre.deliver({ dataCoding: 8, text: Buffer.from('53c2', 'hex') })
    await until(() => kept.replies.length === 4, { what: 'four replies' })
    expect(kept.replies.map((reply) => reply.text)).toEqual([text, 'a@b_c$', 'é', '参'])
  })

  it('parts that are cut inside a character are put together before they are read', async () => {
    const { centre, kept } = await opened({ alphabet: 'gbk' })
    const bytes = Buffer.from('b2cebcd3', 'hex')
    const part = (number: number, text: Buffer) => Buffer.concat([Buffer.from([5, 0, 3, 7, 2, number]), text])
    centre.deliver({ esmClass: 0x40, dataCoding: 0, text: part(1, bytes.subarray(0, 3)) })
    centre.deliver({ esmClass: 0x40, dataCoding: 0, text: part(2, bytes.subarray(3)) })
    await until(() => kept.replies.length === 1, { what: 'the reply' })
    expect(kept.replies[0]?.text).toBe('参加')
  })
})

describe('a receipt finds its text', () => {
  const receipt = (id: string, dataCoding = 0) => ({
    esmClass: 4,
    dataCoding,
    text: Buffer.from(`id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011202 stat:DELIVRD err:000`),
  })

  it.each([
    ['the same', 'a_b@1', 'a_b@1'],
    ['hexadecimal answered, decimal reported', '1A2B3C4D', String(0x1a2b3c4d)],
    ['decimal answered, hexadecimal reported', String(0x1a2b3c4d), '1a2b3c4d'],
    ['leading zeros', '0000001F4', '1F4'],
    ['leading zeros the other way', '500', '0000000500'],
    ['64 bits', 'fedcba9876543210', BigInt('0xfedcba9876543210').toString()],
  ])('%s: %s, %s', async (_, answered, reported) => {
    const { centre, kept, transport } = await opened({}, () => answered)
    const { parts } = await transport.submit({ to: PHONE, text: '催办' }, patience())
    for (const coding of [0, 1, 3]) centre.deliver(receipt(reported, coding))
    await until(() => kept.reports.length === 3, { what: 'the receipts' })
    for (const report of kept.reports) {
      const early = new ReportBook()
      expect(early.report(report)).toBeUndefined()
      expect(early.track('text', progressOf(parts)).state).toBe('delivered')
      const late = new ReportBook()
      late.track('text', progressOf(parts))
      expect(late.report(report)).toMatchObject({ key: 'text', progress: { state: 'delivered' } })
    }
  })

  it('by one reading alone where the setting says which', () => {
    expect(idsOf('16', 'same')).toEqual(['16'])
    expect(idsOf('16', 'decimal')).toEqual(['10'])
    expect(idsOf('10', 'hexadecimal')).toEqual(['16'])
    expect(idsOf('16', 'auto')).toEqual(['16', '10', '22'])
    expect(idsOf('smsc-1', 'auto')).toEqual(['smsc-1'])
  })

  it('of two that it may mean it is the one that bears the id as written', () => {
    const book = new ReportBook()
    book.track('one', progressOf(['10']))
    book.track('other', progressOf(['16']))
    const [part = '', ...otherwise] = idsOf('16', 'auto')
    expect(book.report({ part, otherwise, to: PHONE, state: 'delivered', code: 'DELIVRD' })?.key).toBe('other')
  })
})
