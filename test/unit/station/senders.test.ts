import { describe, expect, it } from 'vitest'
import type { Outbound, Sender, Taken } from '../../../core/delivery/port.ts'
import { retiring } from '../../../station/senders.ts'

const outbound = { id: 'd', message: {}, attempt: 1 } as Outbound
const { signal } = new AbortController()

function slow(): { readonly sender: Sender; answer(): void; readonly closed: () => boolean } {
  const answers: ((taken: Taken) => void)[] = []
  let closed = false
  return {
    sender: {
      send: () => new Promise((resolve) => answers.push(resolve)),
      close: () => {
        closed = true
        return Promise.resolve()
      },
    },
    answer: () => answers.shift()?.({ remoteId: 'r' }),
    closed: () => closed,
  }
}

describe('a sender that is replaced', () => {
  it('closes when its last call has ended', async () => {
    const { sender, answer, closed } = slow()
    const replaced = retiring(sender)
    const [first, second] = [replaced.send(outbound, signal), replaced.send(outbound, signal)]
    const ended = replaced.close()
    answer()
    await expect(first).resolves.toEqual({ remoteId: 'r' })
    expect(closed()).toBe(false)
    answer()
    await second
    await ended
    expect(closed()).toBe(true)
  })

  it('closes at once when it is idle, and asks only where its protocol can', async () => {
    const { sender, closed } = slow()
    const replaced = retiring(sender)
    expect(replaced.probe).toBeUndefined()
    await replaced.close()
    expect(closed()).toBe(true)
    const asked = retiring({ ...sender, probe: () => Promise.resolve({ taken: true }) })
    await expect(asked.probe?.(outbound, signal)).resolves.toEqual({ taken: true })
  })
})
