import { readFile } from 'node:fs/promises'
import { credentials, type SocketOptions } from 'amqplib'
import { authoritiesFault, certificateFault } from '../../config/authorities.ts'
import { YizhanError } from '../../errors/error.ts'

/** RabbitMQ 4.1 and later refuse less. */
const LEAST_FRAME_MAX = 8192
/** A dead peer is noticed after two to three of these, seconds; the broker's own default is a minute. */
const HEARTBEAT = 10
const CONNECT_TIMEOUT_MS = 10_000

/** One node of a broker. */
export interface BrokerNode {
  readonly url: string
  /** for logs: without user and password */
  readonly shown: string
}

export interface BrokerAddress {
  /** tried in turn */
  readonly nodes: readonly BrokerNode[]
  /** made for each connection: a password or a certificate that was renewed counts with the next one */
  readonly socket: () => Promise<SocketOptions>
}

/** Where a broker is and how it is told who we are, as the configuration says. */
export interface BrokerSettings {
  /** amqp:// or amqps:// (RabbitMQ URI specification and amqplib's query parameters) */
  readonly url: string
  /** further nodes of its cluster, `host` or `host:port`, with the user, virtual host and settings of the URL */
  readonly hosts?: readonly string[] | undefined
  /** of the URL's user, where the URL has none; asked for at each connection */
  readonly password?: (() => string) | undefined
  /** PEM files, for amqps:// only: authorities that sign the broker's certificate (absent: Node's own list) … */
  readonly caFile?: string | undefined
  /** … and our own certificate with its key; where the URL has no user, it is our login (SASL EXTERNAL) */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** @throws YizhanError CONFIG_INVALID, also for files that cannot be read */
export function brokerAddress(settings: BrokerSettings): BrokerAddress {
  const [fault] = brokerFaults(settings)
  if (fault !== undefined) {
    const { name, value, rule } = fault
    throw new YizhanError('CONFIG_INVALID', { field: `bus.${name}`, value, rule })
  }
  const url = new URL(settings.url)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT))
  const nodes = [url, ...(settings.hosts ?? []).map((host) => at(url, host))]
  return {
    nodes: nodes.map((node) => ({ url: node.href, shown: withoutSecret(node) })),
    socket: async () => ({
      noDelay: true,
      keepAlive: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: 'yizhan' },
      ...login(url, settings),
      ...(await filesOf(settings)),
    }),
  }
}

interface BusFault {
  readonly name: 'url' | 'hosts' | 'caFile' | 'certFile' | 'keyFile'
  readonly value: string
  readonly rule: string
}

/** Everything that is wrong with these settings and their files. */
export function brokerFaults({ url, hosts = [], caFile, certFile, keyFile }: BrokerSettings): readonly BusFault[] {
  const faults: BusFault[] = []
  const fault = addressFault(url)
  if (fault !== undefined) faults.push({ name: 'url', ...fault })
  for (const host of hosts)
    if (!HOST.test(host)) faults.push({ name: 'hosts', value: host, rule: 'host, host:port, [IPv6]:port' })
  const files = Object.entries({ caFile, certFile, keyFile }).filter(([, file]) => file !== undefined)
  if (!url.startsWith('amqps:'))
    return [
      ...faults,
      ...files.map(([name, value = '']) => ({
        name: name as BusFault['name'],
        value,
        rule: '只用于 amqps:// / for amqps:// only',
      })),
    ]
  const ca = caFile === undefined ? undefined : authoritiesFault(caFile)
  if (ca !== undefined) faults.push({ name: 'caFile', value: caFile ?? '', rule: ca })
  if (certFile === undefined && keyFile === undefined) return faults
  const own = certificateFault(certFile, keyFile)
  if (own !== undefined) faults.push({ name: 'certFile', value: certFile ?? '', rule: own })
  return faults
}

/** What is wrong with the address of a broker; undefined: nothing. The value is without its password. */
function addressFault(text: string): { readonly value: string; readonly rule: string } | undefined {
  const url = URL.parse(text)
  if (url === null) return { value: '?', rule: 'embedded, amqp://… or amqps://…' }
  const value = withoutSecret(url)
  if (!['amqp:', 'amqps:'].includes(url.protocol)) return { value, rule: 'embedded, amqp://… or amqps://…' }
  if (![url.username, url.password, url.pathname].every(isDecodable))
    return { value, rule: '用户、口令、虚拟主机须按 % 编码 / user, password and vhost are percent-encoded' }
  const frameMax = url.searchParams.get('frameMax')
  return frameMax === null || Number(frameMax) === 0 || Number(frameMax) >= LEAST_FRAME_MAX
    ? undefined
    : { value, rule: `frameMax ≥ ${LEAST_FRAME_MAX}` }
}

/** Nothing that could be read as another part of an address. */
const HOST = /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** The same address at another node, at the usual port where it names none. */
function at(url: URL, host: string): URL {
  const node = new URL(url)
  node.port = ''
  node.host = host
  return node
}

/** amqplib itself decodes them as Latin-1, which breaks any other character in a password. */
function login(
  { username, password: given }: URL,
  { password, certFile }: BrokerSettings,
): Pick<SocketOptions, 'credentials'> {
  if (username === '') return certFile === undefined ? {} : { credentials: credentials.external() }
  const word = given === '' ? (password?.() ?? '') : decodeURIComponent(given)
  return { credentials: credentials.plain(decodeURIComponent(username), word) }
}

async function filesOf({
  caFile,
  certFile,
  keyFile,
}: BrokerSettings): Promise<Pick<SocketOptions, 'ca' | 'cert' | 'key'>> {
  const read = async (file: string | undefined): Promise<Buffer | undefined> =>
    file === undefined ? undefined : readFile(file)
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(read))
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

function withoutSecret(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
