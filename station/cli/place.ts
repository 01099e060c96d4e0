import { join } from 'node:path'
import { projectHome } from '../../core/config/home.ts'
import { openSecrets, variableOf } from '../../core/config/secrets.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'
import { readStationFile, stationFileIn, type StationFile } from '../station-file.ts'

/** What the command line and the environment say of where the station is. */
export interface PlaceOptions {
  readonly station?: string | undefined
  readonly secrets?: string | undefined
  readonly data?: string | undefined
  /** why the emergency token is used; absent: it is not */
  readonly breakGlass?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * How a token is shown: of a session or shared; the station’s own word for whoever reads its folder; in an emergency.
 */
export type TokenScheme = 'Bearer' | 'Local' | 'BreakGlass'

/** Where the station is asked, and by which token. */
export interface Place {
  readonly url: URL
  /** the station's own certificate, where its data folder says which: it and no other is talked to */
  readonly certificate?: string | undefined
  readonly token: string
  readonly scheme: TokenScheme
  /** where the token was found, for whoever has to correct it */
  readonly tokenFrom: string
}

const TOKEN = 'admin.token'
/** station.yaml's own default */
const DEFAULT = 'http://127.0.0.1:8630'

/**
 * The address: `--station`, `YIZHAN_STATION`, `station.json` in the data folder (`--data`, `YIZHAN_DATA`, the project's
 * `var/`). The token: `YIZHAN_SECRET_ADMIN_TOKEN`, `--secrets`, `YIZHAN_SECRETS_FILE`, the file that `station.json`
 * names. What `station.json` names is sent to that station only.
 */
export function findStation(options: PlaceOptions, env: Environment = process.env): Place {
  const station = filled(options.station) ?? filled(env['YIZHAN_STATION'])
  const secrets = filled(options.secrets) ?? filled(env['YIZHAN_SECRETS_FILE'])
  const hasToken = secrets !== undefined || filled(env[variableOf(TOKEN)]) !== undefined
  const folder = filled(options.data) ?? filled(env['YIZHAN_DATA'])
  const data = folder ?? join(projectHome(), 'var')
  const scheme = options.breakGlass === undefined ? 'Bearer' : 'BreakGlass'
  /** of a station whose folder this user may read */
  const near = (known: Pick<StationFile, 'local' | 'secrets'> | undefined): Omit<Place, 'url' | 'certificate'> =>
    known?.local === undefined || scheme === 'BreakGlass'
      ? { ...tokenOf(secrets ?? known?.secrets, env), scheme }
      : { token: known.local, tokenFrom: stationFileIn(data), scheme: 'Local' }
  if (station !== undefined) {
    const url = addressOf(station)
    if (hasToken) return { url, ...tokenOf(secrets, env), scheme }
    const known = readStationFile(data)
    const same = known !== undefined && addressOf(known.http).origin === url.origin ? known : undefined
    return { url, certificate: same?.certificate, ...near(same) }
  }
  const known = readStationFile(data)
  if (known === undefined) {
    if (hasToken && folder === undefined) return { url: addressOf(DEFAULT), ...tokenOf(secrets, env), scheme }
    throw new YizhanError('STATION_UNREACHABLE', {
      field: data,
      detail: `没有 station.json，此处没有站点在运行 / no station.json: no station runs there`,
    })
  }
  refuseDead(known, data)
  return { url: addressOf(known.http), certificate: known.certificate, ...near(known) }
}

/** Only where it is, for whoever has a session of his own, or wants one. */
export function findAddress(options: PlaceOptions, env: Environment = process.env): Pick<Place, 'url' | 'certificate'> {
  const station = filled(options.station) ?? filled(env['YIZHAN_STATION'])
  const data = filled(options.data) ?? filled(env['YIZHAN_DATA']) ?? join(projectHome(), 'var')
  const known = station === undefined ? readStationFile(data) : undefined
  if (known !== undefined) refuseDead(known, data)
  return { url: addressOf(station ?? known?.http ?? DEFAULT), certificate: known?.certificate }
}

function filled(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new YizhanError('COMMAND_INVALID', {
    field: `--station ${text}`,
    rule: '须为 http://…:8630',
    detail: 'must be http://…:8630',
  })
}

/** Its port may be somebody else's by now: the token is not sent there. */
function refuseDead({ pid, http }: { readonly pid: number; readonly http: string }, data: string): void {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return
    throw new YizhanError('STATION_UNREACHABLE', {
      field: http,
      detail: `进程 ${pid} 已不在（${stationFileIn(data)}） / its process ${pid} is gone`,
    })
  }
}

function tokenOf(file: string | undefined, env: Environment): Pick<Place, 'token' | 'tokenFrom'> {
  const variable = variableOf(TOKEN)
  const tokenFrom = filled(env[variable]) === undefined ? (file ?? '—') : variable
  if (tokenFrom === '—')
    throw new YizhanError('ADMIN_TOKEN_UNREAD', { field: TOKEN, rule: '没有给出密钥文件 / no secrets file is named' })
  try {
    // Without a file, `openSecrets` would take the environment's.
    return { token: openSecrets({ file: file ?? '', env }).get(TOKEN), tokenFrom }
  } catch (error) {
    const { facts = {}, message } = error instanceof YizhanError ? error : { message: asError(error).message }
    throw new YizhanError('ADMIN_TOKEN_UNREAD', { field: tokenFrom, rule: facts.rule ?? message }, { cause: error })
  }
}
