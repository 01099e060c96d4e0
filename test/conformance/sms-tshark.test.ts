import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSmsTransport } from '../../adapters/sms/open.ts'
import { smsSchema } from '../../adapters/sms/config.ts'
import { systemClock } from '../../core/util/clock.ts'
import { SmsCentre } from '../../sandbox/sms/centre.ts'
import { EventList } from '../lib/events.ts'
import { until } from '../lib/wait.ts'
import { pcapOf, type Segment } from './lib/pcap.ts'
import { listening } from './lib/sms-rig.ts'

const PORT = 7890
const PHONE = '13800000001'
const text = '关于召开防汛会议的通知'.repeat(10)

type Pdu = Readonly<Record<string, string>>

/** PDUs of one direction, each one segment. */
function recorder(segments: Segment[], fromServer: boolean): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
      segments.push({ fromServer, payload: rest.subarray(0, rest.readUInt32BE(0)) })
      rest = rest.subarray(rest.readUInt32BE(0))
    }
  }
}

async function dissect(file: string): Promise<Pdu[]> {
  const { stdout } = await promisify(execFile)(
    'tshark',
    ['-r', file, '-d', `tcp.port==${PORT},cmpp`, '-T', 'json', '-J', 'cmpp'],
    { maxBuffer: 1 << 26 },
  )
  return (JSON.parse(stdout) as { _source: { layers: { cmpp?: Pdu } } }[]).flatMap(({ _source: { layers } }) =>
    layers.cmpp === undefined ? [] : [layers.cmpp],
  )
}

describe('CMPP 3.0 between the adapter and the sandbox, read by tshark', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-tshark-'))
  let parts: readonly string[]
  let segments: Segment[]
  let pdus: Pdu[]
  const of = (command: number) => pdus.filter((pdu) => Number(pdu['cmpp.Command_Id']) === command)

  beforeAll(async () => {
    segments = []
    const centre = new SmsCentre({ folder, account: '900001', secret: '888888', version: 3, reportMs: [1, 5] })
    await centre.switchOn()
    const sockets = new Set<Socket>()
    const tap = createServer((client) => {
      const upstream = connect(centre.port, '127.0.0.1')
      client.on('data', recorder(segments, false)).pipe(upstream)
      upstream.on('data', recorder(segments, true)).pipe(client)
      for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    })
    const config = smsSchema.parse({
      kind: 'cmpp',
      version: '3.0',
      host: '127.0.0.1',
      port: await listening(tap),
      account: '900001',
      accessNumber: '10650001',
      service: 'OA',
    })
    const transport = openSmsTransport(
      {
        system: 'sms',
        secret: () => '888888',
        accepted: () => [],
        clock: systemClock,
        emit: new EventList(),
        rejections: new EventList(),
      },
      config,
    )
    let came = 0
    const count = (): Promise<void> => {
      came++
      return Promise.resolve()
    }
    transport.start({ report: count, reply: count, part: count })
    ;({ parts } = await transport.submit(
      { to: PHONE, text, extension: '31', expiresAt: Date.parse('2026-03-01T12:00:00+08:00') },
      AbortSignal.timeout(10_000),
    ))
    await centre.reply(PHONE, '1065000131', '参加')
    await until(() => came === 3 && centre.unconfirmed === 0, { what: 'two reports, a reply and their confirmation' })
    await transport.close()
    await centre.close()
    for (const socket of sockets) socket.destroy()
    tap.close()
    const file = join(folder, 'cmpp.pcap')
    writeFileSync(file, pcapOf(segments, PORT))
    pdus = await dissect(file)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('finds every PDU, and every one is of its length', () => {
    expect(pdus).toHaveLength(segments.length)
    expect(pdus.map((pdu) => Number(pdu['cmpp.Total_Length']))).toEqual(segments.map(({ payload }) => payload.length))
  })

  it('reads CONNECT and its answer', () => {
    expect(of(1)).toMatchObject([
      {
        'cmpp.connect.Source_Addr': '900001',
        'cmpp.Version': '03.00',
        'cmpp.connect.Timestamp': expect.stringMatching(/^\d\d\/\d\d \d\d:\d\d:\d\d$/) as string,
      },
    ])
    expect(of(0x8000_0001)).toMatchObject([{ 'cmpp.connect_resp.Status': '0' }])
  })

  it('reads every field of SUBMIT', () => {
    expect(of(4)).toMatchObject(
      [1, 2].map((number) => ({
        'cmpp.submit.Pk_total': '2',
        'cmpp.submit.Pk_number': String(number),
        'cmpp.submit.Registered_Delivery': '1',
        'cmpp.Servicd_Id': 'OA',
        'cmpp.submit.Fee_UserType': '2',
        'cmpp.submit.Fee_terminal_Id': '',
        'cmpp.submit.Fee_terminal_type': '0',
        'cmpp.TP_udhi': '1',
        'cmpp.Msg_Fmt': '8',
        'cmpp.submit.Msg_src': '900001',
        'cmpp.submit.FeeType': '01',
        'cmpp.submit.FeeCode': '0',
        'cmpp.submit.Valld_Time': '260301120000032+',
        'cmpp.submit.At_time': '',
        'cmpp.submit.Src_Id': '1065000131',
        'cmpp.submit.DestUsr_tl': '1',
        'cmpp.Dest_terminal_Id': PHONE,
        'cmpp.submit.Dest_terminal_type': '0',
        'cmpp.Msg_Length': String(6 + 2 * (number === 1 ? 67 : text.length - 67)),
        'cmpp.LinkID': '',
      })),
    )
  })

  it('reads the answers’ ids, the reports, the reply and our confirmations', () => {
    expect(
      of(0x8000_0004).map((pdu) => [
        BigInt(pdu['cmpp.Msg_Id'] ?? 0)
          .toString(16)
          .padStart(16, '0'),
        pdu['cmpp.submit_resp.Result'],
      ]),
    ).toEqual(parts.map((part) => [part, '0']))
    expect(of(5).filter((pdu) => pdu['cmpp.deliver.Registered_Delivery'] === '1')).toHaveLength(2)
    expect(of(5).filter((pdu) => pdu['cmpp.deliver.Registered_Delivery'] === '0')).toMatchObject([
      { 'cmpp.deliver.Dest_Id': '1065000131', 'cmpp.deliver.Src_terminal_Id': PHONE },
    ])
    expect(of(0x8000_0005).map((pdu) => pdu['cmpp.deliver_resp.Result'])).toEqual(['0', '0', '0'])
    expect(new Set(of(0x8000_0005).map((pdu) => pdu['cmpp.Msg_Id']))).toEqual(
      new Set(of(5).map((pdu) => pdu['cmpp.Msg_Id'])),
    )
  })
})
