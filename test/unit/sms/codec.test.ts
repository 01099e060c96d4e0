import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDeliver, readReport } from '../../../adapters/sms/cmpp/deliver.ts'
import { FrameReader, writeFrame } from '../../../adapters/sms/cmpp/frame.ts'
import { writeSubmit } from '../../../adapters/sms/cmpp/submit.ts'
import { cut, deliverTable, fill, reportTable, submitTable } from '../../../sandbox/sms/layouts.ts'

/** Printable ASCII without blanks at its ends: what an octet string gives back. */
const octets = (longest: number) =>
  fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: longest })
const bytes = (length: { min: number; max: number }) =>
  fc.uint8Array({ minLength: length.min, maxLength: length.max }).map((array) => Buffer.from(array))
const layout = fc.constantFrom(2 as const, 3 as const)

describe('our codec and the sandbox’s tables, which are not of one hand', () => {
  it('agree on SUBMIT', () => {
    fc.assert(
      fc.property(
        layout,
        fc.record({
          account: octets(6),
          service: octets(10),
          feeUserType: fc.nat(3),
          feeTerminal: octets(21),
          feeType: octets(2),
          feeCode: octets(6),
        }),
        fc.record({
          to: octets(21),
          source: octets(21),
          part: fc.record({ number: fc.nat(255), total: fc.nat(255) }),
          hasHeader: fc.boolean(),
          content: bytes({ min: 0, max: 140 }),
          format: fc.nat(255),
          validUntil: octets(17),
        }),
        (version, terms, submit) => {
          const fields = cut(submitTable(version), writeSubmit(version, terms, submit))
          expect(fields.text('Src_Id')).toBe(submit.source)
          expect(fields.text('Dest_terminal_Id')).toBe(submit.to)
          expect(fields.raw('Msg_Content')).toEqual(submit.content)
          expect([fields.int('Pk_total'), fields.int('Pk_number')]).toEqual([submit.part.total, submit.part.number])
          expect([fields.int('TP_udhi'), fields.int('Msg_Fmt')]).toEqual([submit.hasHeader ? 1 : 0, submit.format])
          expect([fields.text('Msg_src'), fields.text('Service_Id'), fields.text('ValId_Time')]).toEqual([
            terms.account,
            terms.service,
            submit.validUntil,
          ])
          expect([
            fields.int('Fee_UserType'),
            fields.text('Fee_terminal_Id'),
            fields.text('FeeType'),
            fields.text('FeeCode'),
          ]).toEqual([terms.feeUserType, terms.feeTerminal, terms.feeType, terms.feeCode])
          expect([fields.int('Registered_Delivery'), fields.int('DestUsr_tl')]).toEqual([1, 1])
        },
      ),
    )
  })

  it('agree on DELIVER and on reports', () => {
    fc.assert(
      fc.property(
        layout,
        layout,
        bytes({ min: 8, max: 8 }),
        octets(21),
        octets(21),
        fc.boolean(),
        fc.nat(255),
        bytes({ min: 0, max: 255 }),
        octets(7),
        (version, reportVersion, id, destination, source, hasHeader, format, content, stat) => {
          const body = fill(deliverTable(version), {
            Msg_Id: id,
            Dest_Id: destination,
            Src_terminal_Id: source,
            TP_udhi: hasHeader ? 1 : 0,
            Msg_Fmt: format,
            Msg_Length: content.length,
            Msg_Content: content,
          })
          expect(readDeliver(version, body)).toEqual({
            id: id.toString('hex'),
            destination,
            source,
            hasHeader,
            format,
            isReport: false,
            content,
          })
          const report = fill(reportTable(reportVersion), {
            Msg_Id: id,
            Stat: stat,
            Done_time: '2601312359',
            Dest_terminal_Id: source,
          })
          expect(readReport(report)).toEqual({
            id: id.toString('hex'),
            stat,
            to: source,
            doneAt: Date.parse('2026-01-31T23:59:00+08:00'),
          })
        },
      ),
    )
  })

  it('a stream of frames gives the same frames, wherever it is cut', () => {
    const frame = fc.record({
      command: fc.nat(0xffff_ffff),
      sequence: fc.nat(0xffff_ffff),
      body: bytes({ min: 0, max: 300 }),
    })
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
        (frames, steps) => {
          const stream = Buffer.concat(frames.map(writeFrame))
          const reader = new FrameReader()
          const found = []
          for (let at = 0, step = 0; at < stream.length; step++) {
            const size = steps[step % steps.length]!
            found.push(...reader.push(stream.subarray(at, at + size)))
            at += size
          }
          expect(found).toEqual(frames)
        },
      ),
    )
  })

  it('fields that do not fit are refused, never cut', () => {
    const terms = { account: '900001', service: '', feeUserType: 2, feeTerminal: '', feeType: '01', feeCode: '0' }
    const submit = {
      to: '13800000001',
      source: '1'.repeat(22),
      part: { number: 1, total: 1 },
      hasHeader: false,
      content: Buffer.alloc(0),
      format: 8,
      validUntil: '',
    }
    expect(() => writeSubmit(2, terms, submit)).toThrow('Src_Id')
    expect(() => writeSubmit(2, { ...terms, service: '业务' }, { ...submit, source: '1' })).toThrow('Service_Id')
  })
})
