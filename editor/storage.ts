import type { FlowNode } from '../core/hop/flow-node.ts'
import type { BrokenFile, EditorFile } from '../core/hop/link.ts'
import type { StationLink } from '../nodes/link/hops.ts'
import { noCredentials } from './credentials.ts'

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
  readonly hops: () => Pick<StationLink, 'joined' | 'ask'>
  readonly credentialSecret: string
  /** ids of what is held back */
  readonly held: () => ReadonlySet<string>
  /** told the files that hold no flows, whenever flows are read */
  readonly broken: (files: readonly BrokenFile[]) => void
  /** told the revision of the flows that are about to run */
  readonly loaded: (revision: string) => void
}

/** Who deploys without a login. */
const NOBODY = 'editor'

/** Everything that Node-RED keeps is kept by the station: this process needs no file but its own program. */
export function createStorage({ hops, credentialSecret, held, broken, loaded }: StorageOptions): StorageModule {
  const kept = async (file: EditorFile | 'credentials'): Promise<object | undefined> =>
    (await hops().ask('editor.read', { file })).value
  const keep = async (file: EditorFile, value: object): Promise<void> => {
    await hops().ask('editor.write', { file, value })
  }
  /** until the flows are saved, with which they are one release */
  let credentials: object | undefined
  return {
    // The station has to be there, and everything that flows are held against with it.
    async init() {
      await hops().joined()
    },
    async getFlows() {
      await hops().joined()
      const read = await hops().ask('flows.read', {})
      broken(read.broken)
      loaded(read.revision)
      return read.flows
    },
    async saveFlows(flows, user) {
      const who = user?.username ?? NOBODY
      const { revision } = await hops().ask('flows.save', { flows, who, keep: [...held()], credentials })
      credentials = undefined
      loaded(revision)
    },
    getCredentials: async () => (await kept('credentials')) ?? noCredentials(credentialSecret),
    saveCredentials(changed) {
      credentials = changed
      return Promise.resolve()
    },
    getSettings: async () => (await kept('settings')) ?? {},
    saveSettings: (settings) => keep('settings', settings),
    getSessions: async () => (await kept('sessions')) ?? {},
    saveSessions: (sessions) => keep('sessions', sessions),
    // The import dialog's library is Node-RED's examples; a private library would be flows outside of `flows/`.
    getLibraryEntry: () => Promise.resolve([]),
    saveLibraryEntry: () => Promise.reject(new Error('请在 flows/ 中保存流程 / save flows as tabs')),
  }
}
