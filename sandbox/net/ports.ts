import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below the range from which Linux takes the ports of outgoing connections (32768 and up). */
const FIRST = 15_000
const COUNT = 17_000
const TRIES = 1_000
/** What this process has drawn: their servers may not listen yet, or be down just now. */
const drawn = new Set<number>()

/**
 * TCP ports of 127.0.0.1 that are free, each another one: for servers that come back on the same one. No outgoing
 * connection takes such a port while its server is down, and no client that knocks there meets itself, as can happen
 * with the ports that the system gives for port 0.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > TRIES)
      throw new Error(`没有可用的本机端口 / no free loopback port between ${FIRST} and ${FIRST + COUNT}`)
    const port = anyPort()
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

/** `wanted` if it is free, another one otherwise. */
export async function freePort(wanted: number): Promise<number> {
  if (wanted !== 0 && (await isFree(wanted))) return wanted
  const [port] = (await freePorts(1)) as [number]
  return port
}

/**
 * Listens on 127.0.0.1, on `port`, or where that is 0 on a free one as above. Returns the port; fails as `listen` does.
 */
export async function listen(server: Server, port: number): Promise<number> {
  for (let tries = 0; ; tries++) {
    const tried = port === 0 ? anyPort() : port
    try {
      await once(server.listen(tried, '127.0.0.1'), 'listening')
      return tried
    } catch (error) {
      if (port !== 0 || tries > TRIES || !isTaken(error)) throw error
    }
  }
}

function anyPort(): number {
  // Of thousands the servers are gone.
  if (drawn.size > COUNT / 2) drawn.clear()
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (drawn.has(port)) continue
    drawn.add(port)
    return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await listen(server, port)
  } catch (error) {
    if (isTaken(error)) return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}

function isTaken(error: unknown): boolean {
  return ['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')
}
