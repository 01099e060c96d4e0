import { describe, expect, it } from 'vitest'
import type { PickupItem } from '../../../core/ledger/port.ts'
import type { CollectionMessage, Message } from '../../../core/message/schema.ts'
import { collectSender } from '../../../station/collects.ts'

/** A list of what is kept; confirming it breaks down so many times, as if the station were killed there. */
function rig(titles: readonly string[], breaks: number) {
  let left = breaks
  const kept: PickupItem[] = titles.map((title) => ({ row: `${title}/row`, message: documentOf(title), createdAt: 0 }))
  const taken = new Map<string, CollectionMessage>()
  const none = (): Promise<never> => Promise.reject(new Error('not asked for'))
  const sender = collectSender({
    station: 'st', clock: { now: () => 1_000 },
    take: (message, { key = '' }) => {
      const known = taken.get(key)
      if (known === undefined) taken.set(key, message as CollectionMessage)
      return Promise.resolve({ id: message.id, repeated: known !== undefined })
    },
    ledger: {
      journal: { message: (id) => Promise.resolve([...taken.values()].find((message) => message.id === id)), status: none, answers: none, deliveriesOf: none },
      pickup: {
        list: ({ max }) => Promise.resolve(kept.slice(0, max)),
        get: none, fetched: none,
        confirm: ({ row }) => {
          if (left-- > 0) return Promise.reject(new Error('killed'))
          kept.splice(kept.findIndex((item) => item.row === row), 1)
          return Promise.resolve()
        },
      },
    },
  })
  const look = (): Promise<unknown> =>
    sender.send({ id: 'd', unit: JSON.stringify({ name: 'day', until: 1, look: true }), message: documentOf('look'), attempt: 1 }, new AbortController().signal)
  return { kept, taken, look }
}

function documentOf(title: string): Message {
  return {
    schema: 'document/1', kind: 'document', id: title, trace: title, from: { name: '市政府办公室' }, recipients: [], urgency: 'ordinary', acceptedAt: '2011-09-01T00:00:00.000Z',
    origin: { system: 'oa' }, files: [], document: { direction: 'issue', title },
  }
}

describe('a collection of a time', () => {
  it('is made once when it was made and what it holds could not be taken off the list', async () => {
    const { kept, taken, look } = rig(['a', 'b'], 1)
    await expect(look()).rejects.toThrow('killed')
    // comes while nobody looks
    kept.push({ row: 'c/row', message: documentOf('c'), createdAt: 0 })
    await look()
    const collections = [...taken.values()].map(({ collection }) => collection.entries.map(({ message }) => message))
    expect(collections).toEqual([['a', 'b'], ['c']])
    expect(kept).toEqual([])
  })

  it('of nothing is not made', async () => {
    const { taken, look } = rig([], 0)
    await look()
    expect(taken.size).toBe(0)
  })
})
