import { hash } from 'node:crypto'

/** `sha256:` and 64 lower-case hex digits over the bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes, 'hex')}`
}
