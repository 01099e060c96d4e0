import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { z } from 'zod'
import { asError } from '../errors/error.ts'
import type { Problems } from './problems.ts'

const file = z.string().min(1)

/** TLS (1.2 and 1.3) of what we serve, from PEM files that are read again when they change. */
export const tlsSchema = z
  .strictObject({
    certFile: file.meta({
      description: '我方证书，其后是到机构之间的 / our certificate, and behind it those between it and its authority',
      since: '0.2.0',
    }),
    keyFile: file.meta({
      description:
        '它的私钥，不带口令；站点的用户可读，此外至多一个组 / its key, without a passphrase; readable by the station’s user, and by no other but a group',
      since: '0.2.0',
    }),
    caFile: file
      .optional()
      .meta({ description: '签发客户端证书的机构 / authorities that sign the clients’ certificates', since: '0.2.0' }),
    crlFile: file.optional().meta({
      description:
        '这些机构的吊销列表（RFC 5280），各一 / revocation lists (RFC 5280) of these authorities, one for each',
      since: '0.2.0',
    }),
    clientCertificates: z.enum(['off', 'optional', 'required']).default('off').meta({
      description:
        '客户端可以或必须出示证书；必须时，除本机自己的程序外都不应答 / whether clients may show a certificate, or must: then nobody else is answered, but this machine’s own programs under /admin, /metrics, /healthz and /readyz',
      since: '0.2.0',
    }),
  })
  .superRefine(({ caFile, crlFile, clientCertificates }, context) => {
    const fault = (key: string, input: unknown, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], input, message })
    if (clientCertificates !== 'off' && caFile === undefined)
      fault('caFile', undefined, '要客户端证书即须有 caFile / wanted where clients show certificates')
    if (clientCertificates === 'off')
      for (const [key, value] of Object.entries({ caFile, crlFile }))
        if (value !== undefined)
          fault(key, value, '只用于客户端证书（clientCertificates） / for clientCertificates only')
  })
export type TlsConfig = z.infer<typeof tlsSchema>
export type TlsFile = 'certFile' | 'keyFile' | 'caFile' | 'crlFile'

export interface TlsFault {
  readonly key: TlsFile
  readonly value: string
  /** Chinese and English */
  readonly rule: string
}

/** What the files hold, as `createSecureContext` takes it; usable. */
export type TlsMaterial = Pick<SecureContextOptions, 'cert' | 'key' | 'ca' | 'crl'>

/** Files of which others, or a group, may do so much are no place for a key: all but reading by a group. */
const OPEN = 0o037

const PEM: Readonly<Record<TlsFile, readonly [beginning: string, rule: string]>> = {
  certFile: ['-----BEGIN CERTIFICATE-----', 'PEM 证书 / certificates in PEM'],
  keyFile: ['PRIVATE KEY-----', 'PEM 私钥 / a private key in PEM'],
  caFile: ['-----BEGIN CERTIFICATE-----', 'PEM 证书 / certificates in PEM'],
  crlFile: ['-----BEGIN X509 CRL-----', 'PEM 吊销列表 / revocation lists in PEM'],
}

/**
 * Reads the files and looks whether they can serve: all that is wrong with them, or what they hold.
 *
 * @param now ms since 1970, against which our certificate's dates are held
 */
export async function readTls(
  config: TlsConfig,
  now: number,
): Promise<{ readonly faults: readonly TlsFault[]; readonly material: TlsMaterial }> {
  const faults: TlsFault[] = []
  const fault = (key: TlsFile, rule: string): void => void faults.push({ key, value: config[key] ?? '', rule })
  const read = async (key: TlsFile): Promise<Buffer | undefined> => {
    const path = config[key]
    if (path === undefined) return undefined
    try {
      const bytes = await readFile(path)
      const [beginning, rule] = PEM[key]
      const mode = key === 'keyFile' ? (await stat(path)).mode & 0o777 : 0
      if (!bytes.includes(beginning)) fault(key, rule)
      else if ((mode & OPEN) !== 0)
        fault(
          key,
          `权限为 ${mode.toString(8)}，他人可读写：chmod 600（或 640） / others may read or write it: chmod 600 (or 640)`,
        )
      return bytes
    } catch (error) {
      fault(key, `无法读取 / cannot be read: ${asError(error).message}`)
      return undefined
    }
  }
  const [cert, key, ca, crl] = await Promise.all((['certFile', 'keyFile', 'caFile', 'crlFile'] as const).map(read))
  const material = { cert, key, ca, crl }
  if (faults.length > 0) return { faults, material }
  for (const [name, check] of checksOf(material, now)) {
    // Those behind it rely on it.
    const rule = faults.some(({ key: at }) => at === name || at === 'certFile') ? undefined : check()
    if (rule !== undefined) fault(name, rule)
  }
  if (faults.length === 0) {
    const rule = failing(() => createSecureContext(material))
    if (rule !== undefined) fault('certFile', rule)
  }
  return { faults, material }
}

type Read = Readonly<Record<'cert' | 'key' | 'ca' | 'crl', Buffer | undefined>>

function checksOf({ cert, key, ca, crl }: Read, now: number): readonly [TlsFile, () => string | undefined][] {
  const unfit = '私钥与 certFile 的证书不成对 / the key does not fit the certificate of certFile'
  return [
    ['certFile', () => failing(() => createSecureContext({ cert }))],
    ['certFile', () => datesFault(new X509Certificate(cert ?? ''), now)],
    ['keyFile', () => failing(() => createPrivateKey(key ?? ''))],
    [
      'keyFile',
      () => (new X509Certificate(cert ?? '').checkPrivateKey(createPrivateKey(key ?? '')) ? undefined : unfit),
    ],
    ['caFile', () => failing(() => createSecureContext({ ca }))],
    ['crlFile', () => failing(() => createSecureContext({ crl }))],
  ]
}

function failing(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    return `不能使用 / cannot be used: ${asError(error).message}`
  }
}

function datesFault({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  const day = (text: string): string => new Date(text).toISOString().slice(0, 10)
  if (Date.parse(validTo) <= now) return `证书已过期 / the certificate has expired: ${day(validTo)}`
  if (Date.parse(validFrom) > now) return `证书尚未生效 / the certificate is not yet valid: ${day(validFrom)}`
  return undefined
}

/** The files of these listeners (`http`, `listeners.oa`, `editor`) as they are at the start. */
export async function checkTlsFiles(
  listeners: Readonly<Record<string, { readonly tls?: TlsConfig | undefined } | undefined>>,
  now: number,
  problems: Problems,
  where: (path: readonly PropertyKey[]) => string,
): Promise<void> {
  for (const [name, listener] of Object.entries(listeners)) {
    if (listener?.tls === undefined) continue
    const { faults } = await readTls(listener.tls, now)
    for (const { key, value, rule } of faults) problems.add(where([...name.split('.'), 'tls', key]), value, rule)
  }
}
