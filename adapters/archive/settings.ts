import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { House } from '../../core/adapter/port.ts'
import { projectHome } from '../../core/config/home.ts'
import { isObject } from '../../core/config/merge.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { sftpSecretName, sftpSecrets, type SftpSecrets } from '../kit/sftp/config.ts'
import { archiveSchema, type ArchiveConfig } from './config.ts'
import { loadArchiveProfile, type CompiledArchiveProfile } from './profile/load.ts'

const PROFILES = join(projectHome(), 'config', 'archive')

/** What an archive system's configuration must be; see docs/systems/archive.md. */
export const archiveRules = {
  settings: archiveSchema.refine(({ profile }) => existsSync(join(PROFILES, `${profile}.yaml`)), {
    path: ['profile'],
    when: ({ value }) => isObject(value) && typeof value['profile'] === 'string',
    message: 'config/archive 中没有此目录方案 / no such profile in config/archive',
  }),
  secrets: (system: SystemConfig): readonly string[] => [secretName(system)],
}

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
        loaded ??= await loadArchiveProfile(PROFILES, config.profile)
        return loaded
      } catch (thrown) {
        const error = asYizhanError(thrown)
        throw new YizhanError(error.code, error.facts, { cause: error, retryable: true })
      }
    },
  }
}

function secretName({ id, settings }: SystemConfig): string {
  const server = settings['server']
  return sftpSecretName(id, isObject(server) && server['login'] === 'key' ? 'key' : 'password')
}
