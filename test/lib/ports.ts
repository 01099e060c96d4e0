import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which Linux takes the ports of outgoing connections (32768 and up). */
const FIRST = 15_000
const COUNT = 17_000

/**
 * TCP ports of 127.0.0.1 that are free, each another one: for servers that cannot choose their own, or that come back
 * on the same one. No outgoing connection takes such a port while its server is down, and no client that knocks there
 * meets itself, as can happen with the ports that the system gives for port 0.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1000) throw new Error(`no ${count} free ports between ${FIRST} and ${FIRST + COUNT}`)
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (!ports.has(port) && (await isFree(port))) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}
