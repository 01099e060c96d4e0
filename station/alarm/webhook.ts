import { createHmac } from 'node:crypto'
import { exchange } from '../../adapters/kit/http/exchange.ts'
import { CallAgents } from '../../adapters/kit/http/agents.ts'
import { YizhanError } from '../../core/errors/error.ts'

const TIMEOUT_MS = 10_000

export interface Hook {
  readonly id: string
  readonly url: string
  /** key of the signature; absent: unsigned */
  readonly secret: string | undefined
}

/**
 * Tells alarms by HTTP POST. `X-Yizhan-Id` stays the same when it is told again; `X-Yizhan-Signature` is `sha256=` and
 * the HMAC-SHA256 of the body in hex. Any 2xx is a yes.
 */
export class Webhooks {
  readonly #agents = new CallAgents({ keepAlive: false, maxSockets: 4 }, undefined)

  /** @throws YizhanError SYSTEM_UNREACHABLE, SYSTEM_TIMEOUT, SYSTEM_FAULT */
  async post({ id, url, secret }: Hook, telling: string, body: object): Promise<void> {
    const target = new URL(url)
    const bytes = Buffer.from(JSON.stringify(body))
    const { status } = await exchange({
      system: id,
      url: target,
      agent: this.#agents.of(target),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-yizhan-id': telling,
        ...(secret === undefined
          ? {}
          : { 'x-yizhan-signature': `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}` }),
      },
      chunks: [bytes],
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (status < 200 || status > 299) throw new YizhanError('SYSTEM_FAULT', { field: id, detail: `HTTP ${status}` })
  }

  close(): void {
    this.#agents.destroy()
  }
}
