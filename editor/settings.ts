import type { LinkOptions } from '../nodes/link/client.ts'
import type { StorageModule } from './storage.ts'

export interface EditorOptions {
  /** the package whose `node-red` section names the palette */
  readonly packageFolder: string
  readonly userDir: string
  readonly storage: StorageModule
  readonly link: LinkOptions
  readonly isPassword: (given: string) => boolean
  readonly credentialSecret: string
}

/** The user of the editor until the directory provides logins. */
export const EDITOR_USER = 'admin'

/** Where the paths of `http in` nodes begin. */
export const HTTP_NODES = '/http'

/** Node-RED's settings for a closed network: nothing is fetched, installed or reported. */
export function editorSettings(options: EditorOptions): object {
  const user = { username: EDITOR_USER, permissions: '*' }
  return {
    userDir: options.userDir,
    nodesDir: options.packageFolder,
    storageModule: options.storage,
    credentialSecret: options.credentialSecret,
    yizhan: options.link,
    httpAdminRoot: '/',
    httpNodeRoot: HTTP_NODES,
    disableEditor: false,
    flowFilePretty: true,
    adminAuth: {
      type: 'credentials',
      users: (name: string) => Promise.resolve(name === EDITOR_USER ? user : null),
      authenticate: (name: string, password: string) => Promise.resolve(name === EDITOR_USER && options.isPassword(password) ? user : null),
    },
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false, allowUpdate: false }, modules: { allowInstall: false } },
    functionExternalModules: false,
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: true, ui: true },
    paletteCategories: ['驿站 Yizhan', 'subflows', 'common', 'function', 'network', 'sequence', 'parser', 'storage'],
    runtimeState: { enabled: true, ui: false },
    exportGlobalContextKeys: false,
    contextStorage: { default: { module: 'memory' } },
    logging: { console: { level: 'warn', metrics: false, audit: false } },
    editorTheme: {
      page: { title: '驿站 Yizhan' },
      header: { title: '驿站 Yizhan' },
      tours: false,
      projects: { enabled: false },
      codeEditor: { lib: 'monaco' },
    },
  }
}
