import type { IncomingMessage, RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { RequestHandler } from 'express'
import { projectHome } from '../core/config/home.ts'
import { Front } from '../core/http/front.ts'
import { FOR_EDITOR, STRICT_TRANSPORT } from '../core/http/headers.ts'
import { KnownHosts } from '../core/http/hosts.ts'
import type { FlowStart } from '../core/hop/start.ts'
import { keepFilesPrivate } from '../core/util/private-files.ts'
import { drainingDeploy, type DeployableRed } from '../nodes/tracker/drain.ts'
import { paletteRuntime, type RedRuntime } from '../nodes/link/runtime.ts'
import { redWithoutEditor, unusedNodes, withoutOwnSourcesIn } from './apart.ts'
import { Bounds } from './bounds.ts'
import { GivenCertificates } from './given-certificates.ts'
import { confine } from './confine.ts'
import { startGuard } from './guard.ts'
import { HttpDoor } from './http-door.ts'
import { LoginDoor } from './login-door.ts'
import { openPort } from './port.ts'
import { apartSettings, editorSettings, HTTP_NODES } from './settings.ts'
import { Connections } from './connections.ts'
import { catchStrays } from './strays.ts'
import { createStorage } from './storage.ts'
import { guardDeploys } from './deploy-guard.ts'
import type { FlowNode } from '../core/hop/flow-node.ts'
import { HeldTabs } from './held-tabs.ts'
import { holdBack } from './hold.ts'
import { nodeRules } from './node-rules.ts'

/**
 * The flow process: Node-RED with our palette, storage and login. Started and supervised by the station; also, without
 * an editor, the process apart in which hops run that may have ended another.
 */

/** The embedded Node-RED (it has no types of its own). */
interface EmbeddedRed extends DeployableRed, RedRuntime {
  init(server: object | null, settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  readonly nodes: RedRuntime['nodes'] & {
    getType(type: string): unknown
    /** null until flows were loaded */
    getFlows(): { readonly flows: readonly FlowNode[] } | null
  }
  readonly auth: { needsPermission(permission: string): RequestHandler }
  readonly httpAdmin: RequestListener
  readonly httpNode: RequestListener
}

/** Where Node-RED looks for what a user has installed: there is nothing. */
const NO_USER = fileURLToPath(new URL('user', import.meta.url))

keepFilesPrivate()
const given = JSON.parse(await text(process.stdin)) as FlowStart
const apart = given.apart === true
const RED = (apart ? redWithoutEditor() : createRequire(import.meta.url)('node-red')) as EmbeddedRed

let flowsRevision = ''
const known = (type: string): boolean => Boolean(RED.nodes.getType(type))
const bounds = new Bounds(given.allow)
const rules = nodeRules(known, bounds)
const heldTabs = new HeldTabs(RED, (lines) => paletteRuntime(RED).hops.hold(lines))
holdBack(rules, (held) => heldTabs.parsed(held))
const storage = createStorage({
  hops: () => paletteRuntime(RED).hops,
  credentialSecret: given.credentialSecret,
  held: () => heldTabs.held.ids,
  broken: (files) => heldTabs.read(files),
  loaded: (revision) => (flowsRevision = revision),
})
const link = {
  host: '127.0.0.1',
  ...given.link,
  apart,
  flowsRevision: () => flowsRevision,
}

const { clientCertificates, hosts, strict } = given.editor
const certificates = clientCertificates === undefined ? undefined : new GivenCertificates(clientCertificates)
const frontOptions = {
  proxies: given.proxies,
  certificates,
  headers: { ...FOR_EDITOR, ...(strict ? STRICT_TRANSPORT : {}) },
  hosts: new KnownHosts(hosts),
}
const front = new Front(frontOptions, (request, response) => {
  const url = request.url ?? '/'
  if (!url.startsWith(`${HTTP_NODES}/`)) return RED.httpAdmin(request, response)
  const path = (request.url = url.slice(HTTP_NODES.length))
  void httpDoor.enter(request, response, path).then((passes) => {
    if (passes) RED.httpNode(request, response)
  })
})
const check = (name: string, password: string, source: string, once: boolean) =>
  paletteRuntime(RED).hops.ask('login', { name, password, source, once })
const loginParts = {
  sourceOf: (request: IncomingMessage) => front.sourceOf(request),
  now: () => paletteRuntime(RED).hops.now(),
}
const login = new LoginDoor({
  ...loginParts,
  check: (name, password, source) => check(name, password, source, false),
  still: (name) => paletteRuntime(RED).hops.ask('session', { name }),
})
const httpDoor = new HttpDoor({
  ...loginParts,
  check: (name, password, source) => check(name, password, source, true),
  open: given.openPaths,
})
/** files of nodes that are not loaded: Node-RED reads the list when it starts */
const excluded = [...bounds.excluded]
const settings = {
  packageFolder: join(projectHome(), 'dist'),
  userDir: NO_USER,
  storage: apart ? withoutOwnSourcesIn(storage) : storage,
  link,
  login,
  httpDoor,
  excluded,
  credentialSecret: given.credentialSecret,
  loggedIn: ((request, response, next) =>
    RED.auth.needsPermission('settings.read')(request, response, next)) satisfies RequestHandler,
}
if (apart) RED.init(null, apartSettings(settings))
else RED.init(front.server, editorSettings(settings))

const { hops, tracker } = paletteRuntime(RED)
hops.on('tls', (line) => certificates?.take(line))
const guard = given.silentMs === undefined ? undefined : startGuard(given.silentMs, tracker)
catchStrays({ hops, tracker, guard })
confine()
if (apart) {
  await hops.joined()
  excluded.push(...unusedNodes((await hops.ask('flows.read', {})).flows))
}
await RED.start()
drainingDeploy(RED, tracker, { pause: () => hops.pause(), resume: () => hops.resume(), timeoutMs: given.drainMs })
guardDeploys(RED, {
  rules,
  active: () => RED.nodes.getFlows()?.flows ?? [],
  stored: async () => (await hops.ask('flows.read', {})).flows,
  held: () => heldTabs.held,
  refused: (who, error) => hops.report('flows.refused', `${who}: ${error.message}`),
})
const connections = new Connections(front.server)
hops.on('logins', () => {
  httpDoor.forget()
  connections.close()
})
// A flow process never outlives its station: the next station starts its own.
hops.on('lost', () => process.exit(0))

let stopping = false
const stop = async (): Promise<void> => {
  if (stopping) return
  stopping = true
  guard?.leaving()
  await hops.finish(given.drainMs)
  await RED.stop()
  process.exit(0)
}
process.on('SIGTERM', () => void stop())
// The terminal's Ctrl-C reaches the whole group: the station decides when this process stops.
process.on('SIGINT', () => undefined)

if (!apart)
  await openPort(front.listener, { host: given.editor.host, port: given.editor.port }, (code, detail) => {
    hops.reportSoon(code, detail)
  })
