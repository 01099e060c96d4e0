import type { Command } from 'commander'
import { join } from 'node:path'
import { backupSchema } from '../../core/config/backup.ts'
import { isObject } from '../../core/config/merge.ts'
import { Problems } from '../../core/config/problems.ts'
import { openSecrets } from '../../core/config/secrets.ts'
import { checked, readYaml, whereIn } from '../../core/config/yaml.ts'
import { auditKeysOf } from '../../core/ledger/audit-key.ts'
import { systemClock } from '../../core/util/clock.ts'
import { keepFilesPrivate } from '../../core/util/private-files.ts'
import { takeBackup, type Backup } from '../backup/take.ts'
import { restoreStation, type RestoredStation } from '../backup/restore.ts'
import { existingStation, type StationFolder } from '../setup/station-folder.ts'
import { progress } from './progress.ts'
import { when } from './text.ts'
import type { CliTools } from './tools.ts'

/**
 * Whom a station's backups are encrypted to. Nothing else of its configuration is looked at: a station whose files
 * somebody is in the middle of changing is backed up, too.
 *
 * @throws ConfigError
 */
async function encryptTo({ config }: StationFolder): Promise<readonly string[] | undefined> {
  const problems = new Problems()
  const own = await readYaml(join(config, 'station.yaml'), problems)
  const given = isObject(own?.data) ? own.data['backup'] : undefined
  const backup = checked(backupSchema, given, problems, (path) =>
    own === undefined ? '' : whereIn([own])(['backup', ...path]),
  )
  problems.throwIfAny()
  return backup?.encryptTo
}

/** A station's whole folder once more. Neither asks a running station. */
export function backupCommands(program: Command, { print, no }: CliTools): void {
  program
    .command('backup')
    .description(
      '备份站点，运行中也可以；增量，逐件核对；不含密钥与日志 / back a station up, also while it runs: incremental, verified, without secrets and logs',
    )
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .requiredOption('--to <folder>', '各次备份的文件夹 / the folder of its backups')
    .action(async (dir: string, { to }: { readonly to: string }) => {
      keepFilesPrivate()
      const station = existingStation(dir)
      const backup = await takeBackup(station, to, {
        clock: systemClock,
        auditKeys: auditKeysOf(openSecrets({ file: station.secrets })),
        encryptTo: await encryptTo(station),
        progress: progress('备份 backup'),
      })
      const { folder, manifest } = backup
      if (manifest.faults.length > 0) no()
      print({ folder, ...sizes(backup), faults: manifest.faults }, () => backupText(backup))
    })
  program
    .command('restore')
    .description('由备份恢复出一个站点的文件夹 / make a station’s folder out of a backup')
    .argument('<backup>', '一次备份的文件夹 / the folder of one backup')
    .requiredOption('--into <dir>', '新的或空的文件夹 / a new or empty folder')
    .option(
      '--identity <file>',
      '私钥的文件（age-keygen 所写），加密的备份才要 / the private key of a backup that is encrypted',
    )
    .action(async (backup: string, { into, identity }: { readonly into: string; readonly identity?: string }) => {
      keepFilesPrivate()
      const restored = await restoreStation(backup, into, { identity, progress: progress('恢复 restore') })
      const { station, manifest } = restored
      print({ folder: station.root, at: manifest.at, faults: manifest.faults, next: nextSteps(restored) }, () =>
        restoredText(restored),
      )
    })
}

function nextSteps({ station: { root, secrets } }: RestoredStation): readonly string[] {
  return [`install -m 600 secrets.json ${secrets}`, `yizhan check ${root}`, `yizhan station ${root}`]
}

function restoredText(restored: RestoredStation): string[] {
  const { station, manifest } = restored
  const [secrets = '', check = '', run = ''] = nextSteps(restored)
  return [
    `已恢复 restored: ${station.root}`,
    `其后收到的不在其中 what was accepted after this is not in it: ${when(manifest.at)}`,
    ...manifest.faults.slice(0, 20).map((fault) => `✗ ${fault}`),
    '',
    '接下来 Next:',
    `  1. 放回另存的密钥 the secrets, which were kept apart    ${secrets}`,
    `  2. 检查 look at it                                      ${check}`,
    `  3. 运行，首次启动时把其后或已送达的记为存疑 run it      ${run}`,
  ]
}

function sizes({ manifest, shared }: Backup): {
  readonly files: number
  readonly bytes: number
  readonly shared: number
} {
  return { files: manifest.files.length, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0), shared }
}

function backupText(backup: Backup): string[] {
  const { folder, manifest } = backup
  const { files, bytes, shared } = sizes(backup)
  const links = manifest.chains.reduce((sum, one) => sum + one.links, 0)
  return [
    `已备份 backed up: ${folder}`,
    `${files} 个文件 files，${megabytes(bytes)}，其中 ${shared} 个卷与上次共用 volumes shared with the last one；审计链 audit chain ${links} 环 links`,
    manifest.encryptedTo === undefined
      ? '未加密 not encrypted'
      : `加密给 encrypted to: ${manifest.encryptedTo.join(', ')}`,
    ...(manifest.faults.length === 0
      ? ['已逐件核对 verified']
      : [
          `站点本身有 ${manifest.faults.length} 处问题，已如实备份 the station has faults, and was backed up as it is:`,
          ...manifest.faults.slice(0, 20).map((fault) => `✗ ${fault}`),
        ]),
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
