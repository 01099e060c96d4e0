import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { shared } from '../lib/shared.ts'
import { API_ADDRESSES, EDITOR_PATHS, routesNotWalked, STATION_PATHS } from './lib/routes.ts'
import { INSIDE, wholeStation, type WholeStation } from './lib/whole-station.ts'

/** Every address of a whole station, asked by somebody whom it does not know. */

let station: WholeStation
shared(
  async () => {
    station = await wholeStation()
  },
  () => station.close(),
)

/** What GET and HEAD may show to anybody; all that else answers 200 shows the same. */
const PUBLIC = {
  station: [
    '/',
    '/healthz',
    '/readyz',
    '/feed',
    '/asyncapi.json',
    '/api/v1/openapi.json',
    '/oa/yizhan',
    '/oa/yizhan?wsdl',
    '/oa/yizhan?xsd=1',
    '/oa/yizhan?inbox',
    '/oa/epoint/ArchiveExchange.asmx',
    '/oa/epoint/ArchiveExchange.asmx?wsdl',
    '/oa/epoint/ArchiveExchange.asmx?op=SendArchive',
    '/portal/publications',
    '/portal/openapi.json',
    '/login',
    '/console',
    '/docs',
    '/docs/operations.md',
  ],
  // The login page, and the code and pictures that it is made of.
  editor: [
    '/',
    '/auth/login',
    '/icons/yizhan/x.svg',
    '/icons/@scope/yizhan/x.svg',
    '/theme',
    '/locales/editor',
    '/debug/view/view.html',
    '/debug/view/view.html/.',
    '/debug/view/debug.js',
    '/red/red.min.js',
    '/vendor/vendor.js',
    '/favicon.ico',
    '/types/node-red/func.d.ts',
  ],
} as const
const PATHS = { station: STATION_PATHS, editor: EDITOR_PATHS } as const

const REFUSED = [401, 403, 404, 405]
/** Nothing of HTTP, or no form of a login. */
const SENSELESS = 400
/** To the same address with a slash behind it. */
const MOVED = 301

const METHODS = ['OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PATCH', 'PROPFIND']

/** The same address, written so that one reader takes it for another. */
function tricks(path: string): string[] {
  const [, first = '', rest = ''] = /^\/(.?)(.*)$/.exec(path) ?? []
  return [
    ...['/', '/admin/..;', '/%2e', '/.', '/x/..', '/healthz/..', '/oa/yizhan/..', '/portal/openapi.json/..'].map(
      (before) => before + path,
    ),
    ...['/', '/..', '/.', ';x=1', '%00', '%2f', '%20', '%252f', '/%2e%2e', '/..;/'].map((behind) =>
      path.replace(/(\?|$)/, `${behind}$1`),
    ),
    ...(first === '' ? [] : [`/%${first.charCodeAt(0).toString(16)}${rest}`]),
    path.toUpperCase(),
    `http://other.example${path}`,
    path.replaceAll('/', '\\'),
  ]
}

const BODIES: readonly (readonly [type: string, body: string])[] = [
  ['application/json', '{}'],
  ['application/x-www-form-urlencoded', 'grant_type=password&username=admin&password='],
  [
    'text/xml',
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Fetch xmlns="urn:yizhan:oa:1"><id>1</id></Fetch></s:Body></s:Envelope>',
  ],
]

/** The 新点 dialect has no faults: it says as a result that nobody has logged in. */
const isResult = ({ status, body }: Said): boolean =>
  status === 200 && /&lt;Status&gt;False&lt;|<Status>False</.test(body) && body.includes('UNAUTHENTICATED')

interface Said {
  readonly status: number
  readonly location: string
  readonly body: string
  /** body and headers */
  readonly all: string
}

function ask(
  base: URL,
  method: string,
  path: string,
  body?: readonly [string, string],
  authorization?: string,
): Promise<Said> {
  const [type, text] = body ?? []
  const headers = {
    ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
    ...(authorization === undefined ? {} : { authorization }),
  }
  return new Promise((resolve, reject) => {
    const asked = request({ host: base.hostname, port: base.port, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject)
      response.once('end', () => {
        const body = Buffer.concat(chunks).toString()
        const { statusCode: status = 0, headers: said } = response
        resolve({ status, location: said.location ?? '', body, all: JSON.stringify(said) + body })
      })
    })
    asked.once('error', reject).end(text)
  })
}

const version = (file: string): string =>
  (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
/** Of the station, of what it is made of, and of what it runs on. */
const VERSIONS = [
  `"${version(join(projectHome(), 'package.json'))}"`,
  ...['node-red', 'express'].map((name) => version(createRequire(import.meta.url).resolve(`${name}/package.json`))),
  process.versions.node,
]

it('every route of the code is among the addresses that are walked', () => {
  expect(routesNotWalked()).toEqual([])
})

it.each(['station', 'editor'] as const)('the %s shows a stranger what is public, and nothing else', async (name) => {
  const base = name === 'station' ? station.http : station.editor
  const open: readonly string[] = PUBLIC[name]
  const shown = new Set<string>()
  const faults: string[] = []
  const judge = (what: string, said: Said, mayShow: boolean): void => {
    const { status, location, body, all } = said
    const isSame = shown.has(body) || body === '{}'
    const isFine =
      REFUSED.includes(status) ||
      (status === 200 && mayShow && isSame) ||
      isResult(said) ||
      (status === MOVED && mayShow && /^\/[^/\\]*/.test(location) && location.endsWith('/')) ||
      (status === SENSELESS && !mayShow && /invalid_request|unsupported_grant_type/.test(body)) ||
      (status === SENSELESS && mayShow && !body.includes('{"error')) ||
      (status === SENSELESS && what.startsWith('POST /api/v1/session ') && body.includes('JSON_MALFORMED'))
    if (!isFine) faults.push(`${what}: ${status} ${body.slice(0, 100)}`)
    const told = [...INSIDE, ...(open.some((path) => /\.(?:js|ts)$/.test(path) && what.includes(path)) ? [] : VERSIONS)]
    for (const word of told) if (all.includes(word) && !what.includes(word)) faults.push(`${what} tells ${word}`)
  }

  for (const path of open) {
    const said = await ask(base, 'GET', path)
    if (said.status !== 200) faults.push(`${path}: ${said.status}`)
    shown.add(said.body)
  }
  for (const path of PATHS[name]) {
    const isOpen = open.includes(path)
    judge(`GET ${path}`, await ask(base, 'GET', path), isOpen || path === '/red/tours')
    const head = await ask(base, 'HEAD', path)
    if (isOpen ? head.status !== 200 : !REFUSED.includes(head.status)) faults.push(`HEAD ${path}: ${head.status}`)
    for (const method of METHODS) judge(`${method} ${path}`, await ask(base, method, path), false)
    for (const body of BODIES) judge(`POST ${path} ${body[0]}`, await ask(base, 'POST', path, body), false)
    for (const trick of tricks(path)) judge(`GET ${trick}`, await ask(base, 'GET', trick), true)
  }
  expect(faults).toEqual([])
})

/** With which login, and how, an address is asked so that it answers. */
function login(path: string): string {
  const basic = (account: string): string => `Basic ${Buffer.from(`${account}:${station.password}`).toString('base64')}`
  if (/^\/(?:admin|metrics|api|log)/.test(path)) return `Bearer ${station.password}`
  return basic(path.startsWith('/portal') ? 'zh-portal' : 'zh-yizhan')
}
const POSTED =
  /\/(?:accept|verify|replay|drop|decide|sent|release|refuse|report|reply|run|password|codes|confirm|off|logout)$/
/** Nothing is there. */
const NOWHERE = ['/admin', '/oa', '/oa/epoint', '/oa/files', '/portal', '/portal/files', '/sms', '/sms/xt-sms']

it('a parameter of the address that is not understood is refused by its name, everywhere', async () => {
  const paths = STATION_PATHS.filter((path) => !NOWHERE.includes(path) && !path.startsWith('/api/')).map((path) =>
    path.replace('/wrong/', `/${station.password}/`),
  )
  const asked = [
    ...API_ADDRESSES.map(({ method, path }) => [method, path, BODIES[0]] as const),
    ...paths.map((path) => [POSTED.test(path) ? 'POST' : 'GET', path, BODIES[0]] as const),
    ['POST', '/login', BODIES[1]] as const,
    ['POST', '/oa/yizhan', BODIES[2]] as const,
    ['POST', '/portal/petitions', BODIES[0]] as const,
    [
      'POST',
      '/oa/epoint/ArchiveExchange.asmx?op=SendArchive',
      [
        'text/xml',
        `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><SendArchive xmlns="http://tempuri.org/"><TokenBase64>${Buffer.from(`zh-epoint:${station.password}`).toString('base64')}</TokenBase64></SendArchive></s:Body></s:Envelope>`,
      ],
    ] as const,
  ]
  const faults: string[] = []
  for (const [method, path, body] of asked) {
    if (path === '/portal/petitions' && method === 'GET') continue
    const { status, body: said } = await ask(
      station.http,
      method,
      `${path}${path.includes('?') ? '&' : '?'}madeup=1`,
      method === 'POST' ? body : undefined,
      login(path),
    )
    // what RFC 6749 answers at a token is 400
    const wanted = path === '/oa/rest/token' ? [400] : [422, 500]
    if (!wanted.includes(status) || !said.includes('madeup'))
      faults.push(`${method} ${path}: ${status} ${said.slice(0, 200)}`)
  }
  expect(faults).toEqual([])
})
