import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { StationConfig } from '../core/config/schema.ts'
import type { Secrets } from '../core/config/secrets.ts'
import { YizhanError } from '../core/errors/error.ts'
import { internalError } from '../core/events/internal.ts'
import type { YizhanEvent } from '../core/events/event.ts'
import type { AuditKeys } from '../core/ledger/audit-key.ts'
import { openLedger, type OpenedLedger } from '../core/ledger/open.ts'
import type { PostgresAddress } from '../core/ledger/postgres/address.ts'
import type { Clock } from '../core/util/clock.ts'
import { HeldBack } from './held-back.ts'
import type { StationOptions } from './options.ts'

/** Where the end of the chain stands once more. */
export function witnessFile(data: string, { ledger }: Pick<StationConfig, 'ledger'>): string {
  return ledger.witness ?? `${resolve(data)}.end`
}

/** Where a PostgreSQL keeps the ledger; undefined: nowhere but in the data folder. */
export function ledgerAddress(
  { ledger: { url, caFile } }: Pick<StationConfig, 'ledger'>,
  secrets: Pick<Secrets, 'get'>,
): PostgresAddress | undefined {
  return url === undefined ? undefined : { url, caFile, password: secrets.get('ledger.password') }
}

/**
 * The ledger of this station, by its configuration.
 *
 * @param emit also takes what has to be said before it is open
 * @throws HeldBack where it has lost its tail: a person decides
 */
export async function openStationLedger(
  { data, acceptLoss }: StationOptions,
  station: StationConfig,
  parts: {
    readonly clock: Clock
    readonly secrets: Pick<Secrets, 'get'>
    readonly auditKeys: AuditKeys
    readonly emit: (event: YizhanEvent) => void
    /** before the station stands by */
    readonly closeLog: () => Promise<void>
  },
): Promise<OpenedLedger> {
  const { clock, emit } = parts
  const { scrubBytesPerSecond, scrubHours } = station.ledger
  try {
    return await openLedger({
      folder: data,
      postgres: ledgerAddress(station, parts.secrets),
      station: station.name,
      clock,
      hop: station.hop,
      witness: witnessFile(data, station),
      auditKeys: parts.auditKeys,
      acceptLoss: acceptLoss ? userInfo().username : undefined,
      scrub:
        scrubBytesPerSecond === 0 ? undefined : { bytesPerSecond: scrubBytesPerSecond, everyMs: scrubHours * 3600_000 },
      onEvent: emit,
      onTrouble: (error) =>
        emit(
          internalError(error, clock.now(), { doing: '预写日志暂未并入台账 / the write-ahead log is not copied yet' }),
        ),
    })
  } catch (thrown) {
    if (!(thrown instanceof YizhanError) || thrown.code !== 'LEDGER_BEHIND') throw thrown
    emit({ code: 'ledger.behind', at: clock.now(), error: thrown.code, detail: thrown.message })
    await parts.closeLog()
    throw new HeldBack(thrown, station, parts.secrets.get('admin.token'))
  }
}
