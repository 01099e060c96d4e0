import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../core/config/home.ts'
import { errorsPage, logsPage } from './lib/catalogue-docs.ts'
import { commandsPage } from './lib/commands-doc.ts'

/** `npm run docs`: writes the pages that come from the catalogues and the command line. */
writeFileSync(join(projectHome(), 'docs', 'errors.md'), errorsPage())
writeFileSync(join(projectHome(), 'docs', 'logs.md'), logsPage())
writeFileSync(join(projectHome(), 'docs', 'commands.md'), commandsPage())
