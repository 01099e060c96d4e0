import { describe, expect, it } from 'vitest'
import { channelAddress } from '../../../station/channels.ts'

describe('where a channel lies', () => {
  it('is a queue, or an exchange with a key', () => {
    expect(channelAddress({ queue: 'orders' })).toEqual({ queue: 'orders' })
    expect(channelAddress({ exchange: 'events', key: 'a.#' })).toEqual({ exchange: 'events', key: 'a.#' })
    expect(channelAddress({ exchange: 'events', queue: 'mine' })).toEqual({
      exchange: 'events',
      key: '#',
      queue: 'mine',
    })
  })

  // A broker refuses to bind to its default exchange, again and again, and returns what is sent there under a pattern.
  it.each([{}, { queue: '' }, { exchange: '', key: '#' }, { exchange: '', key: '#', queue: 'mine' }])(
    'is not %o: a dialog that was not filled in',
    (given) => {
      expect(() => channelAddress(given)).toThrow(/FIELD_INVALID .*channel/)
    },
  )
})
