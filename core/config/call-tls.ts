import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'
import { z } from 'zod'
import { asError } from '../errors/error.ts'
import { authoritiesFault, certificateFault } from './authorities.ts'

const text = z.string().min(1).optional()

/** TLS (1.2 and 1.3) where we call; whom we call is always verified. */
export const callTlsSchema = z
  .strictObject({
    caFile: text.meta({
      description:
        '签发对方证书的机构，PEM 文件；没有则用 Node 自带的 / PEM file with the authorities that sign the other side’s certificate; absent: Node’s own list',
      since: '0.2.0',
    }),
    certFile: text.meta({
      description: '我方证书，PEM 文件，对方要求时 / PEM file with our certificate, where the other side asks for one',
      since: '0.2.0',
    }),
    keyFile: text.meta({
      description: '它的私钥，PEM 文件，不带口令 / PEM file with its key, without a passphrase',
      since: '0.2.0',
    }),
    serverName: text.meta({
      description:
        '对方证书中的名称，与所调用的主机不同时 / the name in the other side’s certificate, where it is not the host that we call',
      since: '0.2.0',
    }),
  })
  .superRefine(({ certFile, keyFile }, context) => {
    const missing = certFile === undefined ? 'certFile' : 'keyFile'
    if ((certFile === undefined) !== (keyFile === undefined))
      context.addIssue({
        code: 'custom',
        path: [missing],
        input: undefined,
        message: 'certFile 与 keyFile 须成对 / certFile and keyFile belong together',
      })
  })
export type CallTls = z.infer<typeof callTlsSchema>

/** What is wrong with the files now. */
export function callTlsFaults({ caFile, certFile, keyFile }: CallTls): readonly {
  readonly key: keyof CallTls
  readonly value: string | undefined
  /** Chinese and English */
  readonly rule: string
}[] {
  const ca = caFile === undefined ? undefined : authoritiesFault(caFile)
  const own = certFile === undefined ? undefined : certificateFault(certFile, keyFile)
  return [
    ...(ca === undefined ? [] : [{ key: 'caFile' as const, value: caFile, rule: ca }]),
    ...(own === undefined ? [] : [{ key: 'certFile' as const, value: certFile, rule: own }]),
  ]
}

/** Files that cannot be used when a connection is made. */
class TlsFilesError extends Error {
  /** as Node's own errors of TLS begin */
  readonly code = 'ERR_TLS_FILES'
}

/** The files of one system, read again when they have changed: what is renewed counts for the next connection. */
export class CallTlsFiles {
  readonly #tls: CallTls
  #seen = ''
  #context: SecureContext | undefined

  constructor(tls: CallTls = {}) {
    this.#tls = tls
  }

  /**
   * For `tls.connect`, beside host and port.
   *
   * @param host as we call it; its certificate has that name, or `serverName`
   * @throws Error with a code ERR_TLS_… for files that cannot be used
   */
  options(host: string): ConnectionOptions {
    const name = this.#tls.serverName ?? host.replace(/^\[|\]$/g, '')
    return {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      // An address is no server name (RFC 6066, 3).
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_host, shown) => checkServerIdentity(name, shown),
      ...this.#current(),
    }
  }

  /** Without files whatever Node trusts at the time. */
  #current(): Pick<ConnectionOptions, 'secureContext'> {
    const { caFile, certFile, keyFile } = this.#tls
    const files = [caFile, certFile, keyFile]
    if (files.every((file) => file === undefined)) return {}
    try {
      const seen = files.map((file) => (file === undefined ? '' : signatureOf(file))).join()
      if (this.#context === undefined || seen !== this.#seen) {
        const [ca, cert, key] = files.map((file) => (file === undefined ? undefined : readFileSync(file)))
        this.#context = createSecureContext({ minVersion: 'TLSv1.2', ca, cert, key })
        this.#seen = seen
      }
      return { secureContext: this.#context }
    } catch (cause) {
      const named = Object.entries({ caFile, certFile, keyFile }).flatMap(([key, file]) =>
        file === undefined ? [] : [`${key} ${file}`],
      )
      throw new TlsFilesError(`证书文件不能使用 / cannot be used: ${named.join('、')}: ${asError(cause).message}`, {
        cause,
      })
    }
  }
}

function signatureOf(file: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(file)
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
}

/** Node names what is wrong with a certificate in capitals: DEPTH_ZERO_SELF_SIGNED_CERT, CERT_HAS_EXPIRED, ERR_TLS_… */
export function isTlsFailure(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException
  return (
    code !== undefined && /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^ERR_OSSL|^EPROTO$|^CRL_|^HOSTNAME_MISMATCH$/.test(code)
  )
}

/** The other side ended the handshake because of our certificate, which TLS 1.3 tells after what we sent with it. */
export function isRefusedCertificate(error: Error): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return /^ERR_SSL_.*ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/.test(code)
}
