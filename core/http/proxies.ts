import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { plainAddress } from './address.ts'
import { Networks } from './networks.ts'

/** The proxies that are believed: addresses and networks (`10.0.0.0/8`), as the configuration lists them. */
export class Proxies {
  readonly #networks: Networks
  readonly isEmpty: boolean

  constructor(listed: readonly string[]) {
    this.isEmpty = listed.length === 0
    this.#networks = new Networks(listed)
  }

  has(address: string): boolean {
    return this.#networks.has(address)
  }

  /** The address before the last listed proxy: whoever stands further left may have been made up by that one. */
  sourceOf(request: IncomingMessage, peer: string): string {
    if (!this.has(peer)) return peer
    const told = forwardedFor(request)
    let source = peer
    for (let at = told.length - 1; at >= 0 && this.has(source); at--) source = told[at] ?? source
    return source
  }
}

/**
 * Addresses of `Forwarded` (RFC 7239, 4), or else of `X-Forwarded-For`, the nearest last; what is no address ends the
 * chain.
 */
function forwardedFor(request: IncomingMessage): string[] {
  const forwarded = request.headers.forwarded
  const listed = request.headers['x-forwarded-for']
  const entries =
    forwarded !== undefined
      ? forwarded.split(',').map(
          (element) =>
            element
              .split(';')
              .find((pair) => /^\s*for=/i.test(pair))
              ?.split('=')[1],
        )
      : (Array.isArray(listed) ? listed.join(',') : (listed ?? '')).split(',')
  const addresses = entries.map(addressIn)
  return addresses.slice(addresses.lastIndexOf(undefined) + 1) as string[]
}

/** `"[2001:db8::1]:4711"`, `192.0.2.1:80` and bare addresses. */
function addressIn(written: string | undefined): string | undefined {
  const text = (written ?? '').trim().replaceAll('"', '')
  const bracketed = text.startsWith('[') ? text.slice(1).split(']', 1)[0] : undefined
  const address = bracketed ?? (isIP(text) !== 0 ? text : (text.split(':', 1)[0] ?? ''))
  return isIP(address) === 0 ? undefined : plainAddress(address)
}
