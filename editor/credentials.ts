import { createCipheriv, hash, randomBytes } from 'node:crypto'

/**
 * What Node-RED keeps when no node has credentials: an empty object, encrypted as it does it (AES-256-CTR, the key's
 * SHA-256, the IV in hex before the base64). Without it, Node-RED warns at every start that nothing is encrypted.
 */
export function noCredentials(secret: string): { readonly $: string } {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-ctr', hash('sha256', secret, 'buffer'), iv)
  return { $: iv.toString('hex') + cipher.update('{}', 'utf8', 'base64') + cipher.final('base64') }
}
