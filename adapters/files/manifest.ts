import type { AdapterManifest, ProofOf } from '../../core/adapter/manifest.ts'
import { isObject } from '../../core/config/merge.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { sftpSecretName } from '../kit/sftp/config.ts'
import { filesSchema, isPolled } from './config.ts'
import { FILES_ERRORS } from './errors.ts'
import { FILES_EVENTS } from './events.ts'
import { createFilesAdapter } from './index.ts'
import { reachPlace } from './polled/reach.ts'

export const filesManifest: AdapterManifest = {
  id: 'files',
  name: { zh: '文件接口', en: 'systems that know only files' },
  purpose: {
    zh: '只会读写文件的系统：来我方的 SFTP、SCP 接口放取，或由我方到其 SFTP 服务器、共享目录去放取',
    en: 'systems that only read and write files: they come to our SFTP and scp endpoint, or we go to their SFTP server or shared folder',
  },
  since: '0.2.0',
  guide: 'files.md',
  uses: ['pollMs'],
  settings: filesSchema,
  secretEntries: [
    {
      name: '<id>.password',
      zh: '登录对方服务器的口令（server.login: password）',
      en: 'the password there (server.login: password)',
    },
    {
      name: '<id>.key',
      zh: '登录对方服务器的私钥，OpenSSH 或 PEM，不带口令（server.login: key）',
      en: 'the private key there, OpenSSH or PEM, without a passphrase (server.login: key)',
    },
  ],
  errors: FILES_ERRORS,
  events: FILES_EVENTS,
  failpoints: [],
  takes: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  gives: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  secrets: ({ id, settings: { server } }) =>
    isObject(server) ? [sftpSecretName(id, server['login'] === 'key' ? 'key' : 'password')] : [],
  pushes: isPolled,
  /** Two endpoints on one port are found when the configuration is read. */
  check(system, earlier) {
    const port = portOf(system)
    const first = port === undefined ? undefined : earlier.find((other) => portOf(other) === port)
    return first === undefined
      ? []
      : [{ path: ['settings', 'listen', 'port'], value: String(port), rule: `${first.id} 已用此端口 / has this port` }]
  },
  listens({ settings }) {
    const { listen } = filesSchema.parse(settings)
    return listen === undefined ? [] : [{ key: 'settings.listen', ...listen }]
  },
  reach: reachPlace,
  proof: filesProof,
  create: createFilesAdapter,
}

function portOf({ settings }: SystemConfig): number | undefined {
  const read = filesSchema.safeParse(settings)
  return read.data?.listen?.port === 0 ? undefined : read.data?.listen?.port
}

/** Lists what waits for its units; the password is asked for, or its key is used. */
function filesProof({ system, account, host: known }: ProofOf): string | undefined {
  const read = filesSchema.safeParse(system.settings)
  if (read.data?.listen === undefined) return undefined
  const { host, port } = read.data.listen
  const name = known ?? (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)
  return `sftp -P ${port} ${account.id}@${name}:in/`
}
