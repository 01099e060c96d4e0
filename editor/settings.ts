import { fileURLToPath } from 'node:url'
import type { RequestHandler } from 'express'
import { withoutOptions } from '../core/http/options.ts'
import type { LinkOptions } from '../nodes/link/client.ts'
import type { HttpDoor } from './http-door.ts'
import type { LoginDoor, User } from './login-door.ts'
import type { StorageModule } from './storage.ts'
import { versionsFor } from './versions.ts'

export interface EditorOptions {
  /** the folder in whose package.json the `node-red` section names the palette */
  readonly packageFolder: string
  readonly userDir: string
  readonly storage: StorageModule
  readonly link: LinkOptions
  readonly login: LoginDoor
  readonly httpDoor: HttpDoor
  /** files of nodes that are not loaded */
  readonly excluded: readonly string[]
  readonly credentialSecret: string
  /** lets pass who has logged in, whatever he may do */
  readonly loggedIn: RequestHandler
}

/** Shows in the editor's dialog why somebody does not get in. */
const LOGIN_MESSAGE = fileURLToPath(new URL('login-message.js', import.meta.url))

/** Node-RED's own end of a token, seconds; the station's session (`people` of station.yaml) mostly ends before. */
const SESSION_SECONDS = 24 * 3600

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
    webSocketNodeVerifyClient: options.httpDoor.verifier(HTTP_NODES),
    nodesExcludes: options.excluded,
    disableEditor: false,
    httpAdminMiddleware: [withoutOptions, versionsFor(options.loggedIn), options.login.middleware],
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
      page: { title: '驿站 Yizhan', scripts: [LOGIN_MESSAGE] },
      header: { title: '驿站 Yizhan' },
      tours: false,
      projects: { enabled: false },
      codeEditor: { lib: 'monaco' },
    },
  }
}

/** Those of a process apart: no editor and no port. */
export function apartSettings(options: EditorOptions): object {
  return {
    ...editorSettings(options),
    adminAuth: undefined,
    httpAdminRoot: false,
    httpNodeRoot: false,
    disableEditor: true,
  }
}

/** Who holds a token; the door has decided, and the station's session says for how long. */
function users({ login }: EditorOptions) {
  return {
    users: (name: string): Promise<User | null> => login.still(name),
    authenticate: (name: string, ticket: string): Promise<User | null> => Promise.resolve(login.redeem(name, ticket)),
  }
}
