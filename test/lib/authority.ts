import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files in PEM. */
export interface Authority {
  /** the certificate of the authority itself */
  readonly caFile: string
  /** of a server at 127.0.0.1 and localhost, signed by the authority */
  readonly certFile: string
  readonly keyFile: string
}

/** A certificate that an authority has signed, in PEM. */
export interface Signed {
  readonly certFile: string
  readonly keyFile: string
}

const KEY = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-batch']

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
}

/** A certificate authority of a test's own in this folder, by openssl, and a server's certificate that it signed. */
export function makeAuthority(folder: string, name = 'Yizhan test authority'): Authority {
  const [caFile, caKey] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem')]
  openssl('req', '-x509', ...KEY, '-subj', `/CN=${name}`, '-keyout', caKey, '-out', caFile)
  const server = sign(folder, 'server', '/CN=localhost', ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'])
  return { caFile, ...server }
}

/** By the authority of this folder: `<name>.pem` and `<name>-key.pem` there; further arguments of `openssl req`. */
export function sign(folder: string, name: string, subject: string, further: readonly string[] = []): Signed {
  const inside = (file: string): string => join(folder, file)
  const made = { certFile: inside(`${name}.pem`), keyFile: inside(`${name}-key.pem`) }
  const by = ['-CA', inside('ca.pem'), '-CAkey', inside('ca-key.pem'), '-addext', 'basicConstraints=critical,CA:FALSE']
  const files = ['-keyout', made.keyFile, '-out', made.certFile]
  openssl('req', '-x509', ...KEY, '-utf8', '-subj', subject, ...by, ...further, ...files)
  return made
}

/** A certificate that ended yesterday. */
export function signExpired(folder: string, name: string, subject: string): Signed {
  const inside = (file: string): string => join(folder, file)
  const made = { certFile: inside(`${name}.pem`), keyFile: inside(`${name}-key.pem`) }
  openssl(
    'req',
    '-new',
    ...KEY.filter((one) => one !== '-days' && one !== '2'),
    '-subj',
    subject,
    '-keyout',
    made.keyFile,
    '-out',
    inside(`${name}.csr`),
  )
  const times = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
  openssl(
    'ca',
    '-batch',
    '-config',
    book(folder),
    ...times,
    '-in',
    inside(`${name}.csr`),
    '-out',
    made.certFile,
    '-notext',
  )
  return made
}

/** The authority's list of those that it has taken back; `also` are taken back by it now. */
export function revocationList(folder: string, ...also: readonly Signed[]): string {
  const file = join(folder, 'crl.pem')
  const config = book(folder)
  for (const { certFile } of also) openssl('ca', '-batch', '-config', config, '-revoke', certFile)
  openssl('ca', '-batch', '-config', config, '-gencrl', '-crldays', '2', '-out', `${file}.new`)
  execFileSync('mv', [`${file}.new`, file])
  return file
}

/** What `openssl ca` wants to keep its books. */
function book(folder: string): string {
  const kept = join(folder, 'book')
  const config = join(kept, 'ca.cnf')
  if (existsSync(config)) return config
  mkdirSync(kept)
  writeFileSync(join(kept, 'index'), '')
  writeFileSync(
    config,
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${kept}/index\nnew_certs_dir=${kept}\nrand_serial=yes\npolicy=any\ndefault_md=sha256\ncertificate=${folder}/ca.pem\nprivate_key=${folder}/ca-key.pem\n[any]\ncommonName=supplied\n`,
  )
  return config
}
