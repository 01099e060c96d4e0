import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import ssh2, { type Client } from 'ssh2'
import { YizhanError, asError } from '../../../core/errors/error.ts'
import { trimEndOf } from '../../../core/util/trim.ts'
import type { SftpConfig, SftpSecrets } from './config.ts'
import { connectionLost, noAnswer } from './errors.ts'
import { SftpWire } from './wire.ts'

/** An open connection, and the protocol over it. */
export interface SftpConnection {
  readonly wire: Pick<SftpWire, 'request' | 'extended' | 'extensions'>
  /** settles (never rejects) when the connection is gone, with the reason */
  readonly gone: Promise<Error>
  /** asks the server to end; {@link gone} tells when */
  end(): void
  /** at once, without a word */
  destroy(): void
}

/**
 * Connects and logs in, having checked the server's key against the configured fingerprints.
 *
 * Rejects with SYSTEM_UNREACHABLE, SYSTEM_TIMEOUT, SFTP_HOST_KEY, SYSTEM_FAULT where the login is refused (all
 * retryable: somebody has to mend them, and then it goes on), CONFIG_INVALID, or the signal's reason.
 */
export async function connect(
  system: string,
  config: SftpConfig,
  secrets: SftpSecrets,
  signal: AbortSignal,
): Promise<SftpConnection> {
  signal.throwIfAborted()
  const credentials = credentialsOf(system, config, secrets)
  let wrongKey: YizhanError | undefined
  let first: Error | undefined
  let over: (reason: Error) => void = () => undefined
  const gone = new Promise<Error>((resolve) => (over = resolve))
  const ssh = new ssh2.Client()
  ssh.on('error', (error) => {
    first ??= error
    over(error)
  })
  ssh.on('end', () => over(first ?? new Error('连接被对方结束 / ended by the server')))
  ssh.on('close', () => over(first ?? new Error('连接断开 / connection closed')))
  ssh.connect({
    host: config.host,
    port: config.port,
    username: config.username,
    ...credentials,
    readyTimeout: config.connectTimeoutMs,
    hostVerifier: (key: Buffer) => {
      const fingerprint = fingerprintOf(key)
      if (config.hostKeys.includes(fingerprint)) return true
      wrongKey = new YizhanError('SFTP_HOST_KEY', {
        field: system,
        value: fingerprint,
        rule: config.hostKeys.join(', '),
      })
      return false
    },
  })
  const broken = (error: Error): void => {
    over(error)
    ssh.destroy()
  }
  try {
    const lost = gone.then((reason): never => {
      throw reason
    })
    const wire = await limited(system, Promise.race([open(ssh, broken), lost]), config.connectTimeoutMs, signal)
    return { wire, gone, end: () => ssh.end(), destroy: () => ssh.destroy() }
  } catch (thrown) {
    ssh.destroy()
    if (signal.aborted) throw asError(signal.reason)
    throw wrongKey ?? failure(system, first ?? asError(thrown), thrown)
  }
}

/** Logged in, the subsystem's channel opened, greeted. */
async function open(ssh: Client, broken: (error: Error) => void): Promise<SftpWire> {
  await new Promise<void>((resolve, reject) => ssh.once('ready', resolve).once('error', reject))
  ssh.setNoDelay(true)
  const channel = await new Promise<Duplex>((resolve, reject) => {
    ssh.subsys('sftp', (error: Error | undefined, opened) => {
      if (error !== undefined) return reject(error)
      opened.stderr.resume()
      resolve(opened)
    })
  })
  const wire = new SftpWire(channel, broken)
  await wire.greet()
  return wire
}

/** As `ssh-keygen -lf` shows it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${trimEndOf(createHash('sha256').update(key).digest('base64'), '=')}`
}

function credentialsOf(
  system: string,
  config: SftpConfig,
  secrets: SftpSecrets,
): { password: string } | { privateKey: string; passphrase?: string } {
  if (config.login === 'password') {
    if (secrets.password === undefined)
      throw new YizhanError('CONFIG_INVALID', {
        field: `secret ${system}.password`,
        value: '',
        rule: 'login: password',
      })
    return { password: secrets.password }
  }
  if (secrets.privateKey === undefined)
    throw new YizhanError('CONFIG_INVALID', { field: `secret ${system}.key`, value: '', rule: 'login: key' })
  const key = ssh2.utils.parseKey(secrets.privateKey, secrets.passphrase)
  if (key instanceof Error)
    throw new YizhanError('CONFIG_INVALID', {
      field: `secret ${system}.key`,
      value: '（不显示 / not shown）',
      rule: `OpenSSH、PEM：${key.message}`,
    })
  return {
    privateKey: secrets.privateKey,
    ...(secrets.passphrase === undefined ? {} : { passphrase: secrets.passphrase }),
  }
}

/**
 * ssh2's own time limit ends with the login: a server that then opens no SFTP channel would be waited for without end.
 */
async function limited<T>(system: string, opening: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(noAnswer(system, 'connect', ms)), ms)
    const abort = (): void => reject(asError(signal.reason))
    signal.addEventListener('abort', abort, { once: true })
    stop = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  })
  try {
    return await Promise.race([opening, stopped])
  } finally {
    stop()
    // What is given up may still fail; that has been said already.
    opening.catch(() => undefined)
  }
}

function failure(system: string, error: Error, thrown: unknown): Error {
  // A time limit of ours is not what the socket then complains about.
  if (thrown instanceof YizhanError) return thrown
  if ('level' in error && error.level === 'client-authentication') {
    return new YizhanError(
      'SYSTEM_FAULT',
      { field: system, detail: `登录被拒 / login refused: ${error.message}` },
      { cause: error },
    )
  }
  if ('level' in error && error.level === 'client-timeout')
    return connectionLost(system, `无应答 / no answer: ${error.message}`, error)
  return connectionLost(system, error.message, error)
}
