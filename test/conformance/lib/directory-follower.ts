/** Follows a directory until it is killed. Arguments: folder, settings as JSON. */
import '../../lib/catalogues.ts'
import { DirectoryHouse } from './directory-house.ts'

const [folder = '', settings = '{}'] = process.argv.slice(2)
const house = await DirectoryHouse.open(folder, JSON.parse(settings) as object)
await house.adapter.start()
process.stdout.write('started\n')
