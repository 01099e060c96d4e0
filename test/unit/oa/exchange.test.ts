import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { exchange } from '../../../adapters/kit/http/exchange.ts'

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1')

describe('a system at an IPv6 address', () => {
  it.skipIf(!hasIpv6)('is reached', async () => {
    const server = createServer((_request, response) => response.end('here'))
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve))
    const agent = new Agent()
    try {
      const url = new URL(`http://[::1]:${(server.address() as AddressInfo).port}/`)
      const answer = await exchange({
        system: 's',
        url,
        agent,
        headers: {},
        chunks: [],
        signal: AbortSignal.timeout(10_000),
      })
      expect([answer.status, answer.bytes.toString()]).toEqual([200, 'here'])
    } finally {
      agent.destroy()
      server.close()
    }
  })
})
