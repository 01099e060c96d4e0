import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { FlowStore } from '../../../station/flow-store/store.ts'
import { release } from './releases.ts'

/**
 * A process that deploys one release after the other, from a number on, until it is killed. Its folder is its first
 * argument.
 */
const [folder = '', first = '1'] = process.argv.slice(2)

const store = new FlowStore({
  flowsFolder: join(folder, 'flows'),
  dataFolder: join(folder, 'editor'),
  released: (who) => {
    appendFileSync(join(folder, 'told'), `${who}\n`)
    return Promise.resolve()
  },
  trouble: (error) => {
    throw error
  },
})
await store.read()
process.stdout.write('started\n')
for (let n = Number(first); ; n++) {
  await store.save({ flows: release(n), who: `release ${n}`, keep: [], credentials: { release: n } })
  process.stdout.write(`${n}\n`)
}
