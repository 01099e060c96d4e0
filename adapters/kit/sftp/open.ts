import type { RemoteFiles } from '../remote/port.ts'
import type { SftpConfig, SftpSecrets } from './config.ts'
import { connect } from './connect.ts'
import { SftpSession } from './session.ts'

/**
 * Opens a connection to a server. The signal ends it, then and later, with its reason as every operation's
 * error.
 *
 * Rejects with SYSTEM_UNREACHABLE, SYSTEM_TIMEOUT, SYSTEM_FAULT (login refused), SFTP_HOST_KEY, CONFIG_INVALID.
 *
 * @param system the system's id, for errors
 */
export async function openSftp(
  system: string,
  config: SftpConfig,
  secrets: SftpSecrets,
  signal: AbortSignal,
): Promise<RemoteFiles> {
  return new SftpSession(system, await connect(system, config, secrets, signal), config, signal)
}

/** Opens a connection for one piece of work and closes it, however that ends. */
export async function withSftp<T>(
  system: string,
  config: SftpConfig,
  secrets: SftpSecrets,
  signal: AbortSignal,
  work: (files: RemoteFiles) => Promise<T>,
): Promise<T> {
  const files = await openSftp(system, config, secrets, signal)
  try {
    return await work(files)
  } finally {
    await files.close()
  }
}
