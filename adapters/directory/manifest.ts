import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { DIRECTORY_ERRORS } from './errors.ts'
import { DIRECTORY_EVENTS } from './events.ts'
import { createDirectoryAdapter } from './adapter.ts'
import { directorySettings, mergesSchema } from './config.ts'
import { reachDirectory } from './reach.ts'

/** Those of a synchronisation: read and not yet saved, saved and not yet told. */
export const DIRECTORY_FAILPOINTS = ['directory.syncing', 'directory.saved'] as const

export const directoryManifest: AdapterManifest = {
  id: 'directory',
  name: { zh: '目录', en: 'directory' },
  purpose: {
    zh: '市里的 LDAP 目录：单位的其他名称、人员、编辑器的登录、单位合并；每次变化成为一件消息',
    en: 'the city’s LDAP directory: further names of units, people, logins of the editor, mergers; a message for each change',
  },
  guide: 'directory.md',
  uses: [],
  settings: directorySettings,
  secretEntries: [
    { name: '<id>.password', zh: '服务账号的口令（有 bindDn 时）', en: 'the service account’s password (with bindDn)' },
  ],
  errors: DIRECTORY_ERRORS,
  events: DIRECTORY_EVENTS,
  failpoints: DIRECTORY_FAILPOINTS,
  takes: [],
  gives: ['directory-changes'],
  secrets: ({ id, settings }) => (settings['bindDn'] === undefined ? [] : [`${id}.password`]),
  callsOverTls: ({ settings: { url, startTls } }) =>
    startTls === true || (typeof url === 'string' && url.startsWith('ldaps:')),
  merges: ({ settings }) => mergesSchema.safeParse(settings['merges']).data ?? [],
  reach: (system, secret) => reachDirectory(system, () => secret(`${system.id}.password`)),
  create: createDirectoryAdapter,
}
