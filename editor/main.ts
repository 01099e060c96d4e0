import { hash, timingSafeEqual } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drained, drainingDeploy, type DeployableRed } from '../nodes/tracker/drain.ts'
import { paletteRuntime, type PaletteRuntime, type RedRuntime } from '../nodes/link/runtime.ts'
import { editorSettings, HTTP_NODES } from './settings.ts'
import { createStorage } from './storage.ts'

/** The flow process: Node-RED with our palette, storage and login. Started and supervised by the station. */

/** The embedded Node-RED (it has no types of its own). */
interface EmbeddedRed extends DeployableRed, RedRuntime {
  init(server: object, settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  readonly httpAdmin: RequestListener
  readonly httpNode: RequestListener
}

const env = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is missing: the flow process is started by the station`)
  return value
}

const packageFolder = findPackage(dirname(fileURLToPath(import.meta.url)))
const drainMs = Number(env('YIZHAN_DRAIN_MS'))
const link = { host: '127.0.0.1', port: Number(env('YIZHAN_LINK_PORT')), token: env('YIZHAN_LINK_TOKEN') }
const password = env('YIZHAN_EDITOR_PASSWORD')
// Node-RED passes its environment on to whatever flows start.
for (const name of ['YIZHAN_LINK_TOKEN', 'YIZHAN_EDITOR_PASSWORD']) delete process.env[name]

const RED = createRequire(import.meta.url)('node-red') as EmbeddedRed
let palette: PaletteRuntime | undefined
const revisionOf = (flows: string): string => hash('sha256', flows, 'hex').slice(0, 12)

const storage = createStorage(env('YIZHAN_FLOWS'), env('YIZHAN_EDITOR_DATA'), async (who, flows) => {
  if (palette === undefined) return
  palette.hops.flowsRevision = revisionOf(flows)
  await palette.hops.ask('release', { who, flows })
})

const server = createServer((request, response) => {
  const url = request.url ?? '/'
  if (!url.startsWith(`${HTTP_NODES}/`)) return RED.httpAdmin(request, response)
  request.url = url.slice(HTTP_NODES.length)
  RED.httpNode(request, response)
})
const isPassword = (given: string): boolean => timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', password, 'buffer'))
RED.init(server, editorSettings({ packageFolder, userDir: env('YIZHAN_EDITOR_DATA'), storage, link, isPassword, credentialSecret: env('YIZHAN_CREDENTIAL_SECRET') }))

const started = new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()))
await RED.start()
palette = paletteRuntime(RED)
palette.hops.flowsRevision = revisionOf(JSON.stringify(await storage.getFlows()))
drainingDeploy(RED, palette.tracker, { pause: () => palette?.hops.pause(), resume: () => palette?.hops.resume(), timeoutMs: drainMs })
// A flow process never outlives its station: the next station starts its own.
palette.hops.onLost(() => process.exit(0))

await new Promise<void>((resolve, reject) => {
  server.once('error', reject)
  server.listen(Number(env('YIZHAN_EDITOR_PORT')), env('YIZHAN_EDITOR_HOST'), resolve)
})
await started

let stopping = false
const stop = async (): Promise<void> => {
  if (stopping) return
  stopping = true
  palette?.hops.pause()
  if (palette !== undefined) await drained(palette.tracker, drainMs)
  await RED.stop()
  process.exit(0)
}
process.on('SIGTERM', () => void stop())
// The terminal's Ctrl-C reaches the whole group: the station decides when this process stops.
process.on('SIGINT', () => undefined)

/** The folder whose package.json names the palette: two steps up in the sources, three when built. */
function findPackage(from: string): string {
  const name = from.endsWith(join('dist', 'editor')) ? '../..' : '..'
  return join(from, name)
}
