import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { isObject } from '../../core/config/merge.ts'
import { ARCHIVE_ERRORS } from './errors.ts'
import { ARCHIVE_EVENTS } from './events.ts'
import { archiveSchema } from './config.ts'
import { createArchiveAdapter } from './index.ts'
import { ARCHIVE_PROFILES, secretName } from './settings.ts'

/** Those of a batch on its way to the bureau. */
export const ARCHIVE_FAILPOINTS = [
  'archive.uploading',
  'archive.uploaded',
  'archive.renamed',
  'archive.marked',
] as const

export const archiveManifest: AdapterManifest = {
  id: 'archive',
  name: { zh: '档案馆', en: 'archive bureau' },
  purpose: {
    zh: '办结公文成批移交档案馆（SFTP），回执由同一处取回',
    en: 'batches of finished documents go to the archive bureau over SFTP, its receipts come back the same way',
  },
  guide: 'archive.md',
  uses: ['pollMs'],
  settings: archiveSchema.refine(({ profile }) => existsSync(join(ARCHIVE_PROFILES, `${profile}.yaml`)), {
    path: ['profile'],
    when: ({ value }) => isObject(value) && typeof value['profile'] === 'string',
    message: 'config/archive 中没有此目录方案 / no such profile in config/archive',
  }),
  secretEntries: [
    { name: '<id>.password', zh: '登录口令（server.login: password）', en: 'the password (server.login: password)' },
    {
      name: '<id>.key',
      zh: '登录私钥，OpenSSH 或 PEM，不带口令（server.login: key）',
      en: 'the private key, OpenSSH or PEM, without a passphrase (server.login: key)',
    },
  ],
  errors: ARCHIVE_ERRORS,
  events: ARCHIVE_EVENTS,
  failpoints: ARCHIVE_FAILPOINTS,
  takes: ['archive-batch'],
  gives: ['archive-receipt'],
  secrets: (system) => [secretName(system)],
  create: createArchiveAdapter,
}
