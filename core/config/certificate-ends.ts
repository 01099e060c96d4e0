import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { crlEnd } from './crl.ts'
import type { CityConfig } from './schema.ts'

/** A file of certificates, or of revocation lists, that the configuration names. */
export interface DatedFile {
  readonly file: string
  /** where it is named: `http.tls.certFile`, `systems.oa-b.tls.caFile` */
  readonly keys: readonly string[]
  readonly kind: 'certificate' | 'crl'
}

const KINDS: Readonly<Record<string, DatedFile['kind']>> = {
  caFile: 'certificate',
  certFile: 'certificate',
  crlFile: 'crl',
}

/** Whatever we serve with, show as a client, or trust, each file once. */
export function datedFiles({ station, systems }: Pick<CityConfig, 'station' | 'systems'>): readonly DatedFile[] {
  const found = new Map<string, { readonly keys: string[]; readonly kind: DatedFile['kind'] }>()
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inside] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`
      const kind = KINDS[key]
      if (kind === undefined || typeof inside !== 'string') walk(inside, at)
      else if (found.has(inside)) found.get(inside)?.keys.push(at)
      else found.set(inside, { keys: [at], kind })
    }
  }
  walk(station, '')
  for (const system of systems) walk(system, `systems.${system.id}`)
  return [...found].map(([file, { keys, kind }]) => ({ file, keys, kind }))
}

const PEM = {
  certificate: /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu,
  crl: /-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----/gu,
} as const

/**
 * When the first of those in a file ends, ms since 1970; `Infinity` for lists that do not say.
 *
 * @throws Error for a file that cannot be read or holds none
 */
export function firstEnd({ file, kind }: Pick<DatedFile, 'file' | 'kind'>): number {
  const text = readFileSync(file, 'utf8')
  const ends = [...text.matchAll(PEM[kind])].map(([whole, inside = '']) =>
    kind === 'crl'
      ? (crlEnd(Buffer.from(inside, 'base64')) ?? Number.POSITIVE_INFINITY)
      : Date.parse(new X509Certificate(whole).validTo),
  )
  if (ends.length === 0) throw new Error('其中没有 / there is none in it')
  return Math.min(...ends)
}
