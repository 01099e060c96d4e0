import type { LoginRole } from '../core/directory/people.ts'
import type { LinkOptions } from '../nodes/link/client.ts'
import type { StorageModule } from './storage.ts'

export interface EditorOptions {
  /** the package whose `node-red` section names the palette */
  readonly packageFolder: string
  readonly userDir: string
  readonly storage: StorageModule
  readonly link: LinkOptions
  /** asks the station, for the local administrator and people of the LDAP directory; undefined: may not log in, or nobody can tell now */
  readonly login: (name: string, password: string) => Promise<LoginRole | undefined>
  readonly credentialSecret: string
}

/** The local administrator. */
const EDITOR_USER = 'admin'

/** Node-RED's permissions. */
const PERMISSIONS: Readonly<Record<LoginRole, string>> = { admin: '*', read: 'read' }

/** Whoever logged in through the directory logs in again after this, seconds: somebody may have left the office. */
const SESSION_SECONDS = 12 * 3600

/** Where the paths of `http in` nodes begin. */
export const HTTP_NODES = '/http'

/** Node-RED's settings for a closed network: nothing is fetched, installed or reported. */
export function editorSettings(options: EditorOptions): object {
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
      ...users(options),
      sessionExpiryTime: SESSION_SECONDS,
    },
    externalModules: {
      autoInstall: false,
      palette: { allowInstall: false, allowUpload: false, allowUpdate: false },
      modules: { allowInstall: false },
    },
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

/** Those of a process apart: no editor, no port, and no nodes but those that a flow uses. */
export function apartSettings(options: EditorOptions, unused: readonly string[]): object {
  return {
    ...editorSettings(options),
    adminAuth: undefined,
    httpAdminRoot: false,
    httpNodeRoot: false,
    disableEditor: true,
    nodesExcludes: unused,
  }
}

interface User {
  readonly username: string
  readonly permissions: string
}

/** Node-RED cannot be told why somebody does not get in: the station's log says it. It stops whoever tries too often itself. */
function users({ login }: EditorOptions) {
  /** who holds a session of this process; after its end they log in again */
  const known = new Map<string, User>([[EDITOR_USER, { username: EDITOR_USER, permissions: PERMISSIONS.admin }]])
  return {
    users: (name: string): Promise<User | null> => Promise.resolve(known.get(name) ?? null),
    async authenticate(name: string, password: string): Promise<User | null> {
      const role = await login(name, password)
      if (role === undefined) return null
      const user = { username: name, permissions: PERMISSIONS[role] }
      known.set(name, user)
      return user
    },
  }
}
