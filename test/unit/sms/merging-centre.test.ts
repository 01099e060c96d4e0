import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { smsSchema } from '../../../adapters/sms/config.ts'
import { Window } from '../../../adapters/sms/link/window.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import {
  type ByteCentre,
  byteCentre,
  CONNECT,
  frame,
  RESP,
  type Seen,
  SUBMIT,
  taken,
  welcome,
} from './lib/byte-centre.ts'
import { cmppConfig, openCmpp, patience, PHONE, SECRET } from './lib/house.ts'

/** Offsets in the body of SUBMIT (QB-GF-028-2003, 8.4.3.1). */
const PK_TOTAL = 8
const PK_NUMBER = 9

/** CONNECT_RESP of 2.x with a proof over four bytes of status, as sms-core makes it. */
function fourBytes({ sequence, body }: Seen): Buffer {
  const proof = createHash('md5').update(Buffer.alloc(4)).update(body.subarray(6, 22)).update(SECRET).digest('hex')
  return frame(RESP + CONNECT, sequence, `00 ${proof} 20`)
}

const total = ({ body }: Seen): number => body[PK_TOTAL] ?? 0

/** Puts a text together before it answers any of its parts, and then answers all of them. */
async function mergingCentre(): Promise<ByteCentre & { readonly texts: () => number }> {
  const halves = new Map<string, Seen[]>()
  let texts = 0
  const centre: ByteCentre = await byteCentre((seen) => {
    if (seen.command === CONNECT) return fourBytes(seen)
    if (seen.command !== SUBMIT) return undefined
    if (total(seen) === 1) return taken(seen)
    const content = seen.body.subarray(seen.body.indexOf(Buffer.from([5, 0, 3])))
    const key = `${content[3] ?? 0}/${content[4] ?? 0}`
    const parts = [...(halves.get(key) ?? []), seen]
    halves.set(key, parts)
    if (new Set(parts.map(({ body }) => body[PK_NUMBER])).size < total(seen)) return undefined
    halves.delete(key)
    texts++
    return Buffer.concat(parts.map((part) => taken(part)))
  })
  return { ...centre, texts: () => texts }
}

const long = '关于做好防汛抗旱工作的紧急通知，请各单位主要负责同志到岗到位。'.repeat(20)

describe('a centre that merges first', () => {
  it('is logged in to with the default version, though it hashes the status as four bytes', async () => {
    const centre = await mergingCentre()
    const { transport, house } = openCmpp(cmppConfig(centre.port))
    await transport.submit({ to: PHONE, text: '催办' }, patience())
    expect(house.events.all.map(({ code }) => code)).toEqual(['sms.connected'])
  })

  it('gets all parts of a text at once, and the text is taken', async () => {
    const centre = await mergingCentre()
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { tries: 1 }))
    const { parts } = await transport.submit({ to: PHONE, text: long }, patience())
    expect(parts).toHaveLength(10)
    expect(new Set(parts).size).toBe(10)
    expect(centre.texts()).toBe(1)
    const numbers = centre.of(SUBMIT).map(({ body }) => body[PK_NUMBER])
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('gets many texts together: none holds a part of the window that another needs', async () => {
    const centre = await mergingCentre()
    // Paced, so that parts of one would come between those of another.
    const { transport } = openCmpp(cmppConfig(centre.port, { pace: { perSecond: 200 } }, { tries: 1 }))
    const all = await Promise.all(
      Array.from({ length: 8 }, () => transport.submit({ to: PHONE, text: long }, patience())),
    )
    expect(all.map(({ parts }) => parts.length)).toEqual(Array.from({ length: 8 }, () => 10))
    expect(centre.texts()).toBe(8)
  })
})

describe('parts of a text', () => {
  it('more of them than its window or the setting allows is refused before anything is sent, and the setting named', async () => {
    const centre = await byteCentre((seen) => (seen.command === CONNECT ? welcome(seen) : taken(seen)))
    for (const more of [{ window: 4 }, { window: 8, maxParts: 4 }]) {
      const { transport } = openCmpp(cmppConfig(centre.port, more))
      await expect(transport.submit({ to: PHONE, text: long }, patience())).rejects.toMatchObject({
        code: 'SMS_LENGTH',
        message: expect.stringMatching(/settings\.centre\.maxParts.*4/) as string,
      })
    }
    expect(centre.of(SUBMIT)).toEqual([])
    const { transport } = openCmpp(cmppConfig(centre.port, { window: 255, maxParts: 255 }))
    const whole = (parts: number) => '督'.repeat(67 * parts)
    expect((await transport.submit({ to: PHONE, text: whole(255) }, patience())).parts).toHaveLength(255)
    await expect(transport.submit({ to: PHONE, text: whole(256) }, patience())).rejects.toMatchObject({
      code: 'SMS_LENGTH',
    })
  })

  it.each([
    [{ window: 8, maxParts: 9 }, false],
    [{ maxParts: 17 }, false],
    [{ window: 1000, maxParts: 256 }, false],
    [{ window: 9, maxParts: 9 }, true],
    [{ window: 1 }, true],
  ])('a setting that can never hold is refused by name: %j', (more, holds) => {
    const base = { host: '127.0.0.1', account: '900001', accessNumber: '10650001', ...more }
    for (const kind of ['cmpp', 'smpp']) {
      const checked = smsSchema.safeParse({ kind, ...base })
      expect(checked.success).toBe(holds)
      expect(checked.error?.issues.map(({ path }) => path) ?? []).toEqual(holds ? [] : [['maxParts']])
    }
  })

  it('one that is refused stands for the text, which is then not in doubt though others were never answered', async () => {
    const centre = await byteCentre((seen) => {
      if (seen.command === CONNECT) return welcome(seen)
      return seen.command === SUBMIT && seen.body[PK_NUMBER] === 3 ? taken(seen, 9) : undefined
    })
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { answerMs: 200, tries: 1 }))
    await expect(transport.submit({ to: PHONE, text: long }, patience())).rejects.toMatchObject({
      code: 'SMS_REFUSED',
      inDoubt: false,
    })
  })

  it('none of which is answered leave the text in doubt', async () => {
    const centre = await byteCentre((seen) => (seen.command === CONNECT ? welcome(seen) : undefined))
    const { transport } = openCmpp(cmppConfig(centre.port, {}, { answerMs: 200, tries: 1 }))
    await expect(transport.submit({ to: PHONE, text: long }, patience())).rejects.toMatchObject({
      code: 'SYSTEM_TIMEOUT',
      inDoubt: true,
    })
  })

  it('that the flow control sent back go again by themselves', async () => {
    let refusals = 3
    const centre = await byteCentre((seen) => {
      if (seen.command === CONNECT) return welcome(seen)
      if (seen.command !== SUBMIT) return undefined
      return (seen.body[PK_NUMBER] ?? 0) > 7 && refusals-- > 0 ? taken(seen, 8) : taken(seen)
    })
    const { transport, house } = openCmpp(cmppConfig(centre.port, { pace: { slowPerSecond: 1_000, slowMs: 50 } }))
    expect((await transport.submit({ to: PHONE, text: long }, patience())).parts).toHaveLength(10)
    expect(centre.of(SUBMIT).map(({ body }) => body[PK_NUMBER])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 8, 9, 10])
    expect(house.events.of('sms.slowed').length).toBeGreaterThan(0)
  })
})

describe('a proof that is wrong', () => {
  it('is refused, and the error names the setting', async () => {
    const centre = await byteCentre((seen) => (seen.command === CONNECT ? welcome(seen, 'another') : undefined))
    const { transport } = openCmpp(cmppConfig(centre.port))
    await expect(transport.submit({ to: PHONE, text: '催办' }, patience())).rejects.toMatchObject({
      code: 'SMS_LOGIN',
      message: expect.stringContaining('checkCentre') as string,
    })
  })
})

describe('the window', () => {
  it('gives whole texts their places in order, at most all of it, and lets nobody pass who asks for less', async () => {
    const window = new Window(4)
    const { signal } = new AbortController()
    const first = await window.take(3, signal)
    const order: string[] = []
    const second = window.take(9, signal).then((places) => {
      order.push(`second ${places.length}`)
      return places
    })
    const third = window.take(1, signal).then((places) => {
      order.push(`third ${places.length}`)
      return places
    })
    for (const place of first) {
      place()
      place()
    }
    for (const place of await second) place()
    for (const place of await third) place()
    expect(order).toEqual(['second 4', 'third 1'])
    expect(await window.take(4, signal)).toHaveLength(4)
  })

  it('one that has given up was not submitted, whatever the reason says', async () => {
    const window = new Window(1)
    const { signal } = new AbortController()
    await window.take(1, signal)
    const given = new AbortController()
    const waiting = window.take(2, given.signal)
    given.abort(new YizhanError('SYSTEM_TIMEOUT', { field: 'sms' }, { inDoubt: true }))
    await expect(waiting).rejects.toMatchObject({ code: 'SYSTEM_TIMEOUT', inDoubt: false })
  })
})
