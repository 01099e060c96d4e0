import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { noCredentials } from './credentials.ts'
import { replaceFile } from './durable-file.ts'
import { readFlows, writeFlows, type FlowNode } from './flow-files.ts'

/** The part of Node-RED's storage interface that it requires (https://nodered.org/docs/api/storage/methods/). */
export interface StorageModule {
  init(settings: object): Promise<void>
  getFlows(): Promise<readonly FlowNode[]>
  saveFlows(flows: readonly FlowNode[], user?: { readonly username?: string } | null): Promise<void>
  getCredentials(): Promise<object>
  saveCredentials(credentials: object): Promise<void>
  getSettings(): Promise<object>
  saveSettings(settings: object): Promise<void>
  getSessions(): Promise<object>
  saveSessions(sessions: object): Promise<void>
  getLibraryEntry(type: string, path: string): Promise<readonly unknown[] | string>
  saveLibraryEntry(type: string, path: string, meta: object, body: string): Promise<void>
}

export interface StorageOptions {
  /** one tab, one file */
  readonly flowsFolder: string
  /** everything else */
  readonly dataFolder: string
  readonly credentialSecret: string
  /** told the flows that are about to run, as JSON in the order of the files */
  readonly loaded: (flows: string) => void
  /** told after each save who saved which flows, for the ledger */
  readonly released: (who: string, flows: string) => Promise<void>
}

/** Who deploys without a login. */
const NOBODY = 'editor'

/** Flows in `flows/`, everything else in the data folder, each file whole or not at all. */
export function createStorage(options: StorageOptions): StorageModule {
  const { flowsFolder, dataFolder, loaded, released } = options
  const read = async (name: string, otherwise: object = {}): Promise<object> => {
    try {
      return JSON.parse(await readFile(join(dataFolder, name), 'utf8')) as object
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
      throw error
    }
  }
  const write = (name: string, value: object): Promise<void> =>
    replaceFile(join(dataFolder, name), JSON.stringify(value), 0o600)
  return {
    async init() {
      await mkdir(dataFolder, { recursive: true })
      // Node-RED looks here for nodes that a user installed.
      await writeFile(join(dataFolder, 'package.json'), '{}\n', { flag: 'wx' }).catch(ignoreExisting)
    },
    async getFlows() {
      const flows = await readFlows(flowsFolder)
      loaded(JSON.stringify(flows))
      return flows
    },
    async saveFlows(flows, user) {
      await writeFlows(flowsFolder, flows)
      const text = JSON.stringify(await readFlows(flowsFolder))
      loaded(text)
      await released(user?.username ?? NOBODY, text)
    },
    getCredentials: () => read('credentials.json', noCredentials(options.credentialSecret)),
    saveCredentials: (credentials) => write('credentials.json', credentials),
    getSettings: () => read('settings.json'),
    saveSettings: (settings) => write('settings.json', settings),
    getSessions: () => read('sessions.json'),
    saveSessions: (sessions) => write('sessions.json', sessions),
    // The import dialog's library is Node-RED's examples; a private library would be flows outside of `flows/`.
    getLibraryEntry: () => Promise.resolve([]),
    saveLibraryEntry: () => Promise.reject(new Error('请在 flows/ 中保存流程 / save flows as tabs')),
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
