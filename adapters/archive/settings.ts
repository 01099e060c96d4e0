import { join } from 'node:path'
import type { House } from '../../core/adapter/port.ts'
import { projectHome } from '../../core/config/home.ts'
import { isObject } from '../../core/config/merge.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { sftpSecretName, sftpSecrets, type SftpSecrets } from '../kit/sftp/config.ts'
import { archiveSchema, type ArchiveConfig } from './config.ts'
import { loadArchiveProfile, type CompiledArchiveProfile } from './profile/load.ts'

/** Where the profiles of catalogues lie. */
export const ARCHIVE_PROFILES = join(projectHome(), 'config', 'archive')

/** One bureau's settings, read once; its profile and secrets when they are asked for. */
export interface ArchiveSettings {
  readonly system: string
  readonly config: ArchiveConfig
  readonly secrets: () => SftpSecrets
  /** Rejects, retryable, with CONFIG_INVALID: nothing is lost while an operator mends the file. */
  readonly profile: () => Promise<CompiledArchiveProfile>
}

export function settingsOf(house: Pick<House, 'secret'>, system: SystemConfig): ArchiveSettings {
  const config = archiveSchema.parse(system.settings)
  let loaded: CompiledArchiveProfile | undefined
  return {
    system: system.id,
    config,
    secrets: () => sftpSecrets(system.id, config.server.login, (name) => house.secret(name)),
    async profile() {
      try {
        loaded ??= await loadArchiveProfile(ARCHIVE_PROFILES, config.profile)
        return loaded
      } catch (thrown) {
        const error = asYizhanError(thrown)
        throw new YizhanError(error.code, error.facts, { cause: error, retryable: true })
      }
    },
  }
}

/** `<system>.key` holds a private key (OpenSSH or PEM, without a passphrase), `<system>.password` a password. */
export function secretName({ id, settings }: SystemConfig): string {
  const server = settings['server']
  return sftpSecretName(id, isObject(server) && server['login'] === 'key' ? 'key' : 'password')
}
