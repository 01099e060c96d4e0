import { stationOptions } from './options.ts'
import { startStation } from './station.ts'

/** The station as a process: prints one line of JSON when it is ready, stops on SIGTERM and SIGINT. */

const station = await startStation(stationOptions(process.argv.slice(2)))
process.stdout.write(JSON.stringify({ ready: true, http: station.http, editor: station.editor, pid: process.pid }) + '\n')

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
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
