import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority, type Authority } from '../authority.ts'

export interface BrokerPorts {
  port: number
  /** For Erlang's own protocol between nodes. */
  distributionPort: number
  /** For the port mapper; with the default one, all Erlang programs of the machine would share a daemon. */
  epmdPort: number
  /** also over TLS, with a certificate of an authority made for it */
  tlsPort?: number | undefined
  /** over TLS it asks for a certificate of the authority, and takes it as a login too (SASL EXTERNAL) */
  clientCertificates?: boolean | undefined
}

export interface BrokerSettings extends BrokerPorts {
  folder: string
  dataFolder: string
  logFile: string
  nodeName: string
  cookie: string
  /** where it speaks TLS */
  authority?: Authority | undefined
  environment: NodeJS.ProcessEnv
}

/**
 * Makes the folder of a RabbitMQ that shares nothing with another one or with the machine's settings in /etc/rabbitmq.
 * The configuration is in Erlang terms: the newer format costs a second at every start.
 */
export async function prepareBroker(ports: BrokerPorts): Promise<BrokerSettings> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-rabbitmq-'))
  const inside = (name: string) => join(folder, name)
  const nodeName = `yizhan-${ports.port}@localhost`
  const cookie = randomBytes(12).toString('hex')

  await mkdir(inside('home'))
  await writeFile(inside('home/.erlang.cookie'), cookie, { mode: 0o400 })
  const authority = ports.tlsPort === undefined ? undefined : makeAuthority(folder)
  const tls =
    ports.tlsPort === undefined || authority === undefined
      ? ''
      : `{ssl_listeners, [{"127.0.0.1", ${ports.tlsPort}}]},
  {ssl_options, [{certfile, "${authority.certFile}"}, {keyfile, "${authority.keyFile}"}${ports.clientCertificates === true ? `, {cacertfile, "${authority.caFile}"}, {verify, verify_peer}, {fail_if_no_peer_cert, true}` : ''}]},
  ${ports.clientCertificates === true ? "{ssl_cert_login_from, common_name}, {auth_mechanisms, ['PLAIN', 'EXTERNAL']}," : ''}`
  await writeFile(inside('rabbitmq.config'), configuration(ports.port, tls))
  await writeFile(
    inside('enabled_plugins'),
    ports.clientCertificates === true ? '[rabbitmq_auth_mechanism_ssl].\n' : '[].\n',
  )

  return {
    ...ports,
    folder,
    dataFolder: inside('data'),
    logFile: inside('broker.log'),
    nodeName,
    cookie,
    authority,
    environment: {
      PATH: `/usr/lib/erlang/bin:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      LANG: 'C.UTF-8',
      HOME: inside('home'),
      ERL_EPMD_PORT: String(ports.epmdPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: nodeName,
      RABBITMQ_DIST_PORT: String(ports.distributionPort),
      RABBITMQ_MNESIA_BASE: inside('data'),
      RABBITMQ_LOG_BASE: inside('log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: inside('enabled_plugins'),
      RABBITMQ_CONFIG_FILE: inside('rabbitmq'),
      RABBITMQ_ADVANCED_CONFIG_FILE: inside('none'),
      RABBITMQ_CONFIG_FILES: inside('none.d'),
      RABBITMQ_CONF_ENV_FILE: inside('none'),
      RABBITMQ_GENERATED_CONFIG_DIR: inside('generated'),
      // The start script then becomes the broker, so that the process we start is the one we kill.
      detached: '1',
    },
  }
}

/** The alarms for memory and disk are put out of reach: a broker in alarm stops reading, on a full disk for ever. */
function configuration(port: number, tls: string): string {
  return `[{rabbit, [
  {tcp_listeners, [{"127.0.0.1", ${port}}]},
  ${tls}
  {total_memory_available_override_value, 1000000000000},
  {vm_memory_high_watermark, 1.0},
  {disk_free_limit, 1},
  {log, [{file, [{file, false}]}, {console, [{enabled, true}, {level, warning}]}]}
]}].
`
}
