import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { EventEmitter } from 'node:events'
import amqp from 'amqplib'
import { expertFlow } from './expert-flow.ts'

/** Node-RED with the expert's flow, as a process of its own: `expert FOLDER AMQP_URL RECEIVER_URL`. */

interface EmbeddedRed {
  init(server: object, settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  readonly httpNode: RequestListener
  readonly events: EventEmitter
}

const [userDir = '', amqpUrl = '', receiverUrl = ''] = process.argv.slice(2)
const flow = expertFlow({ amqpUrl, receiverUrl })
const nothing = { get: () => Promise.resolve({}), save: () => Promise.resolve() }

const RED = createRequire(import.meta.url)('node-red') as EmbeddedRed
const server = createServer((request, response) => RED.httpNode(request, response))
RED.init(server, {
  userDir,
  httpAdminRoot: false,
  httpNodeRoot: '/',
  disableEditor: true,
  credentialSecret: 'bench',
  functionGlobalContext: { amqp },
  contextStorage: { default: { module: 'memory' } },
  logging: { console: { level: 'warn', metrics: false, audit: false } },
  storageModule: {
    init: () => Promise.resolve(),
    getFlows: () => Promise.resolve(flow),
    saveFlows: nothing.save,
    getCredentials: nothing.get,
    saveCredentials: nothing.save,
    getSettings: nothing.get,
    saveSettings: nothing.save,
    getSessions: nothing.get,
    saveSessions: nothing.save,
    getLibraryEntry: nothing.get,
    saveLibraryEntry: nothing.save,
  },
})
const started = new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()))
await RED.start()
await started
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
process.stdout.write(JSON.stringify({ port: (server.address() as AddressInfo).port }) + '\n')

process.on('SIGTERM', () => {
  void RED.stop().then(() => process.exit(0))
})
