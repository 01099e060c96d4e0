import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** What is wrong with a file of authorities (`caFile`), PEM certificates; undefined: nothing. */
export function authoritiesFault(file: string): string | undefined {
  try {
    if (!readFileSync(file).includes('-----BEGIN CERTIFICATE-----')) return 'PEM 证书 / certificates in PEM'
    return undefined
  } catch (error) {
    return `不能读取 / cannot be read: ${(error as Error).message}`
  }
}

/** What is wrong with a certificate of ours and its key (`certFile`, `keyFile`), PEM; undefined: nothing. */
export function certificateFault(certFile: string | undefined, keyFile: string | undefined): string | undefined {
  if (certFile === undefined || keyFile === undefined)
    return 'certFile 与 keyFile 须成对 / certFile and keyFile belong together'
  try {
    // a key that belongs to another certificate is found here; the other side would only close
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
    return undefined
  } catch (error) {
    return `证书或私钥不能使用 / certificate or key cannot be used: ${(error as Error).message}`
  }
}
