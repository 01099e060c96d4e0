import { Agent, request } from 'node:http'

/** One run of closed-loop load: so many clients, each sending its next request when the last was answered. */
export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly seconds: number
  /** milliseconds */
  readonly p50: number
  readonly p99: number
}

export interface LoadOptions {
  readonly url: string
  readonly clients: number
  readonly requests: number
  readonly headers: Readonly<Record<string, string>>
  /** the nth request's body */
  readonly body: (n: number) => Buffer
}

/** Sends all requests and waits for all answers; anything but a 200 is a failure. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.clients })
  const latencies: number[] = []
  let next = 0
  let failures = 0
  const started = performance.now()
  const client = async (): Promise<void> => {
    while (next < options.requests) {
      const n = next++
      const sent = performance.now()
      if ((await post(agent, options, options.body(n))) !== 200) failures++
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: options.clients }, client))
  const seconds = (performance.now() - started) / 1000
  agent.destroy()
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return { requests: options.requests, failures, seconds, p50: at(0.5), p99: at(0.99) }
}

function post(agent: Agent, options: LoadOptions, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options.url, { method: 'POST', agent, headers: { ...options.headers, 'content-length': body.length } }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
