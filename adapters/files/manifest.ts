import type { AdapterManifest, ProofOf } from '../../core/adapter/manifest.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { filesSchema } from './config.ts'
import { createFilesAdapter } from './index.ts'

export const filesManifest: AdapterManifest = {
  id: 'files',
  name: { zh: '文件接口', en: 'systems that know only files' },
  purpose: {
    zh: '只会读写文件的系统：经我方的 SFTP、SCP 接口放文件、取文件',
    en: 'systems that only read and write files: they give and fetch them over our SFTP and scp endpoint',
  },
  since: '0.2.0',
  guide: 'files.md',
  uses: [],
  settings: filesSchema,
  secretEntries: [],
  failpoints: [],
  takes: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  gives: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  secrets: () => [],
  /** Two endpoints on one port are found when the configuration is read. */
  check(system, earlier) {
    const port = portOf(system)
    const first = port === undefined ? undefined : earlier.find((other) => portOf(other) === port)
    return first === undefined
      ? []
      : [{ path: ['settings', 'listen', 'port'], value: String(port), rule: `${first.id} 已用此端口 / has this port` }]
  },
  listens: ({ settings }) => [{ key: 'settings.listen', ...filesSchema.parse(settings).listen }],
  proof: filesProof,
  create: createFilesAdapter,
}

function portOf({ settings }: SystemConfig): number | undefined {
  const read = filesSchema.safeParse(settings)
  return read.success && read.data.listen.port !== 0 ? read.data.listen.port : undefined
}

/** Lists what waits for its units; the password is asked for, or its key is used. */
function filesProof({ system, account, host: known }: ProofOf): string | undefined {
  const read = filesSchema.safeParse(system.settings)
  if (!read.success) return undefined
  const { host, port } = read.data.listen
  const name = known ?? (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)
  return `sftp -P ${port} ${account.id}@${name}:in/`
}
