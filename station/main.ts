import { stationOptions } from './options.ts'
import { runStation } from './process.ts'

/** The station as a process, with everything named on its command line; `yizhan station` runs one from its folder. */
runStation(() => stationOptions(process.argv.slice(2)))
