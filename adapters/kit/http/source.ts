import type { IncomingMessage } from 'node:http'

const sources = new WeakMap<IncomingMessage, string>()

/** Notes where a request comes from, where a proxy that is believed has said so. */
export function setSource(request: IncomingMessage, address: string): void {
  sources.set(request, address)
}

/** The address that a request comes from: its connection's, or what a listed proxy says (`http.proxies`). */
export function sourceOf(request: IncomingMessage): string {
  return sources.get(request) ?? request.socket.remoteAddress ?? 'unknown'
}
