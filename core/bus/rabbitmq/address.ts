import { readFile } from 'node:fs/promises'
import { credentials, type SocketOptions } from 'amqplib'
import { YizhanError } from '../../errors/error.ts'

/** RabbitMQ 4.1 and later refuse less. */
const LEAST_FRAME_MAX = 8192
/** A dead peer is noticed after two to three of these, seconds; the broker's own default is a minute. */
const HEARTBEAT = 10
const CONNECT_TIMEOUT_MS = 10_000

export interface BrokerAddress {
  readonly url: string
  readonly socket: SocketOptions
  /** for logs: without user and password */
  readonly shown: string
}

/**
 * Reads an amqp:// or amqps:// URL (RabbitMQ URI specification and amqplib's query parameters).
 *
 * @param password of its user, where the URL has none; asked for at each connection
 */
export function brokerAddress(text: string, password?: () => string): BrokerAddress {
  const fault = addressFault(text)
  if (fault !== undefined) throw new YizhanError('CONFIG_INVALID', { field: 'bus.url', ...fault })
  const url = new URL(text)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT))
  return {
    url: url.href,
    shown: withoutSecret(url),
    socket: {
      noDelay: true,
      keepAlive: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: 'yizhan' },
      // amqplib decodes them as Latin-1, which breaks any other character in a password
      ...(url.username === ''
        ? {}
        : { credentials: login(decodeURIComponent(url.username), decodeURIComponent(url.password), password) }),
    },
  }
}

/** What is wrong with the address of a broker; undefined: nothing. The value is without its password. */
export function addressFault(text: string): { readonly value: string; readonly rule: string } | undefined {
  const url = URL.parse(text)
  if (url === null) return { value: '?', rule: 'embedded, amqp://… or amqps://…' }
  const value = withoutSecret(url)
  if (!['amqp:', 'amqps:'].includes(url.protocol)) return { value, rule: 'embedded, amqp://… or amqps://…' }
  const frameMax = url.searchParams.get('frameMax')
  return frameMax === null || Number(frameMax) === 0 || Number(frameMax) >= LEAST_FRAME_MAX
    ? undefined
    : { value, rule: `frameMax ≥ ${LEAST_FRAME_MAX}` }
}

/** amqplib asks for the response at each connection: a password that was changed counts with the next one. */
function login(
  user: string,
  given: string,
  password: (() => string) | undefined,
): NonNullable<SocketOptions['credentials']> {
  const plain = () => credentials.plain(user, given === '' ? (password?.() ?? '') : given)
  return { mechanism: plain().mechanism, response: () => plain().response() }
}

/**
 * The address with the authorities that sign the broker's certificate, from a PEM file; without one Node's own list
 * counts.
 * Rejects with CONFIG_INVALID for a file that cannot be read or that belongs to an unencrypted address.
 */
export async function trusting(address: BrokerAddress, caFile: string | undefined): Promise<BrokerAddress> {
  if (caFile === undefined) return address
  const wrong = (rule: string, cause?: unknown): YizhanError =>
    new YizhanError('CONFIG_INVALID', { field: 'bus.caFile', value: caFile, rule }, { cause })
  if (!address.url.startsWith('amqps:')) throw wrong('只用于 amqps:// / for amqps:// only')
  let ca: Buffer
  try {
    ca = await readFile(caFile)
  } catch (error) {
    throw wrong((error as Error).message, error)
  }
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw wrong('PEM 证书 / certificates in PEM')
  return { ...address, socket: { ...address.socket, ca: [ca] } }
}

function withoutSecret(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}
