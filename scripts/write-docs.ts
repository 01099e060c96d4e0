import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import { errorsPage, logsPage } from './lib/catalogue-docs.ts'
import { loadKinds } from '../core/matter/kind/load.ts'
import { commandsPage } from './lib/commands-doc.ts'
import { yamlSchemas } from './lib/json-schemas.ts'
import { mattersPage } from './lib/matters-doc.ts'
import { referencePages } from './lib/reference-docs.ts'

/**
 * `npm run docs`: writes what comes from the catalogues, the command line, the manifests and the configuration's
 * schemas.
 */
writeFolder('docs', {
  'errors.md': errorsPage(),
  'logs.md': logsPage(),
  'commands.md': commandsPage(),
  'matter-kinds.md': mattersPage((await loadKinds()).kinds),
})
rmSync(join(projectHome(), 'docs', 'reference'), { recursive: true, force: true })
writeFolder('docs/reference', referencePages())
writeFolder(
  'config/schemas',
  Object.fromEntries(
    Object.entries(yamlSchemas()).map(([name, schema]) => [
      `${name}.json`,
      `${JSON.stringify(schema, undefined, 2)}\n`,
    ]),
  ),
)

function writeFolder(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(projectHome(), folder), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(projectHome(), folder, name), text)
}
