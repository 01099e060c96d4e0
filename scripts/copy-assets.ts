/** Copies to dist/, beside the compiled modules, the files that they read at run time. */
import { cpSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'

const assets = [
  'nodes/**/*.{html,svg,png,json}',
  'adapters/**/*.{wsdl,xsd}',
  'sandbox/**/*.{html,css,js,wsdl,json}',
  'station/**/*.{html,css}',
  'editor/**/*.{js,json}',
]

const root = dirname(import.meta.dirname)
const files = globSync(assets, { cwd: root })
for (const file of files) cpSync(join(root, file), join(root, 'dist', file))
process.stdout.write(`已复制资源文件 / assets copied: ${files.length}\n`)
