import { asError, YizhanError } from '../core/errors/error.ts'
import { stationOptions } from './options.ts'
import { startStation, type Station } from './station.ts'

/** The station as a process: prints one line of JSON when it is ready, stops on SIGTERM and SIGINT. */

const station = await start()
process.stdout.write(
  JSON.stringify({ ready: true, http: station.http, editor: station.editor, pid: process.pid }) + '\n',
)

let stopping = false
const stop = (): void => {
  if (stopping) return
  stopping = true
  station.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
}
// Without its ledger it could only refuse everybody: whoever started it starts it again, and nothing is lost.
void station.gone.then((error) => {
  process.stderr.write(
    `台账线程已结束，站点退出 / the ledger's thread has ended, the station exits: ${error.stack ?? error.message}\n`,
  )
  process.exit(1)
})
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

/** What is wrong with the command line or the configuration says all by itself; of anything else the place matters. */
async function start(): Promise<Station> {
  try {
    return await startStation(stationOptions(process.argv.slice(2)))
  } catch (error) {
    process.stderr.write(`${error instanceof YizhanError ? error.message : (asError(error).stack ?? String(error))}\n`)
    process.exit(1)
  }
}
