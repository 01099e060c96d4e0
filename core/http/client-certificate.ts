import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** Longer chains are nobody's. */
const MOST_CHAIN = 16

/** What a client has shown of itself. */
export interface ClientCertificate {
  /** SHA-256, lower-case hex */
  readonly fingerprint: string
  /** RFC 4514 */
  readonly subject: string
  /** SHA-256 of the authorities above it, lower-case hex */
  readonly authorities: readonly string[]
  /** why it does not hold, as OpenSSL names it (`CERT_REVOKED`); undefined: it was verified */
  readonly fault: string | undefined
}

/** Undefined: the client has shown none. */
export function clientCertificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const shown = socket.getPeerX509Certificate()
  if (shown === undefined) return undefined
  return {
    fingerprint: plainFingerprint(shown.fingerprint256),
    // Node has the relative names as they stand, each on its line and escaped already; RFC 4514 begins with the last.
    subject: shown.subject.split('\n').reverse().join(','),
    authorities: authoritiesOf(socket.getPeerCertificate(true)),
    fault: socket.authorized ? undefined : codeOf(socket.authorizationError),
  }
}

/** As `openssl x509 -fingerprint -sha256` and others write it. */
function plainFingerprint(written: string): string {
  return written.replaceAll(/[\s:]/g, '').toLowerCase()
}

function authoritiesOf(certificate: DetailedPeerCertificate): readonly string[] {
  const found: string[] = []
  // The last one is its own authority.
  for (let at = certificate; found.length < MOST_CHAIN; at = at.issuerCertificate) {
    const next = at.issuerCertificate as DetailedPeerCertificate | undefined
    if (next === undefined || next === at) break
    found.push(plainFingerprint(next.fingerprint256))
  }
  return found
}

/** Node's types say an error; it is the code as text. */
function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
}
