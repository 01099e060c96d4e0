import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readFlows, writeFlows, type FlowNode } from './flow-files.ts'

/** The part of Node-RED's storage interface that it requires (https://nodered.org/docs/api/storage/methods/). */
export interface StorageModule {
  init(settings: object): Promise<void>
  getFlows(): Promise<readonly FlowNode[]>
  saveFlows(flows: readonly FlowNode[], user?: { readonly username?: string }): Promise<void>
  getCredentials(): Promise<object>
  saveCredentials(credentials: object): Promise<void>
  getSettings(): Promise<object>
  saveSettings(settings: object): Promise<void>
  getSessions(): Promise<object>
  saveSessions(sessions: object): Promise<void>
  getLibraryEntry(type: string, path: string): Promise<readonly unknown[] | string>
  saveLibraryEntry(type: string, path: string, meta: object, body: string): Promise<void>
}

/**
 * Flows in `flows/` (one tab a file), everything else in the data folder.
 *
 * @param released told after each save who saved which flows, for the ledger
 */
export function createStorage(flowsFolder: string, dataFolder: string, released: (who: string, flows: string) => Promise<void>): StorageModule {
  const read = async (name: string): Promise<object> => {
    try {
      return JSON.parse(await readFile(join(dataFolder, name), 'utf8')) as object
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw error
    }
  }
  const write = async (name: string, value: object): Promise<void> => {
    await mkdir(dataFolder, { recursive: true })
    await writeFile(join(dataFolder, name), JSON.stringify(value), { mode: 0o600 })
  }
  return {
    init: () => mkdir(dataFolder, { recursive: true }).then(() => undefined),
    getFlows: () => readFlows(flowsFolder),
    async saveFlows(flows, user) {
      await writeFlows(flowsFolder, flows)
      await released(user?.username ?? 'editor', JSON.stringify(flows))
    },
    getCredentials: () => read('credentials.json'),
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
