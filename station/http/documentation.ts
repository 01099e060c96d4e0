import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { projectHome } from '../../core/config/home.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Gate } from './gate.ts'
import { escape, page, PAGE_POLICY } from './page.ts'
import { GuardedRoutes } from './routes.ts'

/** The documentation, as `npm run build` has left it in `dist/docs`: under the names of its sources, so links hold. */
export function documentationRoutes(gate: Gate, folder = join(projectHome(), 'dist', 'docs')): GuardedRoutes {
  const routes = new GuardedRoutes(gate)
  const names = existsSync(folder) ? globSync('**/*.html', { cwd: folder }).sort() : []
  const bodies = new Map(names.map((name) => [name.replace(/html$/, 'md'), readFileSync(join(folder, name), 'utf8')]))
  const list = [...bodies]
    .map(([name, body]) => `<li><a href="/docs/${escape(name)}">${headingOf(body) ?? escape(name)}</a></li>`)
    .join('\n')
  const contents = page('驿站文档 Yizhan documentation', `<h1>文档 <small>documentation</small></h1>\n<ul>${list}</ul>`)
  routes.get('/docs', 'anyone', (request, response) => {
    queryIn(request.url)
    response.set('Content-Security-Policy', PAGE_POLICY).type('html').send(contents)
  })
  routes.get('/docs/*name', 'anyone', (request, response) => {
    queryIn(request.url)
    const parts: unknown = request.params['name']
    const body = Array.isArray(parts) ? bodies.get(parts.join('/')) : undefined
    if (body === undefined) throw new YizhanError('NOT_FOUND', { field: 'path', value: request.path })
    const shown = page(headingOf(body) ?? '驿站 Yizhan', `<p><a href="/docs">文档 documentation</a></p>\n${body}`)
    response.set('Content-Security-Policy', PAGE_POLICY).type('html').send(shown)
  })
  return routes
}

/** Text of the first heading: HTML already, without elements. */
function headingOf(body: string): string | undefined {
  const start = body.indexOf('<h1>')
  const end = body.indexOf('</h1>')
  return start < 0 || end < 0 ? undefined : body.slice(start + 4, end).replaceAll(/<[^<>]*>/g, '')
}
