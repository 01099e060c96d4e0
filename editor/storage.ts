import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asError } from '../core/errors/error.ts'
import { noCredentials } from './credentials.ts'
import { replaceFile } from '../core/util/durable-file.ts'
import type { FlowNode } from './flow-node.ts'
import { readFolder, writeFlows, type BrokenFile } from './flow-files.ts'

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
  /** resolves when there is everything that flows are held against */
  readonly ready: () => Promise<void>
  /** ids of what is held back: its files stay as they are while nobody changes it */
  readonly held: () => ReadonlySet<string>
  /** told the files that hold no flows, whenever flows are read */
  readonly broken: (files: readonly BrokenFile[]) => void
  /** told the flows that are about to run, as JSON in the order of the files */
  readonly loaded: (flows: string) => void
  /**
   * told after each save who saved which flows, for the ledger; what it rejects with goes to `trouble`, and it is told
   * again; absent: another process tells it
   */
  readonly released?: ((who: string, flows: string) => Promise<void>) | undefined
  readonly trouble: (error: Error) => void
}

/** Who deploys without a login. */
const NOBODY = 'editor'

const CREDENTIALS = 'credentials.json'
/** Who deployed the release that the ledger does not know yet. */
const UNTOLD = 'untold-release.json'

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
  /** until the flows are saved, with which they are one release */
  let credentials: object | undefined
  const untold = join(dataFolder, UNTOLD)
  /** Tells the ledger of a release; after a kill, of one that was deployed and never told. */
  const tell = async (flows: string): Promise<void> => {
    if (released === undefined) return
    const note = (await read(UNTOLD, {})) as { readonly who?: string }
    if (note.who === undefined) return
    try {
      await released(note.who, flows)
    } catch (error) {
      // The flows are in place and run: who deployed them is told at the next start or deploy.
      options.trouble(asError(error))
      return
    }
    await rm(untold, { force: true })
  }
  return {
    async init() {
      await mkdir(dataFolder, { recursive: true })
      // Node-RED looks here for nodes that a user installed.
      await writeFile(join(dataFolder, 'package.json'), '{}\n', { flag: 'wx' }).catch(ignoreExisting)
    },
    async getFlows() {
      await options.ready()
      const { files, broken } = await readFolder(flowsFolder)
      options.broken(broken)
      const flows = [...files.values()].flat()
      const text = JSON.stringify(flows)
      loaded(text)
      await tell(text)
      return flows
    },
    async saveFlows(flows, user) {
      const beside = (path: string, value: object) => ({ path, text: JSON.stringify(value), mode: 0o600 })
      await writeFlows(flowsFolder, flows, {
        keep: options.held(),
        beside: [
          beside(untold, { who: user?.username ?? NOBODY }),
          ...(credentials === undefined ? [] : [beside(join(dataFolder, CREDENTIALS), credentials)]),
        ],
      })
      credentials = undefined
      const text = JSON.stringify([...(await readFolder(flowsFolder)).files.values()].flat())
      loaded(text)
      await tell(text)
    },
    getCredentials: () => read(CREDENTIALS, noCredentials(options.credentialSecret)),
    saveCredentials(changed) {
      credentials = changed
      return Promise.resolve()
    },
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
