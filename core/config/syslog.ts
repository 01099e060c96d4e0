import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import type { Problems } from './problems.ts'

/** Facilities by their numbers: RFC 5424, table 1, under the names that collectors use for them. */
export const FACILITIES = [
  ...(['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'] as const),
  ...(['ntp', 'audit', 'alert', 'clock'] as const),
  ...(['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'] as const),
] as const

/** Where a collector listens. */
export interface CollectorAddress {
  readonly over: 'tls' | 'tcp' | 'udp'
  /** name or address; an IPv6 one without its brackets */
  readonly host: string
  readonly port: number
}

const OVER: Readonly<Record<string, CollectorAddress['over']>> = { 'tls:': 'tls', 'tcp:': 'tcp', 'udp:': 'udp' }

/** `tls://host:6514`, `tcp://…`, `udp://…` and nothing behind it; undefined for anything else. */
export function collectorAddress(text: string): CollectorAddress | undefined {
  const url = URL.parse(text)
  const over = OVER[url?.protocol ?? '']
  if (url === null || over === undefined || url.hostname === '' || Number(url.port) === 0) return undefined
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
  if (url.pathname !== '' && url.pathname !== '/') return undefined
  return { over, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) }
}

const file = z.string().min(1).optional()

export const syslogSchema = z
  .strictObject({
    url: z
      .string()
      .refine(
        (text) => collectorAddress(text) !== undefined,
        'tls://、tcp:// 或 udp://，主机与端口，别无其他 / tls://, tcp:// or udp:// with host and port, and nothing else',
      )
      .meta({
        description:
          '地址：tls://（RFC 5425）、tcp://（RFC 6587）或 udp://（RFC 5426），主机与端口 / where the collector listens: tls:// (RFC 5425), tcp:// (RFC 6587, octets counted) or udp:// (RFC 5426), host and port',
        since: '0.2.0',
      }),
    facility: z.enum(FACILITIES).default('local0').meta({ description: 'facility / facility', since: '0.2.0' }),
    appName: z
      .string()
      .regex(/^[!-~]{1,48}$/)
      .default('yizhan')
      .meta({ description: 'APP-NAME：无空格的可见 ASCII / APP-NAME: printable ASCII without blanks', since: '0.2.0' }),
    enterprise: z.number().int().positive().default(32473).meta({
      description:
        '定义结构化数据 yizhan@… 者的 IANA 编号；32473 供文档用（RFC 5612） / IANA’s number of whoever defines the structured data yizhan@…; 32473 is the one for documentation (RFC 5612)',
      since: '0.2.0',
    }),
    caFile: file.meta({
      description: '签发接收方证书的机构，PEM / PEM file of the authorities that sign the collector’s certificate',
      since: '0.2.0',
    }),
    certFile: file.meta({ description: '我方证书，PEM / our own certificate, PEM', since: '0.2.0' }),
    keyFile: file.meta({ description: '它的私钥，PEM / its key, PEM', since: '0.2.0' }),
    level: z.enum(['error', 'warn', 'info', 'debug']).optional().meta({
      description: '同 log.level；没有则用那个 / as log.level, which counts where this is absent',
      since: '0.2.0',
    }),
    bufferBytes: z
      .number()
      .int()
      .min(16 * 1024)
      .default(8 * 1024 * 1024)
      .meta({
        description:
          '等接收方时至多占这么多内存；再多的计数丢弃 / records wait for the collector in so much memory; what comes beyond is counted and dropped',
        since: '0.2.0',
      }),
  })
  .superRefine(({ url, caFile, certFile, keyFile }, context) => {
    const fault = (key: string, input: unknown, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], input, message })
    const isTls = collectorAddress(url)?.over === 'tls'
    for (const [key, value] of Object.entries({ caFile, certFile, keyFile }))
      if (value !== undefined && !isTls) fault(key, value, '只用于 tls:// / for tls:// only')
    if (certFile !== undefined && keyFile === undefined)
      fault('keyFile', undefined, '有 certFile 即须有 keyFile / wanted with certFile')
    if (keyFile !== undefined && certFile === undefined)
      fault('certFile', undefined, '有 keyFile 即须有 certFile / wanted with keyFile')
  })
export type SyslogConfig = z.infer<typeof syslogSchema>

/** What TLS wants from the files; read anew for each connection, so that renewed certificates count. */
export async function syslogCredentials(
  config: Pick<SyslogConfig, 'caFile' | 'certFile' | 'keyFile'>,
): Promise<{ readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }> {
  const { caFile, certFile, keyFile } = config
  return {
    ...(caFile === undefined ? {} : { ca: await readFile(caFile) }),
    ...(certFile === undefined ? {} : { cert: await readFile(certFile) }),
    ...(keyFile === undefined ? {} : { key: await readFile(keyFile) }),
  }
}

const PEM = {
  caFile: '-----BEGIN CERTIFICATE-----',
  certFile: '-----BEGIN CERTIFICATE-----',
  keyFile: 'PRIVATE KEY-----',
} as const

/** The files as they are at the start: that they can be read, hold what they should, and belong together. */
export async function checkSyslogFiles(
  config: SyslogConfig | undefined,
  problems: Problems,
  where: (path: readonly PropertyKey[]) => string,
): Promise<void> {
  if (config === undefined) return
  const before = problems.count
  for (const key of ['caFile', 'certFile', 'keyFile'] as const) {
    const path = config[key]
    if (path === undefined) continue
    const at = where(['log', 'syslog', key])
    try {
      if (!(await readFile(path)).includes(PEM[key]))
        problems.add(at, path, key === 'keyFile' ? 'PEM 私钥 / a private key in PEM' : 'PEM 证书 / certificates in PEM')
    } catch (error) {
      problems.add(at, path, `无法读取 / cannot be read: ${(error as Error).message}`)
    }
  }
  if (problems.count > before) return
  try {
    createSecureContext(await syslogCredentials(config))
  } catch (error) {
    problems.add(
      where(['log', 'syslog', config.certFile === undefined ? 'caFile' : 'certFile']),
      config.certFile ?? config.caFile,
      `证书与私钥须成对、可用 / a certificate and its own key, usable: ${(error as Error).message}`,
    )
  }
}
