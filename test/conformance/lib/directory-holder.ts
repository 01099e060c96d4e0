/**
 * Synchronises again and again until it is killed, and says what the education bureau is called each time that the
 * names in force have changed. Arguments: folder, settings as JSON.
 */
import '../../lib/catalogues.ts'
import { DirectoryHouse } from './directory-house.ts'

const [folder = '', settings = '{}'] = process.argv.slice(2)
const house = await DirectoryHouse.open(folder, JSON.parse(settings) as object)
house.adapter.names?.onChange(() => {
  process.stdout.write(`${house.adapter.names?.names().get('jiaoyuju')?.[0]}\n`)
})
await house.adapter.start()
