import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Request, Response } from 'express'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { projectHome } from '../../core/config/home.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Gate } from './gate.ts'
import { GuardedRoutes } from './routes.ts'

/** Its own scripts and styles, and the station: no inline script, no eval, nothing from elsewhere. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // what components put on their own elements: positions, sizes, colours
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** Named by what is in it: it never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'

interface Kept {
  readonly bytes: Buffer
  readonly zipped: Buffer
  readonly type: string
  readonly tag: string
}

/**
 * The duty console: a page and the files that it is made of, read once, as `npm run build` has left them in
 * `dist/console`. Whoever has not logged in gets the same, and nothing of the station with it.
 */
export function consoleRoutes(gate: Gate, folder = join(projectHome(), 'dist', 'console')): GuardedRoutes {
  const routes = new GuardedRoutes(gate)
  const assets = new Map(namesIn(join(folder, 'assets')).map((name) => [name, kept(join(folder, 'assets', name))]))
  const page = existsSync(join(folder, 'index.html')) ? kept(join(folder, 'index.html')) : undefined
  const send = (request: Request, response: Response, file: Kept | undefined, caching: string): void => {
    queryIn(request.url)
    if (file === undefined) throw new YizhanError('NOT_FOUND', { field: 'path', value: request.path })
    const { bytes, zipped, type, tag } = file
    response.set({ 'Content-Type': type, 'Cache-Control': caching, ETag: tag, Vary: 'Accept-Encoding' })
    response.set('Content-Security-Policy', CONSOLE_POLICY)
    if (request.fresh) response.status(304).end()
    else if (request.acceptsEncodings('gzip') === false) response.send(bytes)
    else response.set('Content-Encoding', 'gzip').send(zipped)
  }
  routes.get('/console', 'anyone', (request, response) => send(request, response, page, 'no-store'))
  routes.get('/console/assets/:name', 'anyone', (request, response) =>
    send(request, response, assets.get(String(request.params['name'])), FOR_EVER),
  )
  return routes
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function kept(path: string): Kept {
  const bytes = readFileSync(path)
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { bytes, zipped: gzipSync(bytes), type: TYPES[extname(path)] ?? 'application/octet-stream', tag }
}
