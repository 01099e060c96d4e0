import type { Command } from 'commander'
import { takeBack } from '../../core/ledger/back.ts'
import { lockFolder, mustBeIn, openForWriting } from '../../core/ledger/database.ts'
import { migrate } from '../../core/ledger/migrate.ts'
import { keepFilesPrivate } from '../../core/util/private-files.ts'
import { existingStation } from '../setup/station-folder.ts'
import type { CliTools } from './tools.ts'

/** The ledger of a station that is stopped, brought to the form of another release. */
export function upgradeCommand(program: Command, { print }: CliTools): void {
  program
    .command('upgrade')
    .description(
      '把停着的站点的台账升级到本版的形式（启动时也会）；--back 退回第一版的形式 / bring the ledger of a station that is stopped to the form of this release, as its start does; --back takes it to that of the first',
    )
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .option('--back', '退回 0.1.0 能打开的形式，收过的都在 / a form that 0.1.0 opens; what was accepted stays')
    .action(async (dir: string, { back }: { readonly back?: true }) => {
      keepFilesPrivate()
      const { data } = existingStation(dir)
      const done = back === true ? takeBack(data) : await upgrade(data)
      print({ done }, () => [
        done.length === 0
          ? '已是这种形式 / it is of that form already'
          : `${back === true ? '已退回 taken back' : '已升级 upgraded'}: ${done.join(', ')}`,
      ])
    })
}

async function upgrade(data: string): Promise<readonly string[]> {
  mustBeIn(data)
  const lock = lockFolder(data)
  try {
    const db = openForWriting(data)
    try {
      return await migrate(db)
    } finally {
      db.close()
    }
  } finally {
    lock.release()
  }
}
