import { createHmac } from 'node:crypto'

/**
 * The value of `Yizhan-Signature`: `t=<seconds since 1970>, alg=<sha256|sm3>, v1=<lower-case hex>`, where v1 is the
 * HMAC (RFC 2104) under the shared secret over `t`, the method and the idempotency key, a line feed after each, and the
 * body's bytes. The time lets the portal refuse what is old, the key what is repeated with another body.
 */
export function signatureOf(
  secret: string,
  algorithm: 'sha256' | 'sm3',
  what: { readonly seconds: number; readonly method: string; readonly key: string; readonly body: Buffer },
): string {
  const mac = createHmac(algorithm, secret)
    .update(`${what.seconds}\n${what.method}\n${what.key}\n`)
    .update(what.body)
    .digest('hex')
  return `t=${what.seconds}, alg=${algorithm}, v1=${mac}`
}
