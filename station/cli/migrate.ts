import type { Command } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'
import { openSecrets } from '../../core/config/secrets.ts'
import { moveToPostgres } from '../../core/ledger/postgres/transfer.ts'
import { keepFilesPrivate } from '../../core/util/private-files.ts'
import { startingPoint } from '../city.ts'
import { ledgerAddress } from '../open-ledger.ts'
import { existingStation } from '../setup/station-folder.ts'
import { megabytes } from '../disk-space.ts'
import { progress } from './progress.ts'
import type { CliTools } from './tools.ts'

/** The ledger of a station that is stopped, from its data folder to where its configuration says. */
export function migrateCommand(program: Command, { print }: CliTools): void {
  program
    .command('migrate')
    .description(
      '把停着的站点的台账与正文由数据文件夹搬到 ledger.url 的 PostgreSQL；原文件留作 ledger.db.moved / move the ledger and the bodies of a station that is stopped from its data folder to the PostgreSQL of ledger.url; its file stays, as ledger.db.moved',
    )
    .argument('<dir>', '站点的文件夹 / the station’s folder')
    .action(async (dir: string) => {
      keepFilesPrivate()
      const { config, data, flows, secrets } = existingStation(dir)
      const { city } = await startingPoint({ config, data, flows, secrets, overrides: {}, acceptLoss: false })
      const { station } = city.config
      const address = ledgerAddress(station, openSecrets({ file: secrets }))
      if (address === undefined) {
        const rule = '先在 station.yaml 中写出 ledger.url / write ledger.url into station.yaml first'
        throw new YizhanError('CONFIG_INVALID', { field: 'ledger.url', rule })
      }
      const moved = await moveToPostgres(data, address, station.name, progress('搬移 migrate'))
      print(moved, () => [
        `已搬 moved: ${moved.rows} 行 rows，卷中 from volumes ${megabytes(moved.bytes)}`,
        `原文件 the file: ${moved.file}`,
        '启动后以 yizhan audit 核验审计链 after the start, verify the audit chain with yizhan audit',
      ])
    })
}
