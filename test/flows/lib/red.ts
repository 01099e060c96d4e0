import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedHooks } from '../../../nodes/tracker/red.ts'
import type { DeployableRed } from '../../../nodes/tracker/drain.ts'

/** One entry of a flow file. A node needs `x` and `y`, or it is taken for a configuration node. */
export interface FlowNode {
  id: string
  type: string
  z?: string
  wires?: (string | null)[][]
  [property: string]: unknown
}

export type DeployType = 'full' | 'nodes' | 'flows'

/** A node instance, as far as tests use one. */
export interface TestNode {
  readonly id: string
  readonly type: string
  name?: string
  send(msg: unknown): void
  receive(msg: object): void
  error(message: unknown, msg?: object): void
  status(status: object): void
  on(event: 'input', handler: (msg: TestMessage, send: (msg: unknown) => void, done: Done) => unknown): void
  on(event: 'close', handler: () => void): void
}

export type Done = (error?: unknown) => void

export interface TestMessage {
  _msgid?: string
  payload?: unknown
  topic?: unknown
  [property: string]: unknown
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** What the tests use of the embedded Node-RED. */
export interface EmbeddedRed extends DeployableRed {
  init(server: unknown, settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  readonly version: () => string
  readonly events: EventEmitter
  readonly hooks: RedHooks
  readonly httpAdmin: Handler
  readonly httpNode: Handler
  readonly nodes: {
    createNode(node: TestNode, config: FlowNode): void
    registerType(set: string, type: string, constructor: (this: TestNode, config: FlowNode) => void): void
    getNode(id: string): TestNode | null
  }
  readonly util: { cloneMessage<T>(msg: T): T }
}

export interface RedOptions {
  /** Types of the test's own: called for each node, after `createNode`. */
  readonly types?: Readonly<Record<string, (node: TestNode, config: FlowNode) => void>>
  readonly flows?: readonly FlowNode[]
  readonly settings?: object
  /** Gets the lines that Node-RED logs at `warn` and above. */
  readonly log?: (line: LogLine) => void
}

export interface LogLine {
  readonly level: number
  readonly id?: string
  readonly type?: string
  readonly msg?: unknown
}

export interface RedFixture {
  readonly red: EmbeddedRed
  /** Where its server listens; the editor and the admin API stand under `/red`. */
  readonly url: string
  /** Deploys through the runtime's API, as the editor does, and waits until the flows have started. */
  deploy(flows: readonly FlowNode[], type?: DeployType): Promise<void>
  node(id: string): TestNode
  stop(): Promise<void>
}

/**
 * Starts the real Node-RED in this process, with a user directory of its own.
 * Node-RED can be started once a process: give every test file a process or a worker (vitest's default).
 */
export async function startRed(options: RedOptions = {}): Promise<RedFixture> {
  const userDir = await mkdtemp(join(tmpdir(), 'yizhan-red-'))
  const red = createRequire(import.meta.url)('node-red') as EmbeddedRed
  const server = createServer((request, response) => {
    const isAdmin = request.url?.startsWith('/red') === true
    if (isAdmin) request.url = request.url?.slice('/red'.length) ?? '/'
    const handler = isAdmin ? red.httpAdmin : red.httpNode
    handler(request, response)
  })
  red.init(server, settingsFor(userDir, options))
  const started = nextStart(red)
  await red.start()
  for (const [type, define] of Object.entries(options.types ?? {})) registerType(red, type, define)
  await started
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const fixture: RedFixture = {
    red,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deploy: async (flows, type = 'full') => {
      const running = nextStart(red)
      await red.runtime.flows.setFlows({ flows: { flows: withPositions(flows) }, deploymentType: type })
      await running
    },
    node: (id) => {
      const node = red.nodes.getNode(id)
      if (node === null) throw new Error(`no node ${id} is running`)
      return node
    },
    stop: async () => {
      await red.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(userDir, { recursive: true, force: true })
    },
  }
  if (options.flows !== undefined) await fixture.deploy(options.flows)
  return fixture
}

function settingsFor(userDir: string, options: RedOptions): object {
  return {
    userDir,
    credentialSecret: 'a secret for tests',
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    storageModule: memoryStorage(),
    disableEditor: true,
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { palette: { allowInstall: false } },
    functionExternalModules: false,
    logging: {
      console: { level: 'off' },
      test: { level: 'warn', handler: () => options.log ?? ((): void => undefined) },
    },
    ...options.settings,
  }
}

/** Keeps everything in memory: the runtime writes its settings without waiting, also after it was stopped. */
function memoryStorage(): object {
  const kept: Record<string, unknown> = { Flows: [], Credentials: {}, Settings: {}, Sessions: {} }
  const methods = Object.keys(kept).flatMap((what) => [
    [`get${what}`, async () => kept[what]],
    [
      `save${what}`,
      async (value: unknown) => {
        kept[what] = value
      },
    ],
  ])
  return { init: async () => undefined, ...(Object.fromEntries(methods) as object) }
}

function nextStart(red: EmbeddedRed): Promise<void> {
  return new Promise((resolve) => red.events.once('flows:started', () => resolve()))
}

function registerType(red: EmbeddedRed, type: string, define: (node: TestNode, config: FlowNode) => void): void {
  // Node-RED calls it with `new` and makes it inherit from its own Node.
  red.nodes.registerType('test', type, function (this: TestNode, config: FlowNode) {
    red.nodes.createNode(this, config)
    define(this, config)
  })
}

const PLACED = new Set(['tab', 'subflow', 'global-config'])

/** Gives every node a place, so that a test need not. */
function withPositions(flows: readonly FlowNode[]): FlowNode[] {
  return flows.map((node, index) => (PLACED.has(node.type) ? node : { x: 100, y: 40 * index, ...node }))
}
