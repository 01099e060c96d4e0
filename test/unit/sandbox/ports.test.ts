import { createServer } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { freePorts, listen } from '../../../sandbox/net/ports.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('gives no port away twice, though nobody listens on it yet, and no server takes one that was given away', async () => {
  const [first] = (await freePorts(1)) as [number]
  // Chance would have it that the same one is drawn again.
  const drawn = (first - 15_000 + 0.5) / 17_000
  vi.spyOn(Math, 'random')
    .mockReturnValueOnce(drawn)
    .mockReturnValueOnce(0.5)
    .mockReturnValueOnce(drawn)
    .mockReturnValueOnce(0.25)
  expect(await freePorts(1)).not.toContain(first)
  const server = createServer()
  expect(await listen(server, 0)).not.toBe(first)
  server.close()
})

it('are below those of outgoing connections', async () => {
  const ports = await freePorts(20)
  expect(new Set(ports).size).toBe(20)
  for (const port of ports) expect(port).toBeLessThan(32_768)
})
