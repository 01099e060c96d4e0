import { access, constants, readFile, readdir, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { adapterOf } from '../../core/adapter/manifest.ts'
import { probeBus } from '../../core/bus/open.ts'
import { neededSecrets } from '../../core/config/needed-secrets.ts'
import { problemLine } from '../../core/config/problems.ts'
import { ConfigError } from '../../core/config/problems.ts'
import { openSecrets, type Secrets } from '../../core/config/secrets.ts'
import { datedFiles, firstEnd } from '../../core/config/certificate-ends.ts'
import { plannedListeners } from '../../core/config/listeners.ts'
import type { CityConfig } from '../../core/config/schema.ts'
import { asError, asYizhanError } from '../../core/errors/error.ts'
import { probePostgres } from '../../core/ledger/postgres/connection.ts'
import { MANIFESTS } from '../adapters.ts'
import { startingPoint } from '../city.ts'
import { leastFree, megabytes } from '../disk-space.ts'
import { ledgerAddress } from '../open-ledger.ts'
import { readStationFile } from '../station-file.ts'
import { fault, fine, notice, type CheckResult } from './check-result.ts'
import type { StationFolder } from './station-folder.ts'

/**
 * Looks at everything that a start needs, and says all of it at once: configuration, secrets, flows, data folder, disk,
 * ports, certificates, broker, directory. Changes nothing.
 *
 * @param now ms since 1970
 */
export async function checkStation(folder: StationFolder, now: number): Promise<readonly CheckResult[]> {
  const found: CheckResult[] = []
  const [city, problems] = await configurationOf(folder)
  found.push(
    ...(problems.length === 0
      ? [fine('配置与密钥 configuration and secrets')]
      : problems.map((problem) => fault('配置与密钥 configuration and secrets', problem))),
  )
  found.push(await flows(folder))
  found.push(...(await dataFolder(folder, city)))
  if (city === undefined) return found
  const secrets = openSecrets({ file: folder.secrets })
  found.push(...missing(city, secrets))
  found.push(...(await ports(folder, city)))
  found.push(...certificates(city, now))
  found.push(await broker(city, secrets), ...(await ledgerServer(city, secrets)))
  found.push(...(await reached(city, secrets)))
  return found
}

async function configurationOf({
  config,
  data,
  flows: own,
  secrets,
}: StationFolder): Promise<[city: CityConfig | undefined, problems: readonly string[]]> {
  try {
    const { city } = await startingPoint({ config, data, flows: own, secrets, overrides: {}, acceptLoss: false })
    return [city.config, []]
  } catch (thrown) {
    if (thrown instanceof ConfigError) return [undefined, thrown.problems.map(problemLine)]
    return [undefined, [asYizhanError(thrown).message]]
  }
}

async function flows(folder: StationFolder): Promise<CheckResult> {
  const what = '流程 flows'
  try {
    const names = (await readdir(folder.flows)).filter((name) => name.endsWith('.json'))
    const broken: string[] = []
    for (const name of names) {
      try {
        JSON.parse(await readFile(join(folder.flows, name), 'utf8'))
      } catch (error) {
        broken.push(`${join(folder.flows, name)}: ${asError(error).message}`)
      }
    }
    if (broken.length > 0) return fault(what, `须为 JSON / must be JSON: ${broken.join('; ')}`)
    if (names.length === 0) return fault(what, `没有流程 / none: ${folder.flows}`)
    return fine(what, `${names.length} 个 tabs`)
  } catch (error) {
    return fault(what, `无法读取 / cannot be read: ${asError(error).message}`)
  }
}

async function dataFolder({ data }: StationFolder, city: CityConfig | undefined): Promise<readonly CheckResult[]> {
  const what = `数据文件夹 data folder`
  try {
    await access(data, constants.R_OK | constants.W_OK | constants.X_OK)
    const { mode } = await stat(data)
    const found: CheckResult[] = []
    found.push(
      (mode & 0o077) === 0
        ? fine(what, data)
        : notice(what, `${data}: 权限须为 0700，启动时收紧 / its mode must be 0700: narrowed at the start`),
    )
    const { folder, bytes: free } = await leastFree(data)
    const wanted = city?.station.limits.freeDiskBytes ?? 0
    found.push(
      free >= wanted
        ? fine('磁盘 disk', `${folder} 可用 free ${megabytes(free)}`)
        : fault(
            '磁盘 disk',
            `${folder} 可用 free ${megabytes(free)}，少于 less than limits.freeDiskBytes ${megabytes(wanted)}：不收文 nothing would be accepted`,
          ),
    )
    return found
  } catch (error) {
    return [
      fault(
        what,
        `${data}: 须由站点的用户读写 / must be readable and writable by this user: ${asError(error).message}`,
      ),
    ]
  }
}

function missing(city: CityConfig, secrets: Secrets): readonly CheckResult[] {
  return neededSecrets(city, MANIFESTS)
    .filter(({ name }) => !secrets.has(name))
    .map(({ name, of }) =>
      notice(
        '密钥 secrets',
        'account' in of
          ? `缺少 missing ${name}：账号 ${of.account} 暂停 / the account is off`
          : `缺少 missing ${name}：系统 ${of.system} 暂停 / the system is off`,
      ),
    )
}

async function ports({ data }: StationFolder, { station, systems }: CityConfig): Promise<readonly CheckResult[]> {
  const running = runningIn(data)
  const wanted = [
    ...plannedListeners(station).map(({ name, config }) => ({ key: `station.yaml: ${name}`, ...config })),
    ...(station.editor.enabled ? [{ key: 'station.yaml: editor', ...station.editor }] : []),
    ...systems.flatMap((system) =>
      (adapterOf(MANIFESTS, system).listens?.(system) ?? []).map(({ key, ...listening }) => ({
        key: `systems.yaml: ${system.id}.${key}`,
        ...listening,
      })),
    ),
  ].filter(({ port }) => port !== 0)
  return Promise.all(
    wanted.map(async ({ key, host, port }) => {
      const what = `端口 port ${host}:${port}`
      const refused = await listenOnce(host, port)
      if (refused === undefined) return fine(what)
      if (running !== undefined && refused.code === 'EADDRINUSE')
        return fine(what, `此站点正在运行，进程 ${running} / this station is running`)
      return fault(
        what,
        refused.code === 'EADDRINUSE'
          ? `已被别的程序占用，停止它（ss -ltnp 可查）或改 ${key}.port / another program has it: stop it (ss -ltnp), or change ${key}.port`
          : `不能监听，核对 ${key}.host / cannot be listened on, look at ${key}.host: ${refused.message}`,
      )
    }),
  )
}

function runningIn(data: string): number | undefined {
  try {
    const pid = readStationFile(data)?.pid
    if (pid !== undefined) process.kill(pid, 0)
    return pid
  } catch {
    // Not a station's file, or its process is gone: whoever has the port is somebody else.
    return undefined
  }
}

async function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    server.close()
    await once(server, 'close')
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

/** Who signs, whom we trust, who is revoked: until when. */
function certificates(city: CityConfig, now: number): readonly CheckResult[] {
  const soonMs = Math.max(0, ...city.station.certificates.warnDays) * 24 * 3600_000
  return datedFiles(city).map((dated) => {
    const { file, kind } = dated
    const what = kind === 'crl' ? `吊销列表 revocation list ${file}` : `证书 certificates ${file}`
    try {
      const end = firstEnd(dated)
      if (!Number.isFinite(end)) return fine(what)
      const until = `至 until ${new Date(end).toISOString().slice(0, 10)}`
      if (end <= now) return fault(what, `已过期 expired: ${until}`)
      return end <= now + soonMs ? notice(what, `即将到期 expires soon: ${until}`) : fine(what, until)
    } catch (error) {
      return fault(what, `须为 PEM / must be PEM: ${asError(error).message}`)
    }
  })
}

async function broker({ station }: CityConfig, secrets: Secrets): Promise<CheckResult> {
  const what = '消息总线 bus'
  if (station.bus.url === 'embedded') return fine(what, '内嵌 embedded')
  try {
    const { told, away } = await probeBus({ ...station.bus, password: () => secrets.get('bus.password') })
    if (away === 0) return fine(what, told)
    return notice(what, `${away} 个节点不在，其余可用 / ${away} of its nodes are away, the others serve: ${told}`)
  } catch (thrown) {
    return fault(what, asYizhanError(thrown).message)
  }
}

/** Whether the server that keeps the ledger takes us; that a running station has it open is as it should be. */
async function ledgerServer({ station }: CityConfig, secrets: Secrets): Promise<readonly CheckResult[]> {
  const address = ledgerAddress(station, secrets)
  if (address === undefined) return []
  const what = '台账服务器 ledger server'
  try {
    return [fine(what, await probePostgres(address))]
  } catch (thrown) {
    return [fault(what, asYizhanError(thrown).message)]
  }
}

async function reached({ systems }: CityConfig, secrets: Secrets): Promise<readonly CheckResult[]> {
  return Promise.all(
    systems
      .flatMap((system) => {
        const { name, reach } = adapterOf(MANIFESTS, system)
        return reach === undefined ? [] : [{ system, name, reach }]
      })
      .map(async ({ system, name, reach }) => {
        const what = `${name.zh} ${name.en} ${system.name} (${system.id})`
        try {
          await reach(system, (secret) => secrets.get(secret))
          return fine(what)
        } catch (thrown) {
          // The station starts without it: it goes on with the last snapshot.
          return notice(what, asYizhanError(thrown).message)
        }
      }),
  )
}
