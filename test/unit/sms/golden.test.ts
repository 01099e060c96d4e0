import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { answerTo, COMMAND } from '../../../adapters/sms/cmpp/commands.ts'
import {
  authenticatorSource,
  isCentre,
  readConnectAnswer,
  timestampOf,
  writeConnect,
} from '../../../adapters/sms/cmpp/connect.ts'
import { readDeliver, readReport, writeDeliverAnswer } from '../../../adapters/sms/cmpp/deliver.ts'
import { FrameReader, writeFrame } from '../../../adapters/sms/cmpp/frame.ts'
import {
  readSubmitAnswer,
  validityOf,
  writeSubmit,
  type Submit,
  type SubmitTerms,
} from '../../../adapters/sms/cmpp/submit.ts'
import { splitText } from '../../../adapters/sms/text/split.ts'

/** Hexadecimal with blanks, and text fields written `'text'/width`, as bytes. */
function bytes(text: string): Buffer {
  return Buffer.concat(
    [...text.matchAll(/'([^']*)'\/(\d+)|([0-9a-f]{2})\*(\d+)|([0-9a-f]{2})/g)].map(
      ([, string, width, repeated, times, byte]) => {
        if (string !== undefined)
          return Buffer.concat([Buffer.from(string, 'latin1'), Buffer.alloc(Number(width) - string.length)])
        return repeated !== undefined
          ? Buffer.alloc(Number(times), Buffer.from(repeated, 'hex'))
          : Buffer.from(byte ?? '', 'hex')
      },
    ),
  )
}

const terms: SubmitTerms = {
  account: '900001',
  service: 'test',
  feeUserType: 2,
  feeTerminal: '13800002696',
  feeType: '02',
  feeCode: '10',
}
const submit: Submit = {
  to: '13800002696',
  source: '900001',
  part: { number: 1, total: 1 },
  hasHeader: false,
  format: 8,
  validUntil: '151105131555101+',
  content: splitText('测试gocmpp submit', 0, 1)[0]!.content,
}
const content = '6d4b 8bd5 0067 006f 0063 006d 0070 0070 0020 0073 0075 0062 006d 0069 0074'

describe('golden bytes of CMPP', () => {
  it('CONNECT, 39 bytes, with the known authenticator', () => {
    const authenticator = authenticatorSource('900001', '888888', 1_021_080_510)
    expect(authenticator.toString('hex')).toBe('90d00c1d517abd0b4f65f6bcf8535d16')
    const body = writeConnect({ account: '900001', authenticator, version: 0x21, timestamp: 1_021_080_510 })
    expect(writeFrame({ command: COMMAND.connect, sequence: 0x17, body })).toEqual(
      bytes("00000027 00000001 00000017 '900001'/6 90d00c1d517abd0b4f65f6bcf8535d16 21 3cdc73be"),
    )
    expect(authenticatorSource('900001', '888888', 21_080_510)).toEqual(
      createHash('md5').update(bytes("'900001'/15 '888888'/6 '0021080510'/10")).digest(),
    )
  })

  it.each([
    ['2.x', '00', '6c0b846e'],
    ['3.0', '00000000', '79429772'],
  ])('CONNECT_RESP %s proves the centre', (_, status, begin) => {
    const authenticator = authenticatorSource('900001', '888888', 1_021_080_510)
    const proof = createHash('md5').update(bytes(status)).update(authenticator).update('888888').digest('hex')
    expect(proof.slice(0, 8)).toBe(begin)
    const answer = readConnectAnswer(bytes(`${status} ${proof} 20`))
    expect(answer).toMatchObject({ status: 0, version: 0x20 })
    expect(isCentre(answer, authenticator, '888888')).toBe(true)
    expect(isCentre(answer, authenticator, '888889')).toBe(false)
    // Of one byte or of four, whichever the centre sends.
    for (const other of ['00', '00000000']) {
      const hashed = createHash('md5').update(bytes(other)).update(authenticator).update('888888').digest()
      expect(isCentre({ ...answer, authenticator: hashed }, authenticator, '888888')).toBe(true)
    }
    expect(isCentre({ ...answer, status: 1 }, authenticator, '888888')).toBe(false)
  })

  it('SUBMIT 2.x, 189 bytes', () => {
    const frame = writeFrame({ command: COMMAND.submit, sequence: 0x17, body: writeSubmit(2, terms, submit) })
    expect(frame).toEqual(
      bytes(`000000bd 00000004 00000017 00*8 01 01 01 01 'test'/10 02 '13800002696'/21 00 00 08 '900001'/6 '02'/2 '10'/6
        '151105131555101+'/17 00*17 '900001'/21 01 '13800002696'/21 1e ${content} 00*8`),
    )
    expect(frame).toHaveLength(189)
  })

  it('SUBMIT 3.0, 225 bytes', () => {
    const frame = writeFrame({ command: COMMAND.submit, sequence: 0x17, body: writeSubmit(3, terms, submit) })
    expect(frame).toEqual(
      bytes(`000000e1 00000004 00000017 00*8 01 01 01 01 'test'/10 02 '13800002696'/32 00 00 00 08 '900001'/6 '02'/2 '10'/6
        '151105131555101+'/17 00*17 '900001'/21 01 '13800002696'/32 00 1e ${content} 00*20`),
    )
    expect(frame).toHaveLength(225)
  })

  it('totals follow the formulas 138 + 21n + len and 163 + 32n + len', () => {
    for (let length = 0; length <= 140; length++) {
      const one = { ...submit, content: Buffer.alloc(length) }
      expect(12 + writeSubmit(2, terms, one).length).toBe(138 + 21 + length)
      expect(12 + writeSubmit(3, terms, one).length).toBe(163 + 32 + length)
    }
  })

  it('SUBMIT_RESP with a result of one byte and of four', () => {
    expect(readSubmitAnswer(bytes('b2b9da8000010000 00'))).toEqual({ id: 'b2b9da8000010000', result: 0 })
    expect(readSubmitAnswer(bytes('b2b9da8000010000 00000008'))).toEqual({ id: 'b2b9da8000010000', result: 8 })
    expect(() => readSubmitAnswer(bytes('b2b9da8000010000 0000'))).toThrow('SMS_FRAME')
  })

  const mo = "b4c5530000010000 '900001'/21 00*10 00 00 00"
  const text = '54 68 69 73 20 69 73 20 61 20 74 65 73 74 20 4d 4f 2e'
  it.each([
    [2, 85 + 18, `${mo} '13800000000'/21 00 12 ${text} 00*8`],
    [3, 127, `${mo} '13800000000'/32 00 00 12 ${text} 00*20`],
  ] as const)('DELIVER of layout %s, %s bytes', (layout, total, body) => {
    expect(12 + bytes(body).length).toBe(total)
    expect(readDeliver(layout, bytes(body))).toEqual({
      id: 'b4c5530000010000',
      destination: '900001',
      source: '13800000000',
      hasHeader: false,
      format: 0,
      isReport: false,
      content: Buffer.from('This is a test MO.'),
    })
    expect(() => readDeliver(layout, bytes(`${body} 00`))).toThrow('1 bytes too many')
    expect(() => readDeliver(layout, bytes(body).subarray(0, -1))).toThrow('SMS_FRAME')
  })

  it('DELIVER_RESP', () => {
    const frame = (layout: 2 | 3) =>
      writeFrame({
        command: answerTo(COMMAND.deliver),
        sequence: 1,
        body: writeDeliverAnswer(layout, 'b4c5530000010000', 0),
      })
    expect(frame(3)).toEqual(bytes('00000018 80000005 00000001 b4c5530000010000 00000000'))
    expect(frame(2)).toEqual(bytes('00000015 80000005 00000001 b4c5530000010000 00'))
  })

  it.each([
    ['60', "'13800000000'/21"],
    ['71', "'13800000000'/32"],
  ])('a status report of %s bytes', (length, phone) => {
    const report = bytes(`b4c5530000010000 'DELIVRD'/7 '1511120955'/10 '1511120957'/10 ${phone} 12345678`)
    expect(report).toHaveLength(Number(length))
    const expected = {
      id: 'b4c5530000010000',
      stat: 'DELIVRD',
      to: '13800000000',
      doneAt: Date.parse('2015-11-12T09:57:00+08:00'),
    }
    expect(readReport(report)).toEqual(expected)
    expect(readReport(Buffer.concat([report, Buffer.alloc(3)]))).toEqual(expected)
    expect(() => readReport(report.subarray(0, 59))).toThrow('SMS_FRAME')
  })

  it('times are of Asia/Shanghai', () => {
    const at = Date.parse('2015-10-21T00:05:10Z')
    expect(timestampOf(at)).toBe(1_021_080_510)
    expect(timestampOf(Date.parse('2025-12-31T16:00:00Z'))).toBe(101_000_000)
    expect(validityOf(at)).toBe('151021080510032+')
  })

  it('frames are found in a stream, however it is cut', () => {
    const frame = writeFrame({ command: COMMAND.activeTest, sequence: 5, body: Buffer.alloc(0) })
    const reader = new FrameReader()
    const stream = Buffer.concat([frame, frame])
    const found = [...stream].flatMap((_, at) => [...reader.push(stream.subarray(at, at + 1))])
    expect(found).toEqual([5, 5].map((sequence) => ({ command: 8, sequence, body: Buffer.alloc(0) })))
  })

  it.each(['0000000b', '00001001', 'ffffffff', '00000000'])('a length of 0x%s ends the stream', (length) => {
    const good = writeFrame({ command: 8, sequence: 1, body: Buffer.alloc(0) })
    const seen: number[] = []
    expect(() => {
      for (const { sequence } of new FrameReader().push(Buffer.concat([good, bytes(length)]))) seen.push(sequence)
    }).toThrow('SMS_FRAME')
    expect(seen).toEqual([1])
  })
})
