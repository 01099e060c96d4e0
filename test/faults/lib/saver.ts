import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createStorage } from '../../../editor/storage.ts'
import { release } from './releases.ts'

/**
 * A process that deploys one release after the other, from a number on, until it is killed. Its folder is its first
 * argument.
 */
const [folder = '', first = '1'] = process.argv.slice(2)

const storage = createStorage({
  flowsFolder: join(folder, 'flows'),
  dataFolder: join(folder, 'editor'),
  credentialSecret: 'a secret for tests',
  ready: () => Promise.resolve(),
  held: () => new Set(),
  broken: () => undefined,
  loaded: () => undefined,
  released: (who) => {
    appendFileSync(join(folder, 'told'), `${who}\n`)
    return Promise.resolve()
  },
  trouble: (error) => {
    throw error
  },
})
await storage.init({})
await storage.getFlows()
process.stdout.write('started\n')
for (let n = Number(first); ; n++) {
  await storage.saveCredentials({ release: n })
  await storage.saveFlows(release(n), { username: `release ${n}` })
  process.stdout.write(`${n}\n`)
}
