import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { Random } from '../../../sandbox/opening-day/random.ts'
import { listening } from '../../conformance/lib/sms-rig.ts'
import { until } from '../../lib/wait.ts'
import { ascii, byteCentre, CONNECT, frame, nul, RESP, type Seen, SUBMIT, taken, welcome } from './lib/byte-centre.ts'
import { ACCESS, cmppConfig, keeper, openCmpp, patience, PHONE } from './lib/house.ts'

const TERMINATE = 2
const TEST = 8

/** Lets everybody in; what else is done is up to the test. */
function polite(rest: (seen: Seen) => Buffer | undefined = () => undefined): (seen: Seen) => Buffer | undefined {
  return (seen) => (seen.command === CONNECT ? welcome(seen) : rest(seen))
}

const id = 'b4c5530000010000'
/** DELIVER of 2.x: `OK` from the phone. */
const ok = `${id} ${ascii(ACCESS, 21)} ${nul(10)} 00 00 00 ${ascii(PHONE, 21)} 00 02 4f4b ${nul(8)}`

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => value,
    (error: unknown) => error,
  )
}

describe('submissions', () => {
  it('at most a window of them is without an answer', async () => {
    const centre = await byteCentre(polite())
    const { transport } = openCmpp(cmppConfig(centre.port, { window: 4 }, { answerMs: 5000 }))
    const all = Array.from({ length: 7 }, (_, at) => transport.submit({ to: PHONE, text: `第${at}条` }, patience()))
    await until(() => centre.of(SUBMIT).length >= 4, { what: 'a full window' })
    for (let answered = 0; answered < 7; answered++) {
      // Each answer lets exactly one more go.
      await until(() => centre.of(SUBMIT).length === Math.min(7, answered + 4), { what: `submission ${answered + 4}` })
      centre.send(taken(centre.of(SUBMIT)[answered]!))
    }
    expect((await Promise.all(all)).map(({ parts }) => parts.length)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  it('the window is 16 unless told', async () => {
    const centre = await byteCentre(polite())
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { answerMs: 3_000, tries: 1 }))
    const all = Array.from({ length: 20 }, () => outcome(transport.submit({ to: PHONE, text: '催办' }, patience())))
    await until(() => centre.of(SUBMIT).length === 16, { what: 'a full window' })
    await until(() => centre.of(SUBMIT).length === 20, { what: 'the rest, when the first are given up' })
    for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'SYSTEM_TIMEOUT', inDoubt: true })
  })

  it('what is not answered is sent again, the same bytes, and then in doubt; an answer that is late does no harm', async () => {
    let isBack = false
    const centre = await byteCentre(polite((seen) => (isBack && seen.command === SUBMIT ? taken(seen) : undefined)))
    const { transport, house } = openCmpp(cmppConfig(centre.port, {}, { answerMs: 300, tries: 3 }))
    expect(await outcome(transport.submit({ to: PHONE, text: '催办' }, patience()))).toMatchObject({
      code: 'SYSTEM_TIMEOUT',
      inDoubt: true,
      facts: { rule: '3 × 300 ms' },
    })
    await until(() => centre.of(SUBMIT).length >= 3, { what: 'the third copy' })
    const sent = centre.of(SUBMIT)
    expect(sent).toHaveLength(3)
    expect(sent).toEqual([sent[0], sent[0], sent[0]])
    centre.send(taken(sent[0]!), taken(sent[0]!))
    isBack = true
    expect(await transport.submit({ to: PHONE, text: '再来' }, patience())).toEqual({ parts: ['0000000000000002'] })
    expect(house.events.all.map(({ code }) => code)).toEqual(['sms.connected'])
  })

  it('an answer to the second copy is the answer', async () => {
    let copies = 0
    const centre = await byteCentre(
      polite((seen) => (seen.command === SUBMIT && ++copies === 2 ? taken(seen) : undefined)),
    )
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { answerMs: 300 }))
    expect(await transport.submit({ to: PHONE, text: '催办' }, patience())).toEqual({ parts: ['0000000000000001'] })
  })

  it('aborted before they are sent they are not in doubt, afterwards they are', async () => {
    const centre = await byteCentre(polite())
    const { transport } = openCmpp(cmppConfig(centre.port, { window: 1 }, { answerMs: 5000 }))
    const controllers = [new AbortController(), new AbortController()]
    const all = controllers.map(({ signal }) => outcome(transport.submit({ to: PHONE, text: '催办' }, signal)))
    await until(() => centre.of(SUBMIT).length === 1, { what: 'the first' })
    for (const controller of controllers)
      controller.abort(new YizhanError('SYSTEM_TIMEOUT', { field: 'sms', rule: '1 ms' }, { inDoubt: true }))
    expect(await Promise.all(all)).toMatchObject([
      { code: 'SYSTEM_TIMEOUT', inDoubt: true },
      { code: 'SYSTEM_TIMEOUT', inDoubt: false },
    ])
  })

  it('are not sent again once their caller has given up: the copy of the next attempt would be one too many', async () => {
    const centre = await byteCentre(
      polite((seen) => (seen.command === SUBMIT && seen.sequence === 2 ? taken(seen) : undefined)),
    )
    const { transport } = openCmpp(cmppConfig(centre.port, { window: 1 }, { answerMs: 300, tries: 3 }))
    const caller = new AbortController()
    const given = outcome(transport.submit({ to: PHONE, text: '催办' }, caller.signal))
    await until(() => centre.of(SUBMIT).length === 1, { what: 'the first' })
    caller.abort(new YizhanError('SYSTEM_TIMEOUT', { field: 'sms', rule: '1 ms' }, { inDoubt: true }))
    expect(await given).toMatchObject({ code: 'SYSTEM_TIMEOUT', inDoubt: true })
    // Its place in the window is free when T × N is over: whatever would have gone again has gone by then.
    await transport.submit({ to: PHONE, text: '再来' }, patience())
    expect(centre.of(SUBMIT).map(({ sequence }) => sequence)).toEqual([1, 2])
  })

  it('an answer that makes no sense leaves them in doubt', async () => {
    const centre = await byteCentre(
      polite((seen) => (seen.command === SUBMIT ? frame(RESP + SUBMIT, seen.sequence, '0102') : undefined)),
    )
    const { transport } = openCmpp(cmppConfig(centre.port))
    expect(await outcome(transport.submit({ to: PHONE, text: '催办' }, patience()))).toMatchObject({
      code: 'SMS_FRAME',
      inDoubt: true,
    })
  })

  it.each([3, 9, 200])('result %s is refused; 3 says that an earlier copy came', async (result) => {
    const centre = await byteCentre(polite((seen) => (seen.command === SUBMIT ? taken(seen, result) : undefined)))
    const { transport } = openCmpp(cmppConfig(centre.port))
    const error = await outcome(transport.submit({ to: PHONE, text: '催办' }, patience()))
    expect(error).toMatchObject({ code: 'SMS_REFUSED', inDoubt: result === 3, facts: { value: `Result ${result}` } })
  })

  it('at most so many a second as configured', async () => {
    const centre = await byteCentre(polite((seen) => (seen.command === SUBMIT ? taken(seen) : undefined)))
    const { transport } = openCmpp(cmppConfig(centre.port, { pace: { perSecond: 50 } }))
    const started = performance.now()
    await Promise.all(Array.from({ length: 11 }, () => transport.submit({ to: PHONE, text: '催办' }, patience())))
    expect(performance.now() - started).toBeGreaterThan(195)
  })

  it('wrong input never reaches the centre', async () => {
    const centre = await byteCentre(polite())
    const { transport } = openCmpp(cmppConfig(centre.port, { maxParts: 2 }))
    const wrong = [
      { to: '10086', text: '催办' },
      { to: PHONE, text: '' },
      { to: PHONE, text: '督'.repeat(135) },
      { to: PHONE, text: '催办', extension: '1'.repeat(20) },
    ]
    const codes = await Promise.all(
      wrong.map(async (sms) => ((await outcome(transport.submit(sms, patience()))) as YizhanError).code),
    )
    expect(codes).toEqual(['SMS_NUMBER', 'SMS_LENGTH', 'SMS_LENGTH', 'FIELD_INVALID'])
    expect(centre.of(SUBMIT)).toEqual([])
  })
})

describe('login', () => {
  it('is not believed from a centre that cannot prove itself, unless told', async () => {
    const centre = await byteCentre((seen) =>
      seen.command === CONNECT ? welcome(seen, 'wrong') : seen.command === SUBMIT ? taken(seen) : undefined,
    )
    const strict = openCmpp(cmppConfig(centre.port))
    await until(() => strict.house.events.of('sms.lost').length === 1, { what: 'distrust' })
    expect(strict.house.events.of('sms.lost')).toMatchObject([{ error: 'SMS_LOGIN' }])
    const lax = openCmpp(cmppConfig(centre.port, { checkCentre: false }))
    await lax.transport.submit({ to: PHONE, text: '催办' }, patience())
  })

  it('says nothing of what comes before it, and takes what comes with it', async () => {
    const deliver = frame(5, 9, ok)
    const kept = keeper()
    const centre = await byteCentre((seen, connection) => {
      if (seen.command !== CONNECT) return undefined
      return connection === 1 ? Buffer.concat([deliver, welcome(seen)]) : Buffer.concat([welcome(seen), deliver])
    })
    const { house } = openCmpp(cmppConfig(centre.port), kept)
    await until(() => centre.of(RESP + 5).length === 1, { what: 'the answer' })
    expect(centre.connections()).toBe(2)
    expect(house.events.of('sms.garbage')).toHaveLength(1)
    expect(kept.replies).toMatchObject([{ id, from: PHONE, text: 'OK', extension: '' }])
    expect(centre.of(RESP + 5)[0]).toMatchObject({ sequence: 9, body: Buffer.from(`${id}00`, 'hex') })
  })

  it('waits for the answer no longer than it may, and tries again with longer waits', async () => {
    const centre = await byteCentre(() => undefined)
    const { house } = openCmpp(cmppConfig(centre.port, {}, { connectMs: 30, backoffMs: 20, maxBackoffMs: 60 }))
    await until(() => centre.connections() >= 4, { what: 'four tries' })
    expect(house.events.all.map(({ code }) => code)).toEqual(['sms.lost'])
  })
})

describe('the line', () => {
  it('is tested when it is idle, and stays when that is answered', async () => {
    const centre = await byteCentre(
      polite((seen) => (seen.command === TEST ? frame(RESP + TEST, seen.sequence, '00') : undefined)),
    )
    openCmpp(cmppConfig(centre.port, {}, { idleMs: 20, answerMs: 5000 }))
    await until(() => centre.of(TEST).length >= 3, { what: 'three tests' })
    expect(centre.connections()).toBe(1)
  })

  it('is given up when N tests are not answered', async () => {
    const centre = await byteCentre(polite())
    const { house } = openCmpp(cmppConfig(centre.port, {}, { idleMs: 20, answerMs: 20, tries: 3 }))
    await until(() => centre.connections() >= 2 && centre.of(TEST).length >= 3, {
      what: 'three tests and a second connection',
    })
    expect(house.events.of('sms.lost')[0]).toMatchObject({ error: 'SYSTEM_TIMEOUT' })
  })

  it('answers the centre’s tests', async () => {
    const centre = await byteCentre(polite())
    const { house } = openCmpp(cmppConfig(centre.port))
    await until(() => house.events.of('sms.connected').length === 1, { what: 'login' })
    centre.send(frame(TEST, 77))
    await until(() => centre.of(RESP + TEST).length === 1, { what: 'the answer' })
    expect(centre.of(RESP + TEST)).toEqual([{ command: RESP + TEST, sequence: 77, body: Buffer.alloc(1) }])
  })

  it('ends in order: what is under way is waited for, then TERMINATE', async () => {
    const centre = await byteCentre(
      polite((seen) => (seen.command === TERMINATE ? frame(RESP + TERMINATE, seen.sequence) : undefined)),
    )
    const { transport, house } = openCmpp(cmppConfig(centre.port, {}, { closeMs: 5000, answerMs: 5000 }))
    const sent = transport.submit({ to: PHONE, text: '最后一条' }, patience())
    await until(() => centre.of(SUBMIT).length === 1, { what: 'the submission' })
    const closed = transport.close()
    expect(await outcome(transport.submit({ to: PHONE, text: '太晚' }, patience()))).toMatchObject({
      code: 'SYSTEM_UNREACHABLE',
      inDoubt: false,
    })
    // Once this has come back, a goodbye that was too early would have arrived.
    centre.send(frame(TEST, 50))
    await until(() => centre.of(RESP + TEST).length === 1, { what: 'the answer to the test' })
    expect(centre.of(TERMINATE)).toEqual([])
    centre.send(taken(centre.of(SUBMIT)[0]!))
    expect(await sent).toEqual({ parts: ['0000000000000001'] })
    await closed
    expect(centre.seen.map(({ command }) => command)).toEqual([CONNECT, SUBMIT, RESP + TEST, TERMINATE])
    expect(house.events.of('sms.lost')).toEqual([])
  })

  it('a centre that says nothing does not hold the end for ever', async () => {
    const centre = await byteCentre(polite())
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { closeMs: 50, answerMs: 5000 }))
    const sent = outcome(transport.submit({ to: PHONE, text: '最后一条' }, patience()))
    await until(() => centre.of(SUBMIT).length === 1, { what: 'the submission' })
    await transport.close()
    expect(await sent).toMatchObject({ code: 'SYSTEM_UNREACHABLE', inDoubt: true })
  })

  it('the centre may end it: answered, and connected again', async () => {
    const centre = await byteCentre(polite())
    const { house } = openCmpp(cmppConfig(centre.port))
    await until(() => house.events.of('sms.connected').length === 1, { what: 'login' })
    centre.send(frame(TERMINATE, 5))
    await until(() => house.events.of('sms.connected').length === 2 && centre.of(RESP + TERMINATE).length > 0, {
      what: 'the answer and the second login',
    })
    expect(centre.of(RESP + TERMINATE)).toMatchObject([{ sequence: 5 }])
  })
})

describe('what the centre sends', () => {
  it.each([
    ['a DELIVER that ends early', `${id} ${nul(20)}`],
    [
      'a report of 20 bytes',
      `${id} ${ascii(ACCESS, 21)} ${nul(10)} 00 00 00 ${ascii(PHONE, 21)} 01 14 ${nul(20)} ${nul(8)}`,
    ],
  ])('%s is answered as wrong, and said', async (_, body) => {
    const centre = await byteCentre(polite())
    const { house } = openCmpp(cmppConfig(centre.port))
    await until(() => house.events.of('sms.connected').length === 1, { what: 'login' })
    centre.send(frame(5, 3, body))
    await until(() => centre.of(RESP + 5).length === 1, { what: 'the answer' })
    expect(centre.of(RESP + 5)).toEqual([{ command: RESP + 5, sequence: 3, body: Buffer.from(`${id}01`, 'hex') }])
    expect(house.events.of('sms.garbage')).toHaveLength(1)
    expect(centre.connections()).toBe(1)
  })

  it('commands that we make no use of are let pass, unknown ones end the connection', async () => {
    const centre = await byteCentre(polite((seen) => (seen.command === SUBMIT ? taken(seen) : undefined)))
    const { transport, house } = openCmpp(cmppConfig(centre.port))
    await until(() => house.events.of('sms.connected').length === 1, { what: 'login' })
    centre.send(
      frame(RESP + 6, 1, nul(51)),
      frame(RESP + 7, 2, '00'),
      frame(9, 3, nul(8)),
      frame(RESP + 4, 999, nul(9)),
    )
    await transport.submit({ to: PHONE, text: '仍然可用' }, patience())
    expect(house.events.of('sms.garbage')).toEqual([])
    centre.send(frame(0x4711, 4))
    await until(() => house.events.of('sms.connected').length === 2, { what: 'the second login' })
    expect(house.events.of('sms.garbage')).toMatchObject([{ detail: expect.stringContaining('0x4711') as string }])
  })

  it('however wrong it is, the session lives or is made anew', async () => {
    const random = new Random(9)
    const good = [frame(5, 1, ok), frame(RESP + SUBMIT, 2, `${id}00`), frame(TEST, 3), frame(RESP + TEST, 4, '00')]
    const ROUNDS = 60
    let connections = 0
    const server = createServer((socket) => {
      const isWrong = ++connections <= ROUNDS
      socket.on('error', () => undefined)
      socket.on('data', (chunk: Buffer) => {
        const seen = { command: chunk.readUInt32BE(4), sequence: chunk.readUInt32BE(8), body: chunk.subarray(12) }
        if (seen.command === CONNECT) socket.write(welcome(seen))
        if (seen.command === SUBMIT) socket.write(taken(seen))
        if (!isWrong) return
        const bytes = Buffer.concat(random.shuffle([...good, ...good]))
        for (let times = random.integer(1, 20); times > 0; times--)
          bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
        socket.end(bytes)
      })
    })
    const port = await listening(server)
    onTestFinished(() => void server.close())
    const { transport, house } = openCmpp(cmppConfig(port, {}, { backoffMs: 1, maxBackoffMs: 2 }))
    await until(() => connections > ROUNDS, { what: 'a connection that is well' })
    await until(() => transport.submit({ to: PHONE, text: '仍然可用' }, patience()), { what: 'a text' })
    expect(house.events.of('sms.garbage').length).toBeGreaterThan(ROUNDS / 2)
  })
})
