import { describe, expect, it } from 'vitest'
import { readConnectAnswer } from '../../../adapters/sms/cmpp/connect.ts'
import { readDeliver, readReport } from '../../../adapters/sms/cmpp/deliver.ts'
import { FrameReader, writeFrame } from '../../../adapters/sms/cmpp/frame.ts'
import { readSubmitAnswer } from '../../../adapters/sms/cmpp/submit.ts'
import { httpSchema } from '../../../adapters/sms/config.ts'
import { readReplies, readReports } from '../../../adapters/sms/http/pushes.ts'
import { readSubmissionAnswer } from '../../../adapters/sms/http/request.ts'
import { readHeader } from '../../../adapters/sms/text/header.ts'
import { readText } from '../../../adapters/sms/text/read.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { Random } from '../../../sandbox/opening-day/random.ts'
import { deliverTable, fill, reportTable } from '../../../sandbox/sms/layouts.ts'

const INPUTS = 20_000

/** Bytes changed, cut out, doubled or put in, one to eight times. */
function mutated(random: Random, seed: Buffer): Buffer {
  let bytes = Buffer.from(seed)
  for (let times = random.integer(1, 8); times > 0; times--) {
    const at = random.integer(0, bytes.length)
    const kind = random.integer(0, 3)
    if (kind === 0 && at < bytes.length) bytes[at] = random.integer(0, 255)
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 12))])
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.integer(1, 12)), bytes.subarray(at)])
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.integer(0, at))])
  }
  return bytes
}

/** What a run gave: a result, or an error of ours; anything else fails the test. */
function outcome(run: () => unknown): string {
  try {
    run()
    return 'read'
  } catch (error) {
    if (error instanceof YizhanError) return error.code
    throw error
  }
}

function count(outcomes: Map<string, number>, name: string): void {
  outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
}

describe('bytes from outside', () => {
  it(`${INPUTS} mutated streams of CMPP frames: read or refused, nothing else`, () => {
    const random = new Random(3)
    const id = Buffer.from('b4c5530000010000', 'hex')
    const text = Buffer.from([5, 0, 3, 7, 2, 1, 0x4f, 0x1a, 0x8b, 0xae, 0xd8, 0x3d])
    const seeds = ([2, 3] as const).flatMap((version) => {
      const report = fill(reportTable(version), {
        Msg_Id: id,
        Stat: 'DELIVRD',
        Submit_time: '2601010101',
        Done_time: '2601010102',
        Dest_terminal_Id: '13800000001',
      })
      const deliver = (content: Buffer, more: Readonly<Record<string, number>>) =>
        fill(deliverTable(version), {
          Msg_Id: id,
          Dest_Id: '10650001',
          Src_terminal_Id: '13800000001',
          Msg_Length: content.length,
          Msg_Content: content,
          ...more,
        })
      return [
        { command: 5, sequence: 1, body: deliver(report, { Registered_Delivery: 1 }) },
        { command: 5, sequence: 2, body: deliver(text, { TP_udhi: 1, Msg_Fmt: 8 }) },
        { command: 0x8000_0004, sequence: 3, body: Buffer.concat([id, Buffer.alloc(version === 3 ? 4 : 1)]) },
        { command: 0x8000_0001, sequence: 4, body: Buffer.alloc(version === 3 ? 21 : 18) },
      ]
    })
    const stream = Buffer.concat(seeds.map(writeFrame))
    const outcomes = new Map<string, number>()
    for (let input = 0; input < INPUTS; input++) {
      const seed = random.pick(seeds)
      // Wrong inside a frame that is right, or wrong anywhere in a stream.
      const bytes =
        random.next() < 0.5 ? writeFrame({ ...seed, body: mutated(random, seed.body) }) : mutated(random, stream)
      const frames = new FrameReader()
      count(
        outcomes,
        `stream ${outcome(() => {
          for (const { command, body } of frames.push(bytes)) {
            for (const layout of [2, 3] as const) {
              count(
                outcomes,
                `deliver ${outcome(() => {
                  const { content, format } = readDeliver(layout, body)
                  const { text, concatenation } = readHeader(content)
                  if (!readText(format, text).isWellFormed()) throw new Error('not well-formed')
                  if (
                    concatenation !== undefined &&
                    !(concatenation.number >= 1 && concatenation.number <= concatenation.total)
                  )
                    throw new Error('impossible')
                  count(outcomes, `report ${outcome(() => readReport(content))}`)
                })}`,
              )
            }
            if (command === 0x8000_0004) count(outcomes, `submit ${outcome(() => readSubmitAnswer(body))}`)
            if (command === 0x8000_0001) count(outcomes, `connect ${outcome(() => readConnectAnswer(body))}`)
          }
        })}`,
      )
    }
    // Both ways were gone often, so the mutations are neither too tame nor too wild.
    for (const reader of ['stream', 'deliver', 'report', 'submit', 'connect']) {
      expect(outcomes.get(`${reader} read`), reader).toBeGreaterThan(200)
      expect(outcomes.get(`${reader} SMS_FRAME`), reader).toBeGreaterThan(200)
    }
  })

  it(`${INPUTS} mutated answers and pushes of the HTTP platform: the same`, () => {
    const random = new Random(4)
    const config = httpSchema.parse({
      kind: 'http',
      url: 'http://127.0.0.1/sms/norsubmit',
      company: '市政府',
      account: 'ap',
      sign: 'S1',
    })
    const report = {
      reportStatus: 'CM:0000',
      mobile: '13800000001',
      submitDate: '20260101010101',
      receiveDate: '20260101010102',
      errorCode: 'DB:0140',
      msgGroup: 'g1',
    }
    const reply = { mobile: '13800000001', smsContent: '参加', sendTime: '20260101010101', addSerial: '01' }
    const answer = { msgGroup: 'g1', rspcod: 'success', success: true }
    const seeds = [report, [report, report], reply, [reply], answer].map((value) => Buffer.from(JSON.stringify(value)))
    const outcomes = new Map<string, number>()
    for (let input = 0; input < INPUTS; input++) {
      const bytes = mutated(random, random.pick(seeds))
      count(
        outcomes,
        outcome(() => readReports(config, bytes)),
      )
      count(
        outcomes,
        outcome(() => readReplies(config, bytes, 0)),
      )
      count(
        outcomes,
        outcome(() => readSubmissionAnswer('sms', config, bytes)),
      )
    }
    expect(outcomes.get('read')).toBeGreaterThan(200)
    expect(outcomes.get('FIELD_INVALID')).toBeGreaterThan(200)
    expect(outcomes.get('SYSTEM_FAULT')).toBeGreaterThan(200)
  })
})
