import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Files in PEM. */
export interface Authority {
  /** the certificate of the authority itself */
  readonly caFile: string
  /** of a server at 127.0.0.1 and localhost, signed by the authority */
  readonly certFile: string
  readonly keyFile: string
}

/** A certificate authority of a test's own in this folder, by openssl, and a server's certificate that it signed. */
export function makeAuthority(folder: string): Authority {
  const inside = (name: string): string => join(folder, name)
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-batch']
  const make = (...args: string[]): Buffer =>
    execFileSync('openssl', ['req', '-x509', ...key, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [caFile, caKey] = [inside('ca.pem'), inside('ca-key.pem')]
  const [certFile, keyFile] = [inside('server.pem'), inside('server-key.pem')]
  make('-subj', '/CN=Yizhan test authority', '-keyout', caKey, '-out', caFile)
  const names = [
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ]
  make('-subj', '/CN=localhost', ...names, '-CA', caFile, '-CAkey', caKey, '-keyout', keyFile, '-out', certFile)
  return { caFile, certFile, keyFile }
}
