import type { IncomingMessage } from 'node:http'
import type { ClientCertificate } from '../../../core/http/client-certificate.ts'

const sources = new WeakMap<IncomingMessage, string>()

/** Notes where a request comes from, where a proxy that is believed has said so. */
export function setSource(request: IncomingMessage, address: string): void {
  sources.set(request, address)
}

/** The address that a request comes from: its connection's, or what a listed proxy says (`http.proxies`). */
export function sourceOf(request: IncomingMessage): string {
  return sources.get(request) ?? request.socket.remoteAddress ?? 'unknown'
}

const certificates = new WeakMap<IncomingMessage, ClientCertificate>()

/** Notes what the client has shown of itself under TLS. */
export function setCertificate(request: IncomingMessage, certificate: ClientCertificate): void {
  certificates.set(request, certificate)
}

/** The client's certificate, whether it holds or not; undefined: it has shown none. */
export function certificateOf(request: IncomingMessage): ClientCertificate | undefined {
  return certificates.get(request)
}
