import { createServer } from 'node:net'
import smpp, { type Pdu } from 'smpp'
import { describe, expect, it, onTestFinished } from 'vitest'
import { smppSchema, type SmppConfig } from '../../../adapters/sms/config.ts'
import { isReceipt, readSmppReceipt } from '../../../adapters/sms/smpp/receipt.ts'
import { smppTransport } from '../../../adapters/sms/smpp/transport.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { Random } from '../../../sandbox/opening-day/random.ts'
import { LINK, listening, SECRET } from '../../conformance/lib/sms-rig.ts'
import { smppRig } from '../../conformance/lib/sms-smpp-rig.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'
import { ACCESS, keeper, patience, PHONE } from './lib/house.ts'

function opened(config: SmppConfig, secret = SECRET, kept = keeper()) {
  const events = new EventList()
  const transport = smppTransport(
    { system: 'sms', secret: () => secret, accepted: () => [], clock: systemClock, emit: events, rejections: events },
    config,
  )
  onTestFinished(() => transport.close())
  transport.start(kept)
  return { transport, events, kept }
}

async function centre() {
  const rig = await smppRig()
  onTestFinished(() => rig.close())
  return rig
}

/** A deliver_sm as a centre's bytes, read by the library. */
function delivered(fields: Readonly<Record<string, unknown>>): Pdu {
  const bytes = (
    new smpp.PDU('deliver_sm', { source_addr: PHONE, destination_addr: ACCESS, ...fields }) as unknown as {
      toBuffer(): Buffer
    }
  ).toBuffer()
  return pduOf(bytes)
}

function pduOf(bytes: Buffer): Pdu {
  return new (smpp.PDU as unknown as new (bytes: Buffer) => Pdu)(bytes)
}

describe('SMPP', () => {
  it('sends long texts as UCS2 parts with a user data header, asks for reports, states the validity', async () => {
    const rig = await centre()
    const { transport } = opened(rig.config as SmppConfig)
    const text = '督办'.repeat(50)
    await transport.submit(
      { to: PHONE, text, extension: '7', expiresAt: Date.parse('2099-03-01T12:00:00+08:00') },
      patience(),
    )
    const submitted = rig.seen.filter(({ command }) => command === 'submit_sm')
    expect(submitted).toMatchObject(
      [1, 2].map(() => ({
        source_addr: `${ACCESS}7`,
        destination_addr: PHONE,
        esm_class: 0x40,
        data_coding: 8,
        registered_delivery: 1,
      })),
    )
    const headers = submitted.map(({ short_message: short }) => [...(short?.udh?.[0] ?? [])])
    expect(headers.map(([element, length, , total, number]) => [element, length, total, number])).toEqual([
      [0, 3, 2, 1],
      [0, 3, 2, 2],
    ])
    expect(new Set(headers.map(([, , reference]) => reference)).size).toBe(1)
    expect(submitted.map(({ short_message: short }) => short?.message).join('')).toBe(text)
    expect((submitted[0] as unknown as { validity_period: Date }).validity_period).toEqual(
      new Date('2099-03-01T12:00:00+08:00'),
    )
  })

  it('a wrong password is said, and nothing is taken', async () => {
    const rig = await centre()
    const { transport, events } = opened(rig.config as SmppConfig, 'wrong')
    await until(() => events.of('sms.lost').length === 1, { what: 'the refusal' })
    expect(
      await transport.submit({ to: PHONE, text: '催办' }, patience()).catch((error: unknown) => error),
    ).toMatchObject({
      code: 'SMS_LOGIN',
      retryable: true,
      inDoubt: false,
    })
  })

  it('tests an idle line, and leaves one that is dead', async () => {
    const rig = await centre()
    const live = opened({ ...(rig.config as SmppConfig), link: { ...LINK, idleMs: 20 } })
    await until(() => rig.seen.filter(({ command }) => command === 'enquire_link').length >= 3, { what: 'three tests' })
    expect(live.events.of('sms.lost')).toEqual([])
    // Says yes to the bind and nothing after it.
    let connections = 0
    const mute = createServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.once('data', () => socket.write(Buffer.from('0000001180000009000000000000000100', 'hex')))
    })
    const port = await listening(mute)
    onTestFinished(() => void mute.close())
    const dead = opened({ ...(rig.config as SmppConfig), port, link: { ...LINK, idleMs: 20, answerMs: 20 } })
    await until(() => connections >= 2, { what: 'the second connection' })
    expect(dead.events.of('sms.lost')[0]).toMatchObject({ error: 'SYSTEM_TIMEOUT' })
  })

  it('reads replies in the encodings that centres use', async () => {
    const rig = await centre()
    const { kept } = opened(rig.config as SmppConfig)
    await until(() => rig.sessions.length === 1 && rig.seen.length > 0, { what: 'the bind' })
    const send = (fields: Readonly<Record<string, unknown>>) =>
      rig.sessions[0]?.send(
        new smpp.PDU('deliver_sm', { source_addr: `86${PHONE}`, destination_addr: `${ACCESS}31`, ...fields }),
      )
    send({ data_coding: 8, short_message: '参加' })
    send({ data_coding: 0, short_message: Buffer.from('OK') })
    send({ data_coding: 15, short_message: Buffer.from('b2cebcd3', 'hex') })
    send({ data_coding: 4, short_message: Buffer.from([1, 2]) })
    send({ data_coding: 8, message_payload: '整段'.repeat(100) })
    await until(() => kept.replies.length === 5, { what: 'five replies' })
    expect(kept.replies.map(({ text }) => text)).toEqual(['参加', 'OK', '参加', '0x0102', '整段'.repeat(100)])
    expect(new Set(kept.replies.map(({ id }) => id)).size).toBe(5)
    expect(kept.replies[0]).toMatchObject({ from: PHONE, extension: '31' })
  })

  it('bytes that are no SMPP end the connection, and it is made anew', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.once('data', () => socket.write(Buffer.alloc(64, 0xee)))
    })
    const port = await listening(server)
    onTestFinished(() => void server.close())
    const { events } = opened(
      smppSchema.parse({ kind: 'smpp', host: '127.0.0.1', port, account: 'yizhan', accessNumber: ACCESS, link: LINK }),
    )
    await until(() => connections >= 2, { what: 'the second connection' })
    expect(events.all.map(({ code }) => code)).toEqual(['sms.lost'])
  })
})

describe('delivery receipts', () => {
  it.each([
    [
      'id:a1 sub:001 dlvrd:001 submit date:2603011200 done date:260301120205 stat:DELIVRD err:000 text:x',
      { part: 'a1', state: 'delivered', code: 'DELIVRD', at: Date.parse('2026-03-01T12:02:05+08:00') },
    ],
    ['id:a1 stat:UNDELIV err:012', { part: 'a1', state: 'failed', code: 'UNDELIV:012', at: undefined }],
    ['ID:7 Stat:expired', { part: '7', state: 'expired', code: 'EXPIRED' }],
    ['id:7 stat:ENROUTE', { part: '7', state: 'waiting' }],
  ])('%s', (text, report) => {
    const pdu = delivered({ esm_class: 4, short_message: Buffer.from(text) })
    expect(isReceipt(pdu)).toBe(true)
    expect(readSmppReceipt('sms', pdu)).toMatchObject({ to: PHONE, ...report })
  })

  it('the optional parameters do too, and nothing is no receipt', () => {
    expect(
      readSmppReceipt(
        'sms',
        delivered({ esm_class: 4, short_message: '', receipted_message_id: 'b2', message_state: 3 }),
      ),
    ).toMatchObject({
      part: 'b2',
      state: 'expired',
    })
    expect(() => readSmppReceipt('sms', delivered({ esm_class: 4, short_message: Buffer.from('hello') }))).toThrow(
      'SMS_FRAME',
    )
    expect(isReceipt(delivered({ short_message: Buffer.from('id:1 stat:DELIVRD') }))).toBe(false)
  })

  it('20000 mutated ones are read or refused', () => {
    const random = new Random(5)
    const seed = Buffer.from(
      (
        delivered({
          esm_class: 4,
          short_message: Buffer.from(
            'id:a1 sub:001 submit date:2603011200 done date:2603011202 stat:UNDELIV err:012 text:',
          ),
        }) as unknown as { toBuffer(): Buffer }
      ).toBuffer(),
    )
    const outcomes = { read: 0, refused: 0, library: 0 }
    for (let input = 0; input < 20_000; input++) {
      const bytes = Buffer.from(seed)
      for (let times = random.integer(1, 6); times > 0; times--)
        bytes[random.integer(16, bytes.length - 1)] = random.integer(0, 255)
      let pdu: Pdu
      try {
        pdu = pduOf(bytes)
      } catch {
        // The session closes for these.
        outcomes.library++
        continue
      }
      try {
        readSmppReceipt('sms', pdu)
        outcomes.read++
      } catch (error) {
        if (!(error instanceof YizhanError)) throw error
        outcomes.refused++
      }
    }
    expect(outcomes.read).toBeGreaterThan(1000)
    expect(outcomes.refused).toBeGreaterThan(1000)
  })
})
