import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../lib/wait.ts'
import { PASSWORD } from '../unit/oa/lib/house.ts'
import {
  ascii,
  byteCentre,
  CONNECT,
  DELIVER,
  frame,
  nul,
  RESP,
  SUBMIT,
  taken,
  welcome,
} from '../unit/sms/lib/byte-centre.ts'
import { byteSmsc } from '../unit/sms/lib/byte-smsc.ts'
import { PHONE, SmsHouse } from './lib/sms-house.ts'
import { ACCESS, LINK, PACE } from './lib/sms-rig.ts'

/** Parts of long replies, against centres of bytes of their own with a window of 16. */

const WINDOW = 16

const octet = (value: number) => value.toString(16).padStart(2, '0')
const idOf = (sequence: number) => sequence.toString(16).padStart(16, '0')

/** DELIVER by the version's layout (QB-GF-028-2003, 8.4.5.1). */
function deliver(version: '2.0' | '3.0', sequence: number, id: number, flags: string, content: Buffer): Buffer {
  const [header = '00', report = '00'] = flags.split(' ')
  const [phone, tail] = version === '3.0' ? [`${ascii(PHONE, 32)} 00`, nul(20)] : [ascii(PHONE, 21), nul(8)]
  return frame(
    DELIVER,
    sequence,
    `${idOf(id)} ${ascii(ACCESS, 21)} ${nul(10)} 00 ${header} 00 ${phone} ${report} ${octet(content.length)} ${content.toString('hex')} ${tail}`,
  )
}

/** A text from the phone, behind a user data header in hexadecimal. */
function reply(version: '2.0' | '3.0', sequence: number, text: string, header = '', id = sequence): Buffer {
  const content = Buffer.concat([Buffer.from(header.replace(/\s/g, ''), 'hex'), Buffer.from(text)])
  return deliver(version, sequence, id, header === '' ? '00 00' : '01 00', content)
}

/** A status report on what was submitted with this sequence. */
function receipt(version: '2.0' | '3.0', sequence: number, about: number): Buffer {
  const to = ascii(PHONE, version === '3.0' ? 32 : 21)
  const hex = `${idOf(about)}${ascii('DELIVRD', 7)}${ascii('2603011200', 10)}${ascii('2603011201', 10)}${to}00000000`
  return deliver(version, sequence, sequence, '00 01', Buffer.from(hex, 'hex'))
}

const udh = (reference: number, total: number, number: number) =>
  `05 00 03 ${octet(reference)} ${octet(total)} ${octet(number)}`

async function cmpp(version: '2.0' | '3.0', partsMs: number) {
  const centre = await byteCentre((seen) => {
    // Result has one byte in 2.x, four in 3.0.
    if (seen.command === SUBMIT)
      return version === '2.0' ? taken(seen) : frame(RESP + SUBMIT, seen.sequence, `${idOf(seen.sequence)} 00000000`)
    if (seen.command !== CONNECT) return undefined
    const answer = welcome(seen, PASSWORD)
    return version === '2.0'
      ? answer
      : frame(RESP + CONNECT, seen.sequence, `00000000 ${answer.subarray(13, 29).toString('hex')} 30`)
  })
  const own = { host: '127.0.0.1', port: centre.port, account: '900001', accessNumber: ACCESS, window: WINDOW }
  const house = await SmsHouse.open({ kind: 'cmpp', version, ...own, link: LINK, pace: PACE, partsMs })
  onTestFinished(() => house.close())
  const logins = () => house.t.events.filter(({ code }) => code === 'sms.connected').length
  await until(() => logins() === 1, { what: 'the login' })
  const answered = () => centre.of(RESP + DELIVER).map(({ sequence }) => sequence)
  const restart = async () => {
    const before = logins()
    await house.stop()
    await house.start()
    await until(() => logins() > before, { what: 'the login' })
  }
  return { centre, house, answered, restart }
}

describe.each(['2.0', '3.0'] as const)('parts of long replies over CMPP %s', (version) => {
  it('40 orphans are answered within a window of 16, and honest replies flow on at once', async () => {
    const { centre, house, answered } = await cmpp(version, 3600_000)
    await house.notify('21', '会议改到三点')
    await house.booked()
    const [submission] = centre.of(SUBMIT)
    if (submission === undefined) throw new Error('nothing was submitted')
    const started = performance.now()
    let sent = 0
    while (answered().length < 40) {
      const before = answered().length
      while (sent < 40 && sent - answered().length < WINDOW) centre.send(reply(version, ++sent, 'x', udh(sent, 2, 1)))
      await until(() => answered().length > before, { what: 'an answer', everyMs: 2 })
    }
    centre.send(reply(version, 900, 'OK'), receipt(version, 901, submission.sequence))
    const found: string[] = []
    await until(
      async () => {
        for (const one of await house.incoming())
          found.push(
            one.kind === 'sms-reply' ? one.reply.text : one.kind === 'sms-report' ? one.report.state : one.kind,
          )
        return found.includes('OK') && found.includes('delivered')
      },
      { what: 'the honest reply and the receipt', everyMs: 5 },
    )
    const took = Math.round(performance.now() - started)
    expect(took, 'far below the hour for which the orphans wait').toBeLessThan(10_000)
    await until(() => new Set(answered()).size === 42, { what: 'all answers' })
    expect(house.t.events.filter(({ code }) => code === 'sms.unkept')).toEqual([])
  })

  it('are joined across a restart and another connection, and what comes again makes nothing double', async () => {
    const { centre, house, answered, restart } = await cmpp(version, 3600_000)
    centre.send(reply(version, 1, 'join ', udh(7, 2, 1)))
    await until(() => answered().includes(1), { what: 'the answer to the first part' })
    await restart()
    centre.send(reply(version, 2, 'join ', udh(7, 2, 1), 1), reply(version, 3, 'us', udh(7, 2, 2)))
    expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-reply', reply: { text: 'join us' } })
    await restart()
    centre.send(reply(version, 4, 'join ', udh(7, 2, 1), 1), reply(version, 5, 'us', udh(7, 2, 2), 3))
    centre.send(reply(version, 6, 'again ', udh(7, 2, 1)), reply(version, 7, 'OK', udh(7, 2, 2)))
    expect(await house.firstIncoming()).toMatchObject({ kind: 'sms-reply', reply: { text: 'again OK' } })
    expect(answered()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await house.incoming()).toEqual([])
  })

  it('that never come are named to the flow, and alarmed once', async () => {
    const { centre, house, answered } = await cmpp(version, 50)
    centre.send(reply(version, 1, 'b', udh(7, 3, 2)), reply(version, 2, 'b', udh(8, 3, 2)))
    const found: unknown[] = []
    await until(async () => found.push(...(await house.incoming())) >= 2, { what: 'both incomplete replies' })
    const incomplete = { text: '…b…', incomplete: { parts: 3, missing: [1, 3] } }
    expect(found).toMatchObject([{ reply: incomplete }, { reply: incomplete }])
    const alarms = () => house.t.events.filter(({ code }) => code === 'sms.reply-incomplete')
    await until(() => alarms().length > 0, { what: 'the alarm' })
    expect(alarms()).toMatchObject([{ system: 'sms', detail: expect.stringContaining('138****0001') as string }])
    expect(answered()).toEqual([1, 2])
  })
})

describe('parts of long replies over SMPP', () => {
  const tlv = (tag: number, value: Buffer) => {
    const head = Buffer.alloc(4)
    head.writeUInt16BE(tag, 0)
    head.writeUInt16BE(value.length, 2)
    return Buffer.concat([head, value])
  }
  const sar = (reference: number, total: number, number: number) =>
    Buffer.concat([
      tlv(0x020c, Buffer.from([reference >> 8, reference & 0xff])),
      tlv(0x020e, Buffer.from([total])),
      tlv(0x020f, Buffer.from([number])),
    ])

  it('by user data header or by sar_* are answered at once and joined; what comes again makes nothing double', async () => {
    const centre = await byteSmsc(PHONE, ACCESS, String)
    const own = { host: '127.0.0.1', port: centre.port, account: 'yizhan', accessNumber: ACCESS }
    const house = await SmsHouse.open({ kind: 'smpp', ...own, link: LINK, pace: PACE })
    onTestFinished(() => house.close())
    await until(() => centre.isBound(), { what: 'the bind' })
    const answered = async (sequence: number) =>
      expect(await until(() => centre.confirmed.has(sequence), { what: 'the answer' })).toBe(true)
    const bySar = (number: number, text: string) =>
      centre.deliver({ dataCoding: 1, text: Buffer.from(text), tlvs: sar(0x1234, 2, number) })
    const byHeader = (number: number, text: string) =>
      centre.deliver({
        esmClass: 0x40,
        dataCoding: 1,
        text: Buffer.concat([Buffer.from([6, 8, 4, 0x12, 0x34, 3, number]), Buffer.from(text)]),
      })
    for (let reference = 0; reference < 40; reference++)
      await answered(centre.deliver({ dataCoding: 1, text: Buffer.from('x'), tlvs: sar(reference, 255, 1) }))
    const texts: string[] = []
    const all = async (count: number) =>
      until(
        async () => {
          for (const one of await house.incoming())
            if (one.kind === 'sms-reply' && one.reply.incomplete === undefined) texts.push(one.reply.text)
          return texts.length >= count
        },
        { what: 'the replies' },
      )
    await answered(bySar(2, '$b'))
    await answered(bySar(2, '$b'))
    await answered(bySar(1, 'a_'))
    await all(1)
    await answered(bySar(1, 'a_'))
    for (const number of [3, 1, 2]) await answered(byHeader(number, `<${number}>`))
    await all(2)
    expect(texts).toEqual(['a_$b', '<1><2><3>'])
    expect([...centre.confirmed.values()].every((status) => status === 0)).toBe(true)
  })
})
