import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../../../core/config/home.ts'
import { ENDPOINTS } from '../../../station/api/contract/index.ts'

/** Of the operators' API, out of its contract: an endpoint that is not there is not served. */
export const API_ADDRESSES = Object.values(ENDPOINTS).map(({ method, path }) => ({
  method,
  path: path.replaceAll(/\{\w+\}/g, 'x'),
}))

/** Addresses of the station's listener, one at least for each route in its code. */
export const STATION_PATHS = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/admin',
  '/admin/health',
  '/admin/where?q=x&actor=a',
  '/admin/clock',
  '/admin/clock/accept',
  '/admin/secrets',
  '/admin/backlog',
  '/admin/audit/verify',
  '/admin/dead-letters',
  '/admin/dead-letters/show?id=x&actor=a',
  '/admin/dead-letters/replay',
  '/admin/dead-letters/drop',
  '/admin/petitions',
  '/admin/petitions/show?id=x&actor=a',
  '/admin/petitions/decide',
  '/admin/paper',
  '/admin/paper/sent',
  '/admin/held',
  '/admin/held/show?id=x&actor=a',
  '/admin/held/release',
  '/admin/held/refuse',
  '/admin/unread',
  '/admin/subscriptions',
  '/admin/subscriptions/drop',
  '/admin/retention',
  '/admin/retention/run',
  '/admin/retention/find?q=x',
  '/admin/retention/verify',
  '/api/v1/alarms',
  '/api/v1/alarms/acknowledge',
  ...new Set(API_ADDRESSES.map(({ path }) => path)),
  '/login',
  '/login/password',
  '/login/codes',
  '/login/codes/confirm',
  '/login/codes/off',
  '/logout',
  '/console',
  '/console/assets/:name',
  '/docs',
  '/docs/operations.md',
  '/feed',
  '/feed/messages/x-1',
  '/feed/messages/x-1/files/0000',
  '/asyncapi.json',
  '/oa',
  '/oa/yizhan',
  '/oa/yizhan?wsdl',
  '/oa/yizhan?xsd=1',
  '/oa/yizhan?inbox',
  '/oa/epoint',
  '/oa/epoint/ArchiveExchange.asmx',
  '/oa/epoint/ArchiveExchange.asmx?wsdl',
  '/oa/epoint/ArchiveExchange.asmx?op=SendArchive',
  '/oa/rest/token',
  '/oa/rest/items',
  '/oa/rest/items/x',
  '/oa/rest/documents',
  '/oa/rest/documents/x',
  '/oa/rest/receipts',
  '/oa/rest/returns',
  '/oa/rest/withdrawals',
  '/oa/rest/replies',
  '/oa/files',
  `/oa/files/${'0'.repeat(64)}/a.txt?t=text/plain&e=9999999999&s=x`,
  '/portal',
  '/portal/files',
  `/portal/files/${'0'.repeat(64)}/a.txt?t=text/plain&e=9999999999&s=x`,
  '/portal/petitions',
  '/portal/petitions/AAAA-AAAA-AAAA-AAAA',
  '/portal/publications',
  '/portal/publications/x-1',
  '/portal/openapi.json',
  '/sms',
  '/sms/xt-sms',
  '/sms/xt-sms/wrong/report',
  '/sms/xt-sms/wrong/reply',
]

/** The same of the editor's. */
export const EDITOR_PATHS = [
  '/',
  '/auth/login',
  '/auth/token',
  '/auth/revoke',
  '/comms',
  '/flows',
  '/flows/state',
  '/flow',
  '/flow/issue',
  '/flow/global',
  '/nodes',
  '/nodes/messages',
  '/nodes/yizhan',
  '/nodes/node-red/inject',
  '/nodes/node-red/inject/messages',
  '/context/global',
  '/context/global/x',
  '/context/node/x',
  '/context/flow/x/y',
  '/settings',
  '/settings/user',
  '/settings/user/keys',
  '/settings/user/keys/x',
  '/plugins',
  '/plugins/messages',
  '/plugins/yizhan',
  '/plugins/yizhan/yizhan-kit',
  '/diagnostics',
  '/icons',
  '/icons/yizhan/x.svg',
  '/icons/@scope/yizhan/x.svg',
  '/resources/yizhan/x.js',
  '/theme',
  '/theme/css/x.css',
  '/locales/editor',
  '/library/local/flows',
  '/library/local/flows/x',
  '/credentials/x/y',
  '/projects',
  '/projects/x',
  '/yizhan/lists',
  '/inject/x',
  '/debug/view/view.html',
  '/debug/view/debug.js',
  '/debug/x',
  '/debug/x/enable',
  '/udp-ports/1',
  '/red/red.min.js',
  '/red/about',
  '/red/tours/welcome.js',
  '/red/tours',
  '/vendor/vendor.js',
  '/favicon.ico',
  '/types/node-red/func.d.ts',
  '/http',
  '/http/x',
]

/** Where routes are declared: the folder or file, and what stands before its paths. */
const SOURCES: readonly (readonly [place: string, receiver: RegExp, prefix: string])[] = [
  ['station/http/pages.ts', /\bopen/, ''],
  ['station/http/admin-routes.ts', /\broutes/, ''],
  ['station/http/retention-pages.ts', /\broutes/, ''],
  ['station/http/login-pages.ts', /\broutes/, ''],
  ['station/http/console.ts', /\broutes/, ''],
  ['station/http/documentation.ts', /\broutes/, ''],
  ['station/http/feed.ts', /\brouter/, ''],
  ['adapters/portal/mount.ts', /\bapp\s*/, ''],
  ['nodes/kit/kit.ts', /httpAdmin/, ''],
  ['node_modules/@node-red/editor-api/lib/index.js', /\badminApp/, ''],
  ['node_modules/@node-red/editor-api/lib/admin/index.js', /\badminApp/, ''],
  ['node_modules/@node-red/editor-api/lib/editor/index.js', /\beditorApp/, ''],
  ['node_modules/@node-red/nodes/core', /httpAdmin/, ''],
]

/** Routes in the code for which there is no address above: a new one is to be walked too. */
export function routesNotWalked(): string[] {
  const walked = [...STATION_PATHS, ...EDITOR_PATHS].map((path) => path.split('?', 1)[0] ?? '')
  const found = SOURCES.flatMap(([place, receiver, prefix]) =>
    filesAt(place).flatMap((file) => {
      const call = new RegExp(
        String.raw`^(?!\s*//).*?${receiver.source}\.(?:get|post|put|delete|use|route|all|form)\(\s*(?:['"\x60]([^'"\x60]*)['"\x60]|/(\^(?:[^/\\]|\\.|\[[^\]]*\])*)/)`,
        'gm',
      )
      const routes = [...readFileSync(file, 'utf8').matchAll(call)]
      if (file.endsWith(place) && routes.length === 0) throw new Error(`no routes in ${place}`)
      return routes.map(([, text, pattern]) =>
        pattern === undefined
          ? { name: prefix + (text ?? ''), pattern: patternOf(prefix + (text ?? '')) }
          : { name: pattern, pattern: new RegExp(pattern) },
      )
    }),
  )
  return found.filter(({ pattern }) => !walked.some((path) => pattern.test(path))).map(({ name }) => name)
}

/** As Express reads it. */
function patternOf(route: string): RegExp {
  const path = route
    .replace('${PREFIX}', '/portal')
    .replace(/:\w+\(([^)]*)\)/g, '($1)')
    .replace(/:\w+/g, '[^/]+')
    .replaceAll(/\*\w*/g, '.*')
  return new RegExp(`^${path}$`)
}

function filesAt(place: string): string[] {
  const path = join(projectHome(), place)
  if (/\.[jt]s$/.test(path)) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name))
}
