import { describe, expect, it } from 'vitest'
import {
  addressText,
  addressWord,
  eventAddress,
  readAddress,
  storedAddress,
  type Address,
} from '../../../core/ledger/address.ts'
import { ERROR, REFUSED, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { LocalLedger } from './lib/local.ts'

/** As ledgers have them since the first: the text must never change, for lanes and lists go by it. */
const STORED: readonly (readonly [Address, { readonly system: string; readonly unit: string | null }, string])[] = [
  [{ to: 'unit', system: 'oa', unit: 'finance' }, { system: 'oa', unit: 'finance' }, ''],
  [{ to: 'system', system: 'portal' }, { system: 'portal', unit: null }, ''],
  [{ to: 'channel', queue: 'q' }, { system: 'channel', unit: '{"queue":"q"}' }, 'channel queue q'],
  [
    { to: 'channel', exchange: 'x', key: 'a.#' },
    { system: 'channel', unit: '{"exchange":"x","key":"a.#"}' },
    'channel exchange x key a.#',
  ],
  [
    { to: 'timer', name: '催办@办公室', at: 1_000 },
    { system: 'timer', unit: '催办@办公室@1000' },
    'timer 催办@办公室 at 1970-01-01T00:00:01.000Z',
  ],
  [
    { to: 'collection', name: 'n', until: 1_000 },
    { system: 'collect', unit: '{"name":"n","until":1000}' },
    'collection n until 1970-01-01T00:00:01.000Z',
  ],
  [
    { to: 'collection', name: 'n', until: 1_000, look: true },
    { system: 'collect', unit: '{"name":"n","until":1000,"look":true}' },
    'collection n until 1970-01-01T00:00:01.000Z (look)',
  ],
  [
    { to: 'collection', name: 'n', answers: ['reply', 'return'], look: true },
    { system: 'collect', unit: '{"name":"n","answers":["reply","return"],"look":true}' },
    'collection n of reply+return (look)',
  ],
]

describe('an address', () => {
  it.each(STORED)('%j is kept as ever, read again, and shown in words', (address, stored, words) => {
    expect(storedAddress(address)).toEqual(stored)
    expect(readAddress(stored)).toEqual(address)
    if (address.to === 'unit' || address.to === 'system') return
    expect(addressText(address)).toBe(words)
    expect(eventAddress(stored)).toEqual({ place: words })
    expect(addressWord(address)).not.toMatch(/[\s{"]/u)
  })

  it('that nothing here has written is damage of the ledger', () => {
    expect(() => readAddress({ system: 'channel', unit: 'q' })).toThrow(
      expect.objectContaining({ code: 'LEDGER_CORRUPT' }) as Error,
    )
  })
})

describe('a delivery to a channel', () => {
  it('says in every event, in its dead letter and in its outcome where it goes; a row of an earlier house is not doubled', async () => {
    const clock = new TestClock()
    const local = await LocalLedger.open(clock)
    const s = new Steps(
      {
        get ledger() {
          return local.ledger
        },
        content: undefined as never,
        reopen: () => Promise.resolve(),
        remove: () => Promise.resolve(),
      },
      clock,
    )
    await s.subscribe()
    await s.subscribe('told', { source: 'outcome' })
    const target = {
      system: 'channel',
      address: { to: 'channel', queue: 'q' },
      mode: 'push',
      order: 'document',
    } as const
    const message = s.document()
    const [announced] = await s.sent(message, [target])
    expect(announced).toMatchObject({ row: `${message.id}/channel_queue_q`, address: { to: 'channel', queue: 'q' } })
    expect(announced).not.toHaveProperty('unit')
    const claim = await s.claimed(announced?.row ?? '')
    expect(claim).toMatchObject({ address: target.address })
    const { events } = await s.book(claim, REFUSED)
    expect(events.map(({ code, place, unit }) => [code, place, unit])).toEqual([
      ['delivery.refused', 'channel queue q', undefined],
      ['dead-letter.added', 'channel queue q', undefined],
    ])
    const letter = await s.ledger.deadLetters.show(claim.row)
    expect(letter).toMatchObject({ system: 'channel', address: target.address, error: { code: ERROR.code } })
    expect(letter).not.toHaveProperty('unit')
    expect((await s.claimHop('told')).message).toMatchObject({
      from: { name: 'channel queue q' },
      outcome: { system: 'channel' },
    })
    expect(JSON.stringify(await s.ledger.journal.timeline(message.id))).not.toContain(String.raw`{\"`)

    const other = s.document()
    local.db.prepare('update delivery set id = ? where id = ?').run(`${other.id}/{"queue":"q"}`, claim.row)
    expect(await s.sent(other, [target])).toEqual([])
    expect(local.db.prepare('select count(*) from delivery').pluck().get()).toBe(1)
    local.remove()
  })
})
