/**
 * Copies to dist/, beside the compiled modules, the files that they read at run time; and makes dist/ a palette of its
 * own, from which the flow process loads its nodes: it may read that folder, and not the one above, where in a clone
 * all sorts of things lie.
 */
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderDocumentation } from './lib/documentation.ts'

const assets = [
  'nodes/**/*.{html,svg,png,json}',
  'adapters/**/*.{wsdl,xsd}',
  'sandbox/**/*.{html,css,js,wsdl,json}',
  'station/**/*.{html,css}',
  'editor/**/*.{js,json}',
  'examples/*.json',
]

const root = dirname(import.meta.dirname)
const files = globSync(assets, { cwd: root })
for (const file of files) cpSync(join(root, file), join(root, 'dist', file))

const {
  name,
  version,
  type,
  'node-red': red,
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly version: string
  readonly type: string
  readonly 'node-red': Readonly<Record<'nodes' | 'plugins', Readonly<Record<string, string>>>>
}
const inside = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([set, file]) => [set, file.replace(/^dist\//, '')]))
const palette = { ...red, nodes: inside(red.nodes), plugins: inside(red.plugins) }
writeFileSync(
  join(root, 'dist', 'package.json'),
  JSON.stringify({ name, version, type, private: true, 'node-red': palette }),
)
const pages = renderDocumentation(root)
process.stdout.write(`已复制资源文件 / assets copied: ${files.length}; 文档 / documentation: ${pages}\n`)
