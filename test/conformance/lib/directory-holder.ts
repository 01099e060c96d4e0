/** Synchronises again and again until it is killed, and says so after each time. Arguments: address, folder for snapshots. */
import { openDirectory } from '../../../adapters/directory/index.ts'
import { SERVICE_PASSWORD, rigConfig } from './directory-rigs.ts'

const [url = '', folder = ''] = process.argv.slice(2)
const directory = await openDirectory({
  config: rigConfig(url),
  secret: () => SERVICE_PASSWORD,
  folder,
  clock: { now: Date.now },
  emit: { emit: () => undefined },
  changed: () => undefined,
})
for (;;) {
  const { snapshot } = await directory.keeper.refresh(AbortSignal.timeout(20_000))
  process.stdout.write(`${snapshot.revision}\n`)
}
